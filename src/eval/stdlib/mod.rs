//! The standard library: names, functions and their Go signatures.
//!
//! One table says what there is; the files beside this one say what each function does. Which
//! arguments a function takes, and how values become them, is `call`'s work.

mod arrays;
mod base64;
mod call;
mod floats;
mod goquote;
mod json;
mod jsonfilter;
mod jsonpath;
mod paths;
mod sprintf;
mod strings;
mod urls;
mod verbs;
mod yaml;

use std::fmt;

use crate::eval::{Constants, Scope, Value};
pub use call::Failure;
use call::{Arity, Call};

/// A function of the standard library, as a value.
#[derive(Clone, Copy)]
pub struct Function {
    entry: &'static Entry,
}

/// One function.
struct Entry {
    /// Namespace; empty for a name that stands alone.
    namespace: &'static str,
    name: &'static str,
    signature: &'static str,
    arity: Arity,
    run: fn(&Call<'_>) -> Result<Value, Failure>,
}

const TEXT: &str = "func(string) string";
const TEXTS: &str = "func(string, string) string";
const DECODE: &str = "func(string) (interface {}, error)";
const ENCODE: &str = "func(string) (string, error)";
const BYTES: &str = "func(string) ([]uint8, error)";
const RAW: &str = "value.RawFunction";

const fn entry(
    namespace: &'static str,
    name: &'static str,
    signature: &'static str,
    arity: Arity,
    run: fn(&Call<'_>) -> Result<Value, Failure>,
) -> Entry {
    Entry { namespace, name, signature, arity, run }
}

use Arity::{AtLeast, Exactly, Own};

/// Every function.
static FUNCTIONS: &[Entry] = &[
    entry("array", "combine_maps", RAW, Own, arrays::combine_maps),
    entry("array", "concat", RAW, Own, arrays::concat),
    entry("array", "group_by", RAW, Own, arrays::group_by),
    entry("convert", "nonsensitive", NONSENSITIVE, Exactly(1), strings::nonsensitive),
    entry("encoding", "from_URLbase64", BYTES, Exactly(1), base64::decode_url),
    entry("encoding", "from_base64", BYTES, Exactly(1), base64::decode),
    entry("encoding", "from_json", DECODE, Exactly(1), json::from_json),
    entry("encoding", "from_yaml", DECODE, Exactly(1), yaml::from_yaml),
    entry("encoding", "to_URLbase64", ENCODE, Exactly(1), base64::encode_url),
    entry("encoding", "to_base64", ENCODE, Exactly(1), base64::encode),
    entry("encoding", "to_json", "func(interface {}) (string, error)", Exactly(1), json::to_json),
    entry("encoding", "url_decode", ENCODE, Exactly(1), urls::decode),
    entry("encoding", "url_encode", ENCODE, Exactly(1), urls::encode),
    entry("file", "path_join", "func(...string) string", AtLeast(0), paths::join),
    entry("string", "format", FORMAT, AtLeast(1), strings::format),
    entry("string", "join", "func([]string, string) string", Exactly(2), strings::join),
    entry("string", "replace", REPLACE, Exactly(3), strings::replace),
    entry("string", "split", "func(string, string) []string", Exactly(2), strings::split),
    entry("string", "to_lower", TEXT, Exactly(1), strings::to_lower),
    entry("string", "to_upper", TEXT, Exactly(1), strings::to_upper),
    entry("string", "trim", TEXTS, Exactly(2), strings::trim),
    entry("string", "trim_prefix", TEXTS, Exactly(2), strings::trim_prefix),
    entry("string", "trim_space", TEXT, Exactly(1), strings::trim_space),
    entry("string", "trim_suffix", TEXTS, Exactly(2), strings::trim_suffix),
    entry("sys", "env", TEXT, Exactly(1), strings::env),
    entry("", "coalesce", RAW, Own, arrays::coalesce),
    entry("", "json_path", JSON_PATH, Exactly(2), jsonpath::json_path),
];

const NONSENSITIVE: &str = "func(alloytypes.Secret) string";
const FORMAT: &str = "func(string, ...interface {}) string";
const REPLACE: &str = "func(string, string, string) string";
const JSON_PATH: &str = "func(string, string) ([]interface {}, error)";

/// Old names without a namespace, and what they are called now.
static RENAMED: &[(&str, &str)] = &[
    ("base64_decode", "encoding.from_base64"),
    ("concat", "array.concat"),
    ("env", "sys.env"),
    ("format", "string.format"),
    ("join", "string.join"),
    ("json_decode", "encoding.from_json"),
    ("nonsensitive", "convert.nonsensitive"),
    ("replace", "string.replace"),
    ("split", "string.split"),
    ("to_lower", "string.to_lower"),
    ("to_upper", "string.to_upper"),
    ("trim", "string.trim"),
    ("trim_prefix", "string.trim_prefix"),
    ("trim_space", "string.trim_space"),
    ("trim_suffix", "string.trim_suffix"),
    ("yaml_decode", "encoding.from_yaml"),
];

/// The old and the new name, if `name` is a deprecated one.
pub fn renamed(name: &str) -> Option<(&'static str, &'static str)> {
    RENAMED.iter().find(|(old, _)| *old == name).copied()
}

/// What a name of the standard library stands for: a function or a namespace.
pub fn value(name: &str, constants: &Constants) -> Option<Value> {
    if let Some((_, new)) = renamed(name) {
        let (namespace, name) = new.split_once('.')?;
        return member(namespace, name, constants);
    }
    if name == "constants" {
        let names = ["arch", "hostname", "os", "version"];
        return Some(Value::object(
            names.iter().filter_map(|name| Some((*name, constant(name, constants)?))),
        ));
    }
    if let Some(function) = function("", name) {
        return Some(function);
    }
    let mut members = FUNCTIONS.iter().filter(|entry| entry.namespace == name).peekable();
    members.peek()?;
    Some(Value::object(
        members
            .filter(|_| !name.is_empty())
            .map(|entry| (entry.name, Value::Function(Function { entry }))),
    ))
}

/// A member of a namespace.
pub fn member(namespace: &str, name: &str, constants: &Constants) -> Option<Value> {
    match namespace {
        "" => None,
        "constants" => constant(name, constants),
        _ => function(namespace, name),
    }
}

fn function(namespace: &str, name: &str) -> Option<Value> {
    let entry =
        FUNCTIONS.iter().find(|entry| entry.namespace == namespace && entry.name == name)?;
    Some(Value::Function(Function { entry }))
}

fn constant(name: &str, constants: &Constants) -> Option<Value> {
    Some(match name {
        "arch" => constants.arch.clone(),
        "hostname" => constants.hostname.clone(),
        "os" => constants.os.clone(),
        "version" => constants.version.clone(),
        _ => return None,
    })
}

impl Function {
    /// The full name, such as `string.format`.
    pub fn name(self) -> String {
        match self.entry.namespace {
            "" => self.entry.name.to_owned(),
            namespace => format!("{namespace}.{}", self.entry.name),
        }
    }

    /// The Go type, such as `func(string) string`.
    pub fn signature(self) -> &'static str {
        self.entry.signature
    }

    /// Calls it.
    pub fn call(self, args: &[Value], scope: &Scope<'_>) -> Result<Value, Failure> {
        Call { args, scope }.run(self.entry.arity, self.entry.run)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
