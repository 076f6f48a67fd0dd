//! The environment that `sys.env` reads, as data.

use std::collections::BTreeMap;
use std::fmt;

use crate::eval::{Unknown, Value};

/// Environment variables, and whether those not among them are unset or unknown.
///
/// `Debug` shows names only: a variable's value may be a password.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    gap: Option<Unknown>,
}

impl Environment {
    /// All variables: one that is not among them is not set, so `sys.env` gives `""`.
    pub fn known(variables: BTreeMap<String, String>) -> Environment {
        Environment { variables, gap: None }
    }

    /// Some variables: one that is not among them is unknown, with this reason.
    pub fn partly_known(variables: BTreeMap<String, String>, reason: &str) -> Environment {
        Environment { variables, gap: Some(Unknown::new(reason)) }
    }

    /// No variable is known, with this reason.
    pub fn unknown(reason: &str) -> Environment {
        Environment::partly_known(BTreeMap::new(), reason)
    }

    /// What `sys.env` gives for a name.
    pub fn value(&self, name: &str) -> Value {
        match (self.variables.get(name), &self.gap) {
            (Some(value), _) => Value::string(value.as_str()),
            (None, Some(reason)) => Value::Unknown(reason.clone()),
            (None, None) => Value::string(""),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("gap", &self.gap)
            .finish()
    }
}
