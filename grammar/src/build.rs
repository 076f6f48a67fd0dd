//! Builds configurations that no source was parsed for.
//!
//! A [`Builder`] takes statements in order, with [`Value`]s for their expressions. What it makes is
//! an ordinary [`File`]: it is laid out as text, formatted and parsed, so a built tree has places,
//! comments and a source like any other, and nothing can be built that Alloy would not read.
//!
//! ```
//! use alloy_grammar::build::{Builder, Value};
//! use alloy_grammar::printer;
//!
//! let mut builder = Builder::new();
//! builder.comment("What is sent where.");
//! builder.open_block("prometheus.remote_write", Some("trento"));
//! builder.open_block("endpoint", None);
//! builder.attr("url", Value::string("https://trento.example/api"));
//! let scope = Value::reference("local.file.scope.content");
//! builder.attr("headers", Value::object([("X-Scope", scope)]));
//! builder.close_block().close_block();
//! let file = builder.finish().expect("the names are identifiers");
//! let text = printer::print(&file);
//! assert!(text.starts_with("// What is sent where.\nprometheus.remote_write \"trento\" {\n"));
//! assert!(text.contains("\t\theaders = {\"X-Scope\" = local.file.scope.content}\n"));
//! ```

use std::fmt;

use crate::ast::{Expr, File, Stmt};
use crate::{literal, parser, printer, unicode};

/// What cannot be built: a text that was to be a name, or a key, cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The text.
    pub text: String,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be a name here", literal::quote(&self.text))
    }
}

impl std::error::Error for BuildError {}

/// An expression to be built.
#[derive(Clone, Debug)]
pub struct Value {
    text: String,
    error: Option<BuildError>,
}

impl Value {
    /// A string, quoted and escaped as it must be.
    pub fn string(text: &str) -> Value {
        Value::of(literal::quote(text))
    }

    /// An integer.
    pub fn number(number: i64) -> Value {
        Value::of(number.to_string())
    }

    /// `true` or `false`.
    pub fn bool(value: bool) -> Value {
        Value::of(value.to_string())
    }

    /// `null`.
    pub fn null() -> Value {
        Value::of("null".to_owned())
    }

    /// A name with fields: `a.b.c`.
    pub fn reference(path: &str) -> Value {
        let mut value = Value::of(path.to_owned());
        if !path.split('.').all(unicode::is_identifier) {
            value.error = Some(BuildError { text: path.to_owned() });
        }
        value
    }

    /// A call of a function: `name(args)`.
    pub fn call(name: &str, args: impl IntoIterator<Item = Value>) -> Value {
        Value::reference(name).followed_by("(", ")", args)
    }

    /// An array on one line.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Value {
        Value::of(String::new()).followed_by("[", "]", items)
    }

    /// An array with an item a line.
    pub fn tall_array(items: impl IntoIterator<Item = Value>) -> Value {
        Value::of(String::new()).tall("[", "]", items)
    }

    /// An object on one line. A key is a name, or printable text without `"` and `\`.
    pub fn object<'k>(fields: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
        Value::of(String::new()).followed_by("{", "}", fields.into_iter().map(Value::field))
    }

    /// An object with a field a line.
    pub fn tall_object<'k>(fields: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
        Value::of(String::new()).tall("{", "}", fields.into_iter().map(Value::field))
    }

    /// An expression of another file, as it is written there.
    pub fn copy(expr: Expr<'_>) -> Value {
        Value::of(expr.file().source()[expr.span().range()].to_owned())
    }

    fn of(text: String) -> Value {
        Value { text, error: None }
    }

    fn field((key, value): (&str, Value)) -> Value {
        let needs_no_escape = |c| unicode::is_printable(c) && c != '"' && c != '\\';
        let mut field = if unicode::is_identifier(key) {
            Value::of(key.to_owned())
        } else {
            Value::of(format!("\"{key}\""))
        };
        if key.is_empty() || !key.chars().all(needs_no_escape) {
            field.error = Some(BuildError { text: key.to_owned() });
        }
        field.text.push_str(" = ");
        field.push(value);
        field
    }

    fn followed_by(
        mut self,
        open: &str,
        close: &str,
        items: impl IntoIterator<Item = Value>,
    ) -> Value {
        self.text.push_str(open);
        for (index, item) in items.into_iter().enumerate() {
            self.text.push_str(if index > 0 { ", " } else { "" });
            self.push(item);
        }
        self.text.push_str(close);
        self
    }

    fn tall(mut self, open: &str, close: &str, items: impl IntoIterator<Item = Value>) -> Value {
        self.text.push_str(open);
        for item in items {
            self.text.push('\n');
            self.push(item);
            self.text.push(',');
        }
        self.text.push('\n');
        self.text.push_str(close);
        self
    }

    fn push(&mut self, value: Value) {
        self.text.push_str(&value.text);
        self.error = self.error.take().or(value.error);
    }
}

/// Takes statements in order. See the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Builder {
    text: String,
    /// How many blocks are open.
    depth: usize,
    error: Option<BuildError>,
}

impl Builder {
    /// A builder of an empty file.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Begins a block; what follows stands in it.
    pub fn open_block(&mut self, name: &str, label: Option<&str>) -> &mut Builder {
        self.require(name, name.split('.').all(unicode::is_identifier));
        self.text.push_str(name);
        if let Some(label) = label {
            self.require(label, unicode::is_identifier(label));
            self.text.push(' ');
            self.text.push_str(&literal::quote(label));
        }
        self.text.push_str(" {\n");
        self.depth += 1;
        self
    }

    /// Ends the innermost open block; without one, nothing happens.
    pub fn close_block(&mut self) -> &mut Builder {
        if self.depth > 0 {
            self.text.push_str("}\n");
            self.depth -= 1;
        }
        self
    }

    /// Adds an attribute.
    pub fn attr(&mut self, name: &str, value: Value) -> &mut Builder {
        self.require(name, unicode::is_identifier(name));
        self.text.push_str(name);
        self.text.push_str(" = ");
        self.text.push_str(&value.text);
        self.text.push('\n');
        self.error = self.error.take().or(value.error);
        self
    }

    /// Adds a comment, a line of it for each line of the text.
    pub fn comment(&mut self, text: &str) -> &mut Builder {
        for line in text.lines() {
            let line = line.replace(['\0', '\u{feff}', '\r'], "\u{fffd}");
            self.text.push_str("//");
            if !line.is_empty() {
                self.text.push(' ');
                self.text.push_str(&line);
            }
            self.text.push('\n');
        }
        self
    }

    /// Leaves a line blank. Blocks are parted by one anyway.
    pub fn blank_line(&mut self) -> &mut Builder {
        self.text.push('\n');
        self
    }

    /// Adds a statement of another file, with what is in it, comments too.
    pub fn copy(&mut self, stmt: Stmt<'_>) -> &mut Builder {
        let file = match stmt {
            Stmt::Attr(attr) => attr.file(),
            Stmt::Block(block) => block.file(),
        };
        self.text.push_str(&file.source()[stmt.span().range()]);
        self.text.push('\n');
        self
    }

    /// Closes what is open, and gives the file: formatted, with places in its own source.
    pub fn finish(mut self) -> Result<File, BuildError> {
        while self.depth > 0 {
            self.close_block();
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        let file = parser::parse(self.text.as_bytes()).file;
        Ok(parser::parse(printer::print(&file).as_bytes()).file)
    }

    fn require(&mut self, text: &str, holds: bool) {
        if !holds && self.error.is_none() {
            self.error = Some(BuildError { text: text.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_so_that_they_mean_the_same() {
        let mut builder = Builder::new();
        builder.attr("s", Value::string("tab\t \"quoted\" C:\\ \u{7f}"));
        builder.attr("n", Value::number(-3));
        builder.attr("b", Value::bool(true));
        builder
            .attr("l", Value::array([Value::null(), Value::call("sys.env", [Value::string("A")])]));
        builder.blank_line();
        builder.attr("t", Value::tall_array([Value::number(1), Value::number(2)]));
        builder.attr("o", Value::tall_object([("a", Value::number(1)), ("b c", Value::null())]));
        let file = builder.finish().expect("the names are identifiers");
        insta::assert_snapshot!(printer::print(&file), @r#"
        s = "tab\t \"quoted\" C:\\ \x7f"
        n = -3
        b = true
        l = [null, sys.env("A")]

        t = [
        	1,
        	2,
        ]
        o = {
        	a     = 1,
        	"b c" = null,
        }
        "#);
        assert_eq!(file.source(), printer::print(&file));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        let refused = |build: fn(&mut Builder) -> &mut Builder| {
            let mut builder = Builder::new();
            build(&mut builder);
            builder.finish().expect_err("it is no name").text
        };
        assert_eq!(refused(|b| b.attr("a-b", Value::null())), "a-b");
        assert_eq!(refused(|b| b.open_block("a..b", None)), "a..b");
        assert_eq!(refused(|b| b.open_block("a", Some("x y"))), "x y");
        assert_eq!(refused(|b| b.attr("a", Value::reference("x + y"))), "x + y");
        assert_eq!(refused(|b| b.attr("a", Value::object([("\"", Value::null())]))), "\"");
    }

    #[test]
    fn parts_of_another_file_are_copied_as_they_are() {
        let other = parser::parse(b"b \"l\" {\n// why\nx = [ 1,\n  f(y)]\n}").file;
        let block = other.body().blocks().next().expect("it has a block");
        let x = block.body().attr("x").expect("it has an attribute");
        let mut builder = Builder::new();
        builder.copy(Stmt::Block(block)).attr("z", Value::copy(x.value()));
        let file = builder.finish().expect("the names are identifiers");
        insta::assert_snapshot!(printer::print(&file), @r#"
        b "l" {
        	// why
        	x = [1,
        		f(y)]
        }
        z = [1,
        	f(y)]
        "#);
    }
}
