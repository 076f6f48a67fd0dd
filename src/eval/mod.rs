//! Evaluates Alloy expressions; what cannot be known is a value with the reason.
//!
//! [`eval`] gives an expression its [`Value`] in a [`Scope`], by Alloy's own rules: 64-bit numbers
//! that wrap, strings of bytes, Go's formatting, no short circuit. What depends on something that
//! is not known here (a variable of an unknown environment, an import from git) is a
//! [`Value::Unknown`] that carries the reason and spreads only as far as it must:
//! `unknown + "x"` is unknown, `[unknown, "a"][1]` is `"a"`.
//!
//! Asks nothing of the outside: variables, environment and component exports come in through the
//! scope. Does not recurse on the native stack by the depth of an expression, and bounds the size
//! and the depth of every value it makes.

mod budget;
pub(crate) use crate::duration;
mod environment;
mod equality;
mod error;
mod gofloat;
pub mod json;
mod literal;
mod machine;
mod number;
mod operators;
mod scope;
mod secret;
mod stdlib;
mod text;
mod value;

pub use environment::Environment;
pub use error::EvalError;
pub use machine::{eval, eval_noting};
pub use number::Number;
pub use scope::{Constants, References, Resolved, Scope};
pub use secret::{OptionalSecret, Secret};
pub use stdlib::renamed as renamed_function;
pub use text::Text;
pub use value::{Object, Unknown, Value, ValueKind};

#[cfg(test)]
mod tests;
