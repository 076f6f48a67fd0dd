//! Diagnostics: what is wrong with a text, as a value. Printed by `render`, never here.

use alloy_grammar::span::Span;
use serde::Serialize;

use crate::source::Source;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Works, but not as it should.
    Warning,
    /// Does not work.
    Error,
}

/// A stable name for a kind of diagnostic: kebab-case, never renamed, never reused.
///
/// Each module that raises diagnostics declares its codes as constants; `docs/diagnostics.md`
/// lists them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Code {
    /// The name, such as `unknown-component`.
    pub name: &'static str,
    /// One sentence that says what it means.
    #[serde(skip)]
    pub meaning: &'static str,
}

impl Code {
    /// Declares a code.
    pub const fn new(name: &'static str, meaning: &'static str) -> Code {
        Code { name, meaning }
    }
}

/// One thing that is wrong with a text.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which kind of thing it is.
    pub code: Code,
    /// Lower case, no full stop, one clause.
    pub message: String,
    /// The text it is about.
    pub source: Source,
    /// The smallest span that is wrong; [`Span::NONE`] if it is about the file as a whole.
    pub span: Span,
    /// Further places, each with a word on what it has to do with the matter.
    pub labels: Vec<Label>,
    /// What to do, as an imperative.
    pub help: Option<String>,
}

/// A further place that a diagnostic points at.
#[derive(Clone, Debug)]
pub struct Label {
    /// The text the place is in.
    pub source: Source,
    /// The place.
    pub span: Span,
    /// What it has to do with the matter.
    pub text: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        code: Code,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            source: source.clone(),
            span,
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning at a place.
    pub fn warning(
        code: Code,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, source, span, message) }
    }

    /// Adds a further place.
    pub fn label(mut self, source: &Source, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { source: source.clone(), span, text: text.into() });
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}
