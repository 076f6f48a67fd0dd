//! The Grafana Alloy configuration language: lexer, parser, syntax tree, builder and formatter.
//!
//! No I/O, no evaluation, and it never fails: [`parse`](parser::parse) takes any bytes and gives a
//! tree with the errors beside it.

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
