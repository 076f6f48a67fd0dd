//! From bytes to a tree: never fails, reports every error Alloy would report, in its order.

use crate::ast::File;
use crate::span::Span;

/// One error of the scanner or the parser, worded as Alloy words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The text, lower case, without a full stop.
    pub message: String,
    /// Where: an empty span where Alloy reports a start only.
    pub span: Span,
}

/// What parsing yields: a tree always, and the errors beside it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree; whole only if there is no error.
    pub file: File,
    /// In the order in which Alloy emits them, which is not always that of the positions.
    pub errors: Vec<SyntaxError>,
}

impl Parsed {
    /// The tree, if the source had no error at all.
    pub fn into_sound(self) -> Result<File, Vec<SyntaxError>> {
        if self.errors.is_empty() { Ok(self.file) } else { Err(self.errors) }
    }
}
