//! `alloy.ebnf` is what the parser's doc comments say, in the order of the grammar.

use std::fs;
use std::path::Path;

/// The parser's files, from the whole to the parts.
const FILES: &[&str] = &["mod.rs", "statement.rs", "operator.rs", "expression.rs", "list.rs"];

const HEADER: &str = "\
(* The syntax of Grafana Alloy configurations, put together from the doc comments of the parser.
   Terminals in lower case are tokens: identifier, string, number, float, bool, null; terminator
   is the end of a line behind a token that can end a statement, or the end of the file. *)
";

#[test]
fn the_grammar_is_what_the_parser_says() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut grammar = HEADER.to_owned();
    for file in FILES {
        let source =
            fs::read_to_string(package.join("src/parser").join(file)).expect("it is there");
        let mut is_inside = false;
        for line in source.lines().map(str::trim) {
            match line.strip_prefix("///").map(|doc| doc.strip_prefix(' ').unwrap_or(doc)) {
                Some("```ebnf") => {
                    is_inside = true;
                    grammar.push('\n');
                }
                Some("```") => is_inside = false,
                Some(doc) if is_inside => grammar.push_str(&format!("{doc}\n")),
                _ => {}
            }
        }
    }
    let path = package.join("alloy.ebnf");
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(&path, &grammar).expect("the package can be written");
    }
    assert_eq!(fs::read_to_string(&path).expect("alloy.ebnf is part of the package"), grammar);
}
