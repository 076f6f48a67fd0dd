//! Go's `text/template`: whether a text is a template, and what Go says to one that is none.

mod functions;
mod lexer;
mod number;
mod parser;

use parser::{Parser, Stop};

/// What Go says to a text that is no template; nothing if it is one, or nests deeper than is looked
/// at.
pub fn fault(text: &str) -> Option<String> {
    match Parser::new(text).parse() {
        Ok(()) | Err(Stop::TooDeep) => None,
        Err(Stop::Fault(message)) => Some(message),
    }
}

#[cfg(test)]
mod tests;
