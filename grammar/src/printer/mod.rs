//! Prints a tree as `alloy fmt` would, byte for byte, wherever that is safe.
//!
//! The same code prints what was parsed and what was built. The tree is walked (`walk`), tokens are
//! written with the white space and comments between them (`writer`), and their text is laid out in
//! columns (`columns`).
//!
//! # Where the reference is not followed
//!
//! On a few sources `alloy fmt` gives a text that does not parse, means something else, loses its
//! place for a comment, or is formatted differently when it is formatted again. [`print()`] then
//! goes on formatting until nothing changes any more, if that comes to pass and the tree and all
//! comments are still the same. Else it prints with more care:
//!
//! - Strings are kept as they are. The reference turns tabs in them into blanks and form feeds into
//!   line breaks, and removes blanks at the ends of lines of raw strings.
//! - Quoted keys of objects are kept as they are. The reference doubles their backslashes.
//! - A call without arguments over several lines is written `f()`. The reference writes `f(,)`.
//! - If that is not enough, attributes with comments inside their values are kept as they are.
//! - And if that is not either, or the indents of thousands of nested blocks would take hundreds of
//!   megabytes, the source stays as it is.
//!
//! [`as_reference`] follows the reference everywhere.

mod columns;
mod walk;
mod writer;

use crate::ast::File;
use crate::{parser, visit};

/// How often a text is formatted again in search of one that stays.
const MAX_PASSES: usize = 6;

/// How much is done to keep what a text means, and how it looks when it is printed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Care {
    /// As much as the reference does.
    Reference,
    /// Whether something covers several lines is asked of the text that is written, not of the
    /// source. So it is when that text is formatted again.
    Lines,
    /// And strings and keys are kept as they are.
    Literals,
    /// And so are attributes with comments in their values.
    Utmost,
}

/// A text, and whether it has to be looked at again.
struct Printed {
    text: String,
    is_doubtful: bool,
}

/// Prints a file that has no syntax error, with one line break at its end.
///
/// Parsing the text gives the same tree and the same comments, and printing that gives the same
/// text.
///
/// ```
/// use alloy_grammar::{parser, printer};
///
/// let file = parser::parse(b"b{a=1\n long=[2,3]}").into_sound().expect("it is valid");
/// assert_eq!(printer::print(&file), "b {\n\ta    = 1\n\tlong = [2, 3]\n}\n");
/// ```
pub fn print(file: &File) -> String {
    let Some(first) = once(file, Care::Lines) else { return file.source().to_owned() };
    if !first.is_doubtful {
        return first.text;
    }
    // A text that stays as it is when it is printed with this care would be taken again, so that
    // there is nothing more to look at.
    settled_from(file, Care::Lines, first.text)
        .or_else(|| safe(file))
        .unwrap_or_else(|| file.source().to_owned())
}

/// Prints a file so that nothing changes when the text is printed again, with as little care as
/// that takes. Nothing if no care is enough.
fn safe(file: &File) -> Option<String> {
    let mut text = with_least_care(file)?;
    for _ in 0..MAX_PASSES {
        // What took care to come to may take less to stay, and look different then.
        let again = with_least_care(&parser::parse(text.as_bytes()).file)?;
        if again == text {
            return Some(text);
        }
        text = again;
    }
    None
}

fn with_least_care(file: &File) -> Option<String> {
    [Care::Lines, Care::Literals, Care::Utmost].into_iter().find_map(|care| settled(file, care))
}

/// Prints a file exactly as `alloy fmt` does, also where that is not safe: the text may not parse,
/// or mean something else. Nothing if the text would be hundreds of megabytes of indent.
pub fn as_reference(file: &File) -> Option<String> {
    once(file, Care::Reference).map(|printed| printed.text)
}

fn once(file: &File, care: Care) -> Option<Printed> {
    let mut printed = walk::write(file, care)?;
    printed.text.push('\n');
    Some(printed)
}

/// Prints a file again and again until the text stays as it is. Nothing if it does not, or means
/// something else.
fn settled(file: &File, care: Care) -> Option<String> {
    settled_from(file, care, once(file, care)?.text)
}

/// The same, from the text that was printed first.
fn settled_from(file: &File, care: Care, mut text: String) -> Option<String> {
    for _ in 0..MAX_PASSES {
        let parsed = parser::parse(text.as_bytes()).into_sound().ok()?;
        let again = once(&parsed, care)?.text;
        if again == text {
            return is_same(file, &parsed).then_some(text);
        }
        text = again;
    }
    None
}

fn is_same(file: &File, other: &File) -> bool {
    let comments = |file: &File| file.comments().len();
    let texts = file.comments().iter().zip(other.comments());
    comments(file) == comments(other)
        && texts.into_iter().all(|(a, b)| file.comment_text(*a) == other.comment_text(*b))
        && visit::same_tree(file, other)
}
