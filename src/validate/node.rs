//! One block as a node: what is wrong with it as a block, by its name, label and place.

use std::rc::Rc;

use alloy_grammar::ast::Block;
use alloy_grammar::span::Span;

use super::{Levels, codes};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::schema::{Component, Stability, Version};
use crate::source::Source;

/// Which of the four lists of a graph a block is in; they are walked in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Sort {
    Declare,
    Config,
    Component,
    Service,
}

/// A block that stands where blocks are components, declares, configuration or services.
pub(super) struct Node<'p> {
    pub(super) block: Block<'p>,
    pub(super) source: &'p Source,
    pub(super) sort: Sort,
    /// Name and label, joined with a dot.
    pub(super) id: Rc<str>,
    pub(super) graph: usize,
    /// What the block is, for configuration blocks and services.
    pub(super) definition: Option<Component>,
    /// What is wrong with the block as a block.
    pub(super) findings: Vec<Diagnostic>,
    /// The graph inside, of a declare or a foreach with a template.
    pub(super) inner: Option<usize>,
}

/// Where a block stands, as far as its being allowed goes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) is_root: bool,
    pub(super) in_module: bool,
}

impl Node<'_> {
    /// The name, but no longer than the name itself is.
    pub(super) fn name_span(&self) -> Span {
        self.span_of_len(self.block.name().len())
    }

    /// The name and what is behind it, as long as the id is.
    fn id_span(&self) -> Span {
        self.span_of_len(self.id.len())
    }

    fn span_of_len(&self, len: usize) -> Span {
        let start = self.block.name_span().start;
        Span::new(start, start + len as u32)
    }

    fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.source, span, message)
    }

    pub(super) fn crash(&self, span: Span, message: String) -> Diagnostic {
        self.error(codes::CRASH, span, message).help("give it another name")
    }

    pub(super) fn checked(
        &self,
        first: Option<(&Source, Span)>,
        place: Place,
        levels: &Levels,
    ) -> Vec<Diagnostic> {
        let duplicate = first.map(|first| self.duplicate(first));
        match (self.sort, self.block.name()) {
            (Sort::Declare, _) => self.missing_label().into_iter().chain(duplicate).collect(),
            (Sort::Component, _) => self.missing_label().into_iter().chain(duplicate).collect(),
            (Sort::Config, "argument" | "export") => duplicate
                .into_iter()
                .chain(self.module_only(place))
                .chain(self.missing_label())
                .collect(),
            (Sort::Config, "foreach") => duplicate
                .into_iter()
                .chain(self.unstable(levels))
                .chain(self.missing_label())
                .chain(self.missing_template())
                .collect(),
            (Sort::Config, "logging" | "tracing") => {
                duplicate.into_iter().chain(self.root_only(place)).collect()
            }
            (Sort::Config, _) => duplicate.into_iter().chain(self.missing_label()).collect(),
            (Sort::Service, _) => duplicate
                .into_iter()
                .chain(self.root_only(place))
                .chain(self.not_configurable())
                .chain(self.unknown_to_the_command(levels))
                .collect(),
        }
    }

    fn missing_label(&self) -> Option<Diagnostic> {
        let name = self.block.name();
        let message = match self.sort {
            Sort::Component => format!("component \"{name}\" must have a label"),
            _ => format!("{name} block must have a label"),
        };
        self.block
            .label()
            .is_none()
            .then(|| self.error(codes::MISSING_LABEL, self.name_span(), message))
    }

    fn duplicate(&self, (source, span): (&Source, Span)) -> Diagnostic {
        let first = source.lines().position(span.start);
        let message = format!(
            "block {} already declared at {}:{}:{}",
            self.id,
            source.path(),
            first.line,
            first.column
        );
        self.error(codes::DUPLICATE_BLOCK, self.id_span(), message).label(
            source,
            span,
            "the first one",
        )
    }

    fn module_only(&self, place: Place) -> Option<Diagnostic> {
        let message = format!("{} blocks only allowed inside a module", self.block.name());
        (!place.in_module).then(|| self.error(codes::MODULE_ONLY, self.block.span(), message))
    }

    fn root_only(&self, place: Place) -> Option<Diagnostic> {
        let parent = if place.in_module { "module" } else { "foreach" };
        let message = format!("{} not allowed in {parent}", self.id);
        (!place.is_root).then(|| self.error(codes::ROOT_ONLY, self.name_span(), message))
    }

    fn not_configurable(&self) -> Option<Diagnostic> {
        let message =
            format!("service \"{}\" does not support being configured", self.block.name());
        self.definition
            .is_some_and(|service| service.arguments().is_none())
            .then(|| self.error(codes::NOT_CONFIGURABLE, self.block.span(), message))
    }

    /// The validate command of 1.9.0 and 1.9.1 knows no service `livedebugging`, and takes it for a
    /// component.
    fn unknown_to_the_command(&self, levels: &Levels) -> Vec<Diagnostic> {
        let name = self.block.name();
        let version = |text| Version::parse(text).is_some_and(|it| it == levels.schema.version());
        if name != "livedebugging" || !["1.9.0", "1.9.1"].into_iter().any(version) {
            return Vec::new();
        }
        let error = |message| self.error(codes::VALIDATE_ONLY, self.name_span(), message);
        vec![
            error(format!("component \"{name}\" must have a label")),
            error(format!("cannot find the definition of component name \"{name}\"")),
        ]
    }

    fn unstable(&self, levels: &Levels) -> Option<Diagnostic> {
        let stability = self.definition?.stability()?;
        let what = format!("foreach block \"{}\"", self.block.name());
        (stability < levels.stability).then(|| {
            self.error(
                codes::UNSTABLE,
                self.name_span(),
                unstable_message(&what, stability, levels.stability),
            )
        })
    }

    fn missing_template(&self) -> Option<Diagnostic> {
        let message = "missing required block \"template\"";
        self.block
            .body()
            .block("template")
            .is_none()
            .then(|| self.error(codes::MISSING_TEMPLATE, self.block.span(), message))
    }
}

/// What Alloy says of something that is less stable than allowed.
pub(super) fn unstable_message(what: &str, own: Stability, least: Stability) -> String {
    format!(
        "{what} is at stability level \"{own}\", which is below the minimum allowed stability \
         level \"{least}\". Use --stability.level command-line flag to enable \"{own}\" features"
    )
}

pub(super) fn sort(block: Block<'_>, levels: &Levels) -> (Sort, Option<Component>) {
    let name = block.name();
    if name == "declare" {
        return (Sort::Declare, None);
    }
    if let Some(config) = levels.schema.config_block(name) {
        return (Sort::Config, Some(config));
    }
    // A service is known by its id: with a label, it is a component that does not exist.
    match levels.schema.service(name) {
        Some(service) if block.label().is_none() => (Sort::Service, Some(service)),
        _ => (Sort::Component, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::schema::Schema;
    use crate::validate::{Program, is_of_validate_only, validate};

    #[test]
    fn the_command_of_two_versions_does_not_know_a_service() {
        let text = b"livedebugging {\n\tenabled = true\n}\n";
        let found = |version: &str| {
            let program = Program::new([("a.alloy".to_owned(), text.to_vec())]);
            let schema = Schema::for_version(Version::parse(version).unwrap());
            validate(&program, &Levels { schema, ..Levels::default() }).diagnostics
        };
        for version in ["1.9.0", "1.9.1"] {
            let found = found(version);
            assert_eq!(found.len(), 2, "{version}");
            assert!(found.iter().all(is_of_validate_only), "{version}");
        }
        assert!(found("1.9.2").is_empty());
    }
}
