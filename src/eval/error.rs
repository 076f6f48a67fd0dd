//! Evaluation errors: what Alloy would refuse to evaluate.

use std::fmt;

use alloy_grammar::span::Span;

/// Why an expression has no value: Alloy would fail here too.
///
/// The message holds no literal of the source and no value of the scope, as either may be a
/// secret; the span says which part of the expression is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// The smallest part that is wrong; [`Span::NONE`] in a built tree.
    pub span: Span,
    /// One clause in Alloy's words, such as `should be string, got number`.
    pub message: String,
    /// Whether the message says itself what it is about; else it is about the text of the span.
    pub names_itself: bool,
}

impl EvalError {
    /// An error at a place.
    pub fn new(span: Span, message: impl Into<String>) -> EvalError {
        EvalError { span, message: message.into(), names_itself: false }
    }

    /// An error about a name, which the message holds.
    pub fn of_name(span: Span, message: impl Into<String>) -> EvalError {
        EvalError { span, message: message.into(), names_itself: true }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}
