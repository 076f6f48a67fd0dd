//! The Grafana Alloy configuration language: lexer, parser, syntax tree, builder and formatter.
//!
//! A second implementation beside the one in Go, and the same: the same tokens, errors, trees and
//! formatting, byte for byte. No I/O, no evaluation, and nothing here fails or panics: any bytes
//! can be [parsed](parser::parse), and give a tree with the errors beside it. Nesting costs memory,
//! never native stack; more than [`parser::MAX_DEPTH`] levels and sources of 4 GiB are refused.
//!
//! # Parse and walk
//!
//! ```
//! use alloy_grammar::{literal, parser};
//!
//! let source = br#"
//! prometheus.remote_write "trento" {
//!     endpoint {
//!         url = "https://trento.example/api/v1/write"
//!     }
//! }
//! "#;
//! let file = parser::parse(source).into_sound().expect("it is valid");
//! let block = file.body().block("prometheus.remote_write").expect("it is there");
//! assert_eq!(block.label(), Some("trento"));
//!
//! let endpoint = block.body().block("endpoint").expect("it is there");
//! let url = endpoint.body().attr("url").expect("it is there").value();
//! let text = &file.source()[url.span().range()];
//! assert_eq!(literal::unquote(text).as_deref(), Some("https://trento.example/api/v1/write"));
//! ```
//!
//! # Errors
//!
//! ```
//! use alloy_grammar::{parser, span::LineIndex};
//!
//! let source = b"a = 1\nb = = 2\n";
//! let parsed = parser::parse(source);
//! let error = &parsed.errors[0];
//! let at = LineIndex::new(source).position(error.span.start);
//! assert_eq!((at.line, at.column), (2, 5));
//! assert_eq!(error.message, "expected expression, got =");
//! ```
//!
//! # Build and print
//!
//! ```
//! use alloy_grammar::build::{Builder, Value};
//! use alloy_grammar::printer;
//!
//! let mut builder = Builder::new();
//! builder.open_block("b", Some("label"));
//! builder.attr("text", Value::string("say \"hi\""));
//! builder.attr("list", Value::array([Value::number(1), Value::reference("x.y")]));
//! let file = builder.finish().expect("the names are identifiers");
//! assert_eq!(
//!     printer::print(&file),
//!     "b \"label\" {\n\ttext = \"say \\\"hi\\\"\"\n\tlist = [1, x.y]\n}\n"
//! );
//! ```
//!
//! Letters and digits are those of Unicode 15.0, which Go 1.26 has. The grammar is in `alloy.ebnf`.

#![forbid(unsafe_code)]

pub mod ast;
pub mod build;
pub mod json;
pub mod lexer;
pub mod literal;
pub mod parser;
pub mod printer;
pub mod span;
pub mod token;
pub mod unicode;
pub mod visit;
