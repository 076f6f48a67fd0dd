//! Beyond the real command: what Alloy only finds when it runs, and what it never says.
//!
//! Looks at values that are written out; what an expression computes is left alone. Each rule has
//! a code of its own, and says what will happen.

mod authentication;
mod bindings;
mod calls;
mod relabel;
mod timing;

use alloy_grammar::ast::{Attr, Block, Body, Expr, ExprKind, LiteralKind};
use alloy_grammar::literal::unquote;
use alloy_grammar::span::Span;

use super::graphs::Graphs;
use super::node::{Node, Sort};
use super::{Levels, Program, codes};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::graph::schema::{Component, FieldKind, Type};
use crate::source::Source;

/// What Alloy will say or do only when it runs, in the order of the files.
///
/// Nothing for a program with syntax errors.
pub fn strict(program: &Program, levels: &Levels) -> Vec<Diagnostic> {
    if program.refused().is_some() || !program.syntax_diagnostics().is_empty() {
        return Vec::new();
    }
    let graphs = Graphs::of(program, levels);
    let mut out = Vec::new();
    for (number, node) in graphs.nodes.iter().enumerate() {
        let is_own = graphs.is_custom(node);
        if let Some(arguments) = arguments(node, levels).filter(|_| !is_own) {
            bodies(node, arguments, &mut out);
        }
        bindings::check(&graphs, number, levels, &mut out);
        calls::check(&graphs, number, levels, &mut out);
    }
    let order = |found: &Diagnostic| (found.source.path().to_owned(), found.span);
    out.sort_by_cached_key(order);
    out
}

/// What a node's body takes, if the schema knows.
fn arguments(node: &Node<'_>, levels: &Levels) -> Option<Type> {
    match node.sort {
        Sort::Component => levels.schema.component(node.block.name()),
        _ => node.definition,
    }
    .and_then(Component::arguments)
}

/// Runs the rules that look at one body, on a body and all inside of it.
fn bodies(node: &Node<'_>, arguments: Type, out: &mut Vec<Diagnostic>) {
    let mut open: Vec<(Block<'_>, Type)> = vec![(node.block, arguments)];
    while let Some((block, shape)) = open.pop() {
        let place = Place { source: node.source, block, shape };
        authentication::check(&place, out);
        relabel::check(&place, out);
        timing::check(&place, out);
        for inner in block.body().blocks() {
            let field = shape.field(inner.name()).filter(|field| field.kind() == FieldKind::Block);
            let field = field.or_else(|| shape.member(inner.name()));
            if let Some(shape) = field.and_then(|field| field.body()) {
                open.push((inner, shape));
            }
        }
    }
}

/// A body and what it takes.
struct Place<'p> {
    source: &'p Source,
    block: Block<'p>,
    shape: Type,
}

/// What is known of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Setting {
    /// It is not given, or given as null.
    Absent,
    /// A text, or a number as a text.
    Text(String),
    /// Something that only Alloy can compute.
    Computed,
}

impl Setting {
    /// Whether Alloy takes it as given: an empty text is not.
    fn is_given(&self) -> bool {
        !matches!(self, Setting::Absent) && *self != Setting::Text(String::new())
    }

    fn text(&self) -> Option<&str> {
        match self {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'p> Place<'p> {
    fn body(&self) -> Body<'p> {
        self.block.body()
    }

    fn attr(&self, name: &str) -> Option<Attr<'p>> {
        self.body().attr(name)
    }

    /// What is written for an argument.
    fn setting(&self, name: &str) -> Setting {
        self.attr(name).map_or(Setting::Absent, |attr| written(attr.value()))
    }

    /// What is written for an argument, or its default.
    fn effective(&self, name: &str) -> Setting {
        match self.setting(name) {
            Setting::Absent => {
                let default = self.shape.field(name).and_then(|field| field.default());
                let text = default.map(|text| unquote(text).map_or(text.into(), |text| text));
                text.map_or(Setting::Absent, |text| Setting::Text(text.into_owned()))
            }
            setting => setting,
        }
    }

    /// Whether an argument or a block of that name is given, by a value that counts.
    fn has(&self, name: &str) -> bool {
        self.setting(name).is_given() || self.body().block(name).is_some()
    }

    /// Whether the body takes arguments or blocks of all these names.
    fn takes(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.shape.field(name).is_some())
    }

    /// Where a name stands; the block's head where it is not given.
    fn span(&self, name: &str) -> Span {
        let attr = self.attr(name).map(Attr::span);
        let block = || self.body().block(name).map(Block::header_span);
        attr.or_else(block).unwrap_or_else(|| self.block.header_span())
    }

    fn error(&self, code: Code, name: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.source, self.span(name), message)
    }

    fn warning(&self, code: Code, name: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.error(code, name, message) }
    }
}

/// What an expression says, if it is a literal.
fn written(expr: Expr<'_>) -> Setting {
    match expr.kind() {
        ExprKind::Literal(LiteralKind::Null, _) => Setting::Absent,
        ExprKind::Literal(LiteralKind::String, text) => {
            unquote(text).map_or(Setting::Computed, |text| Setting::Text(text.into_owned()))
        }
        ExprKind::Literal(_, text) => Setting::Text(text.to_owned()),
        _ => Setting::Computed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that a configuration raises.
    pub(super) fn raised(text: &str) -> Vec<&'static str> {
        let program = Program::new([("a.alloy".to_owned(), text.as_bytes().to_vec())]);
        assert!(program.syntax_diagnostics().is_empty(), "{text}");
        strict(&program, &Levels::default()).iter().map(|found| found.code.name).collect()
    }

    #[test]
    fn a_sound_pipeline_raises_nothing() {
        let text = r#"
prometheus.exporter.unix "trento" { }
discovery.relabel "trento" {
  targets = prometheus.exporter.unix.trento.targets
  rule {
    target_label = "agentID"
    replacement  = "x"
  }
}
prometheus.scrape "trento" {
  targets    = discovery.relabel.trento.output
  forward_to = [prometheus.remote_write.trento.receiver]
  scrape_interval = "15s"
}
prometheus.remote_write "trento" {
  endpoint {
    url = "https://trento.example/api/v1/write"
    basic_auth {
      username = "u"
      password = sys.env("PASSWORD")
    }
    tls_config {
      cert_file = "/c"
      key_file  = "/k"
    }
  }
}
"#;
        assert!(raised(text).is_empty(), "{:?}", raised(text));
    }

    #[test]
    fn the_order_is_that_of_the_text() {
        let text = "prometheus.scrape \"a\" {\n forward_to = [\"x\"]\n targets = string.nope\n}";
        assert_eq!(raised(text), [codes::WRONG_CAPSULE.name, codes::UNKNOWN_FUNCTION.name]);
    }
}
