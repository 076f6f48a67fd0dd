//! Prints a tree as `alloy fmt` would, byte for byte.
//!
//! The same code prints what was parsed and what was built. The tree is walked ([`walk`]), tokens
//! are written with the white space and comments between them ([`writer`]), and their text is laid
//! out in columns ([`columns`]).

mod columns;
mod walk;
mod writer;

use crate::ast::File;

/// Prints a file that has no syntax error, with one line break at its end.
///
/// ```
/// use alloy_grammar::{parser, printer};
///
/// let file = parser::parse(b"b{a=1\n long=[2,3]}").into_sound().expect("it is valid");
/// assert_eq!(printer::print(&file), "b {\n\ta    = 1\n\tlong = [2, 3]\n}\n");
/// ```
pub fn print(file: &File) -> String {
    let mut text = walk::write(file);
    text.push('\n');
    text
}
