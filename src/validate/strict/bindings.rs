//! What references lead to: fields that are exported, values that fit, names that are in scope.

use alloy_grammar::ast::{Attr, Block, Expr, ExprKind, LiteralKind};
use alloy_grammar::span::Span;
use alloy_grammar::visit::Reference;

use super::{Levels, arguments, codes};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::schema::{Codec, Field, FieldKind, Type, TypeWords, Words};
use crate::validate::findings::{Findings, did_you_mean};
use crate::validate::graphs::{Custom, Graphs};
use crate::validate::node::{Node, Sort};
use crate::validate::references::{Traversal, lookup, traversals};

pub(super) fn check(
    graphs: &Graphs<'_>,
    number: usize,
    levels: &Levels,
    out: &mut Vec<Diagnostic>,
) {
    let node = &graphs.nodes[number];
    if node.sort == Sort::Declare {
        return;
    }
    let checker = Checker { graphs, node, levels };
    for traversal in traversals(node.block, node.sort) {
        out.extend(checker.reference(&traversal));
    }
    let is_own = graphs.is_custom(node);
    if let Some(arguments) = arguments(node, levels).filter(|_| !is_own) {
        checker.bodies(arguments, out);
    }
}

struct Checker<'c, 'p> {
    graphs: &'c Graphs<'p>,
    node: &'c Node<'p>,
    levels: &'c Levels,
}

impl Checker<'_, '_> {
    fn error(&self, code: Code, span: Span, message: String) -> Diagnostic {
        Diagnostic::error(code, self.node.source, span, message)
    }

    /// Whether what a traversal names is there.
    fn reference(&self, traversal: &Traversal<'_>) -> Option<Diagnostic> {
        let Some((target, _)) = lookup(self.graphs, self.node.graph, traversal) else {
            return self.variable(traversal);
        };
        let target = &self.graphs.nodes[target];
        let used = target.id.split('.').count();
        let field = *traversal.parts.get(used)?;
        let names = self.exports_of(target)?;
        if names.contains(&field) {
            return None;
        }
        let message = if names.is_empty() {
            format!("`{}` exports nothing: Alloy will not start", target.id)
        } else {
            format!("`{}` does not export `{field}`: Alloy will not start", target.id)
        };
        let meant = Findings::default().suggest(field, names.iter().copied());
        let help = match &names[..] {
            [] => None,
            _ if !meant.is_empty() => Some(did_you_mean(&meant)),
            _ => Some(format!("it exports {}", names.join(", "))),
        };
        let found = self.error(codes::UNKNOWN_EXPORT, traversal.span, message);
        Some(Diagnostic { help, ..found })
    }

    /// The names that a node exports; none where that cannot be known.
    fn exports_of<'n>(&'n self, target: &Node<'n>) -> Option<Vec<&'n str>> {
        let name = target.block.name();
        match (target.sort, self.graphs.custom(target.graph, name)) {
            (Sort::Component, Some(Custom::Imported)) => None,
            (Sort::Component, Some(Custom::Declared(declared))) => Some(declared.exports.clone()),
            (Sort::Component, None) => {
                let component = self.levels.schema.component(name)?;
                let exports = component.exports();
                Some(exports.into_iter().flat_map(Type::fields).map(Field::name).collect())
            }
            (Sort::Config, _) if name == "argument" => Some(vec!["value"]),
            _ => Some(Vec::new()),
        }
    }

    /// Whether a name that Alloy's validator lets pass is really defined at this place.
    fn variable(&self, traversal: &Traversal<'_>) -> Option<Diagnostic> {
        let first = traversal.parts[0];
        if first == "module_path" || !self.graphs.is_variable(first) {
            return None;
        }
        let is_of_foreach = self
            .graphs
            .visible(self.node.graph)
            .any(|graph| self.graphs.graphs[graph].variable.as_deref() == Some(first));
        if is_of_foreach {
            return None;
        }
        let message = if first == "argument" {
            let name = traversal.parts.iter().take(2).copied().collect::<Vec<&str>>().join(".");
            format!("there is no `{name}` here: Alloy will not start")
        } else {
            format!("`{first}` is only known inside of its foreach: Alloy will not start")
        };
        Some(self.error(codes::OUT_OF_SCOPE, traversal.span, message))
    }

    /// Compares the types of what is given with what is taken, in all bodies.
    fn bodies(&self, arguments: Type, out: &mut Vec<Diagnostic>) {
        let mut open: Vec<(Block<'_>, Type)> = vec![(self.node.block, arguments)];
        while let Some((block, shape)) = open.pop() {
            for attr in block.body().attrs() {
                if let Some(words) = shape.field(attr.name()).and_then(Field::value) {
                    self.value(attr, words, out);
                }
            }
            for inner in block.body().blocks() {
                let field =
                    shape.field(inner.name()).filter(|field| field.kind() == FieldKind::Block);
                let field = field.or_else(|| shape.member(inner.name()));
                if let Some(shape) = field.and_then(Field::body) {
                    open.push((inner, shape));
                }
            }
        }
    }

    fn value(&self, attr: Attr<'_>, words: TypeWords, out: &mut Vec<Diagnostic>) {
        let value = attr.value();
        match (value.kind(), words.kind()) {
            (ExprKind::Array(items), Words::List(element)) => {
                let what = format!("an element of `{}`", attr.name());
                for item in items.iter() {
                    out.extend(self.fit(&what, item, element));
                }
            }
            _ => out.extend(self.fit(&format!("`{}`", attr.name()), value, words)),
        }
    }

    fn fit(&self, what: &str, value: Expr<'_>, words: TypeWords) -> Option<Diagnostic> {
        if let Words::Capsule(capsule) = words.kind()
            && self.levels.schema.codec(capsule).is_some_and(Codec::is_interface)
            && is_plain(value)
        {
            let message = format!(
                "{what} is a receiver of another component, not a value: Alloy will not start"
            );
            return Some(self.error(codes::WRONG_CAPSULE, value.span(), message));
        }
        let reference = Reference::of(value)?;
        let parts: Vec<&str> = reference.parts.iter().map(|(name, _)| *name).collect();
        let traversal = Traversal { parts, first: reference.parts[0].1, span: reference.span() };
        let (target, _) = lookup(self.graphs, self.node.graph, &traversal)?;
        let given = self.type_of(&self.graphs.nodes[target], &traversal)?;
        if self.is_taken(given, words) {
            return None;
        }
        let message = format!(
            "{what} must be {}, but `{}` is {}: Alloy will not start",
            plain_words(words),
            reference.text(),
            plain_words(given)
        );
        Some(self.error(codes::WRONG_CAPSULE, value.span(), message))
    }

    /// The type of an exported field, where the schema tells.
    fn type_of(&self, target: &Node<'_>, traversal: &Traversal<'_>) -> Option<TypeWords> {
        let name = target.block.name();
        if target.sort != Sort::Component || self.graphs.custom(target.graph, name).is_some() {
            return None;
        }
        let used = target.id.split('.').count();
        let [field] = traversal.parts.get(used..)? else { return None };
        self.levels.schema.component(name)?.exports()?.field(field)?.value()
    }

    /// Whether a value of one type can be given where another is taken; in doubt it can.
    fn is_taken(&self, given: TypeWords, taken: TypeWords) -> bool {
        match (given.pointee().kind(), taken.pointee().kind()) {
            (Words::Any | Words::Other(_), _) | (_, Words::Any | Words::Other(_)) => true,
            (Words::List(given), Words::List(taken)) => self.is_taken(given, taken),
            (Words::Capsule(given), Words::Capsule(taken)) => {
                given == taken
                    || self
                        .levels
                        .schema
                        .codec(given)
                        .is_none_or(|codec| codec.into().any(|into| into == taken))
            }
            (Words::Capsule(_), _) | (_, Words::Capsule(_)) => {
                // Targets are objects as well, and secrets are texts.
                [given, taken].iter().any(|words| {
                    words.alloy_type() == "object"
                        || matches!(words.kind(), Words::Secret | Words::OptionalSecret)
                })
            }
            (Words::List(_), _) => matches!(taken.alloy_type(), "array"),
            (_, Words::List(_)) => matches!(given.alloy_type(), "array"),
            _ => true,
        }
    }
}

/// Whether a value is written out: no reference, no call.
fn is_plain(value: Expr<'_>) -> bool {
    match value.kind() {
        ExprKind::Literal(kind, _) => kind != LiteralKind::Null,
        ExprKind::Object(_) => true,
        _ => false,
    }
}

/// A type as a person reads it: `capsule(discovery.Target)` is a target.
fn plain_words(words: TypeWords) -> String {
    match words.pointee().kind() {
        Words::List(element) => format!("a list, each {}", plain_words(element)),
        Words::Capsule(name) => match name.rsplit(['.', '/']).next().unwrap_or(name) {
            "Appendable" if name.starts_with("pyroscope") => "a profile receiver".to_owned(),
            "Appendable" => "a metric receiver".to_owned(),
            "LogsReceiver" => "a log receiver".to_owned(),
            "Consumer" => "an OpenTelemetry input".to_owned(),
            "Target" => "a target".to_owned(),
            "Rules" => "a value of relabel rules".to_owned(),
            "Handler" | "ExtensionHandler" => "a handler".to_owned(),
            other => format!("a value of {other}"),
        },
        _ => match words.alloy_type() {
            "array" => "a list".to_owned(),
            "object" => "an object".to_owned(),
            other => format!("a {other}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raised;

    const PARTS: &str = r#"
prometheus.exporter.self "e" { }
prometheus.remote_write "w" { }
loki.write "l" { }
"#;

    fn of_scrape(targets: &str, forward_to: &str) -> Vec<&'static str> {
        raised(&format!(
            "{PARTS}prometheus.scrape \"a\" {{\n targets = {targets}\n forward_to = {forward_to}\n}}"
        ))
    }

    #[test]
    fn receivers_must_take_what_is_sent() {
        let targets = "prometheus.exporter.self.e.targets";
        assert!(of_scrape(targets, "[prometheus.remote_write.w.receiver]").is_empty());
        assert_eq!(of_scrape(targets, "[loki.write.l.receiver]"), ["wrong-capsule"]);
        assert_eq!(of_scrape(targets, "[\"x\", 1]"), ["wrong-capsule", "wrong-capsule"]);
        assert_eq!(of_scrape(targets, "prometheus.remote_write.w.receiver"), ["wrong-capsule"]);
        assert_eq!(of_scrape("[{__address__ = \"a:1\"}]", "[null]"), [] as [&str; 0]);
        assert_eq!(of_scrape("loki.write.l.receiver", "[null]"), ["wrong-capsule"]);
    }

    #[test]
    fn exports_must_exist() {
        let found = of_scrape("prometheus.exporter.self.e.target", "[null]");
        assert_eq!(found, ["unknown-export"]);
        let text = "declare \"d\" {\n export \"a\" { value = 1 }\n}\nd \"x\" { }\n\
                    local.file \"f\" { filename = d.x.b }\nlocal.file \"g\" { filename = d.x.a }";
        assert_eq!(raised(text), ["unknown-export"]);
    }

    #[test]
    fn names_are_known_in_their_own_scope_only() {
        let text = "declare \"d\" {\n argument \"a\" { }\n local.file \"f\" { filename = \
                    argument.a.value }\n local.file \"g\" { filename = argument.b.value }\n}\n\
                    local.file \"h\" { filename = argument.a.value }";
        assert_eq!(raised(text), ["out-of-scope", "out-of-scope"]);
        let text = "foreach \"f\" {\n collection = [1]\n var = \"v\"\n template {\n local.file \"g\" \
                    { filename = v }\n }\n}\nlocal.file \"h\" { filename = v }";
        assert_eq!(raised(text), ["out-of-scope"]);
    }
}
