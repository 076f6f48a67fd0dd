//! Calls: how many arguments a function takes, and how values become what it wants.

use crate::eval::operators::mismatch;
use crate::eval::{Scope, Text, Unknown, Value, ValueKind};

/// How many arguments a function takes.
#[derive(Clone, Copy)]
pub enum Arity {
    /// So many.
    Exactly(usize),
    /// So many or more.
    AtLeast(usize),
    /// The function looks itself, and may see values that are not known.
    Own,
}

/// Why a call failed, and what is to blame: the function if no argument is.
#[derive(Debug)]
pub struct Failure {
    /// Which argument, from 0.
    pub argument: Option<usize>,
    /// Which element of it, from the outside in.
    pub elements: Vec<usize>,
    /// The words.
    pub message: String,
}

impl Failure {
    /// The function as a whole refuses.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { argument: None, elements: Vec::new(), message: message.into() }
    }

    /// An argument has the wrong type.
    pub fn argument(argument: usize, wanted: ValueKind, found: &Value) -> Failure {
        Failure {
            argument: Some(argument),
            elements: Vec::new(),
            message: mismatch(wanted, found.kind()),
        }
    }

    /// An element of an argument has the wrong type.
    pub fn element(argument: usize, place: usize, wanted: ValueKind, found: &Value) -> Failure {
        Failure { elements: vec![place], ..Failure::argument(argument, wanted, found) }
    }
}

/// The arguments of a call, and what the function may look at besides.
pub struct Call<'c> {
    /// The arguments as they are.
    pub args: &'c [Value],
    /// The scope, for the environment.
    pub scope: &'c Scope<'c>,
}

impl Call<'_> {
    /// Checks the number of arguments, and runs the function unless one is not known.
    pub fn run(
        &self,
        arity: Arity,
        run: fn(&Call<'_>) -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let count = self.args.len();
        match arity {
            Arity::Exactly(wanted) if count != wanted => {
                return Err(Failure::new(format!("expected {wanted} args, got {count}")));
            }
            Arity::AtLeast(wanted) if count < wanted => {
                return Err(Failure::new(format!("expected at least {wanted} args, got {count}")));
            }
            Arity::Own => return run(self),
            _ => {}
        }
        match self.unknown() {
            Some(unknown) => Ok(Value::Unknown(unknown.clone())),
            None => run(self),
        }
    }

    /// What in the arguments, at any depth, is not known.
    pub fn unknown(&self) -> Option<&Unknown> {
        self.args.iter().find_map(Value::unknown_within)
    }

    /// An argument where a string is wanted: numbers are written out, null is empty.
    pub fn text(&self, argument: usize) -> Result<Text, Failure> {
        let value = &self.args[argument];
        as_text(value).map_err(|message| Failure {
            argument: Some(argument),
            elements: Vec::new(),
            message,
        })
    }

    /// An argument where a list of strings is wanted.
    pub fn texts(&self, argument: usize) -> Result<Vec<Text>, Failure> {
        let value = &self.args[argument];
        if let Value::Null = value {
            return Ok(Vec::new());
        }
        let items =
            value.elements().ok_or_else(|| Failure::argument(argument, ValueKind::Array, value))?;
        let text = |(place, item)| {
            as_text(item).map_err(|message| Failure {
                argument: Some(argument),
                elements: vec![place],
                message,
            })
        };
        items.iter().enumerate().map(text).collect()
    }
}

fn as_text(value: &Value) -> Result<Text, String> {
    const SECRET: &str = "secrets may not be converted into strings";
    match value {
        Value::Null => Ok(Text::from("")),
        Value::String(text) | Value::Bytes(text) => Ok(text.clone()),
        Value::Number(number) => Ok(Text::from(number.to_text())),
        Value::OptionalSecret(text) => text.plain().cloned().ok_or_else(|| SECRET.to_owned()),
        Value::Secret(_) => Err(SECRET.to_owned()),
        _ => Err(mismatch(ValueKind::String, value.kind())),
    }
}
