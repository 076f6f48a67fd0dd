//! YAML as Go's yaml.v3 reads it, which Alloy and the Trento agent use.
//!
//! It reads YAML 1.1 by a scanner of its own kind: where a tab may stand, which characters end a
//! line, what a directive may be, how long a key is and what two tokens behind the end can break.
//! A reader of YAML 1.2 differs in so many places that this one follows the same states from
//! bytes to tokens, to a tree, to values. Only the first document is read, as there.

mod cursor;
mod decode;
mod keys;
mod marks;
pub mod moment;
mod nodes;
mod parser;
mod resolve;
mod scalars;
mod scanner;
mod text;
mod tree;

use std::sync::Arc;

use alloy_grammar::span::Span;

pub use decode::{Field, Value};
pub use resolve::Scalar;
pub(super) use resolve::{binary, plain};
pub use text::Text;
pub use tree::{Kind, NodeId, Tree};

pub use crate::yaml::Style;

/// Why a text is refused. Holds nothing of the text but, apart, a repeated key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What is wrong, in yaml.v3's words where they do not repeat what is written.
    pub message: &'static str,
    /// Where in the text.
    pub span: Span,
    /// Which key is there twice, if that is the fault.
    pub repeat: Option<Repeat>,
}

/// A key that a map has twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    /// The key as written.
    pub key: Arc<str>,
    /// Where it is written first.
    pub first: NodeId,
}

impl Fault {
    fn new(message: &'static str, span: Span) -> Fault {
        Fault { message, span, repeat: None }
    }
}

/// The first document of a text, with the values it stands for.
#[derive(Debug, Default)]
pub struct Document<T> {
    /// What is written.
    pub tree: Tree,
    /// What it stands for.
    pub content: T,
}

/// Reads a map whose keys are texts; an empty one where there is no document, or null.
///
/// # Errors
/// yaml.v3 refuses the text, or it is no map.
pub fn map(text: &Text) -> Result<Document<Vec<Field>>, Fault> {
    let Some(tree) = parser::parse(text)? else { return Ok(Document::default()) };
    let content = decode::Decoder::new(&tree).text_map(tree.root())?;
    Ok(Document { tree, content })
}

/// Reads a value; none where there is no document.
///
/// # Errors
/// yaml.v3 refuses the text.
pub fn value(text: &Text) -> Result<Option<Value>, Fault> {
    let Some(tree) = parser::parse(text)? else { return Ok(None) };
    decode::Decoder::new(&tree).value(tree.root()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a map's scalars, or why it is refused.
    fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, &'static str> {
        let document = map(&Text::decode(bytes)).map_err(|fault| fault.message)?;
        let written = |id| match &document.tree.node(id).kind {
            Kind::Scalar { text, .. } => text.to_string(),
            _ => String::new(),
        };
        let fields = document.content.iter();
        Ok(fields.map(|field| (written(field.nodes.0), written(field.nodes.1))).collect())
    }

    fn one(key: &str, value: &str) -> Result<Vec<(String, String)>, &'static str> {
        Ok(vec![(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn tabs_and_line_breaks_are_taken_as_go_takes_them() {
        for (text, value) in [
            ("a:\tb\n", "b"),
            ("a: b\t# c\n", "b"),
            ("a: b\r# c\r", "b"),
            ("a: b\u{85}# c\u{2028}", "b"),
            ("a: 'b\nc'\n", "b c"),
            ("a: \"b\u{2028}c\"", "b\u{2028}c"),
            ("# x\n\t# y\na: b\n", "b"),
            ("a: >\n  b\n  c\n\n  d\n", "b c\nd\n"),
            ("a: b\n---\n[broken", "b"),
            ("a: b\n...\n{", "b"),
        ] {
            assert_eq!(read(text.as_bytes()), one("a", value), "{text:?}");
        }
        let tab = "found a tab character that violates indentation";
        assert_eq!(read(b"a: b\n\t# c\nd: e\n"), Err(tab));
        let start = "found character that cannot start any token";
        for text in ["\ta: b\n", "a:\n\tb: c\n", "a: @b\n", "a: %b\n"] {
            assert_eq!(read(text.as_bytes()), Err(start), "{text:?}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_with_its_reason() {
        for (text, reason) in [
            ("a: b # \u{1}\n", "control characters are not allowed"),
            ("%YAML 1.2\n---\na: b\n", "found incompatible YAML document"),
            ("a: \"b\\/c\"\n", "found unknown escape character"),
            ("a: b: c\n", "mapping values are not allowed in this context"),
            ("a: b\nc\n", "could not find expected ':'"),
            ("a: *b\n", "unknown anchor referenced"),
            ("a: &b [*b]\n", "an anchor's value contains itself"),
            ("a: b\n<<: 3\n", "`<<` requires a map or a list of maps"),
            ("a: !!int b\n", "a value does not fit its tag !!int"),
            ("a: {b: 1, 'b': 2}\n", "a map has a key twice"),
            ("a\n", "it is no map of keys and values"),
        ] {
            assert_eq!(read(text.as_bytes()), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn merged_maps_give_way_and_a_null_key_is_left_out() {
        let text = "b: &b {x: 1, y: 2}\n<<: *b\nx: own\n~: 3\n";
        let fields = read(text.as_bytes()).expect("it is read");
        let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "x", "y"]);
        assert_eq!(fields[1].1, "own");
    }

    #[test]
    fn aliases_that_multiply_and_deep_nesting_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", ")));
        }
        assert_eq!(read(text.as_bytes()), Err("the document contains excessive aliasing"));
        for open in ["[", "{a: ", "- "] {
            assert!(read(open.repeat(20_000).as_bytes()).is_err());
        }
        let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(read(deep.as_bytes()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>) {
            let _ = map(&Text::decode(&bytes));
        }

        #[test]
        fn any_text_can_be_read(text in "[-a:?#&*!|>'\"%@` \\t\\n\\r,\\[\\]{}\\\\~<01]{0,40}") {
            let text = Text::decode(text.as_bytes());
            let _ = (map(&text), value(&text));
        }
    }
}
