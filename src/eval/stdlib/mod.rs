//! The standard library: names, functions and their Go signatures.

use std::fmt;

/// A function of the standard library, as a value.
#[derive(Clone, Copy)]
pub struct Function {
    entry: &'static Entry,
}

/// One function.
#[derive(Debug)]
struct Entry {
    name: &'static str,
    signature: &'static str,
}

impl Function {
    /// The full name, such as `string.format`.
    pub fn name(self) -> &'static str {
        self.entry.name
    }

    /// The Go type, such as `func(string) string`.
    pub fn signature(self) -> &'static str {
        self.entry.signature
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry.name)
    }
}
