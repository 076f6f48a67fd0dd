//! The environment that `sys.env` reads, as data.

use std::collections::BTreeMap;
use std::fmt;

use crate::eval::{Unknown, Value};
use crate::load;

/// Environment variables, and whether those not among them are unset or unknown.
///
/// `Debug` shows names only: a variable's value may be a password.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    unknown: BTreeMap<String, Unknown>,
    gap: Option<Unknown>,
}

impl Environment {
    /// All variables: one that is not among them is not set, so `sys.env` gives `""`.
    pub fn known(variables: BTreeMap<String, String>) -> Environment {
        Environment { variables, ..Environment::default() }
    }

    /// Some variables: one that is not among them is unknown, with this reason.
    pub fn partly_known(variables: BTreeMap<String, String>, reason: &str) -> Environment {
        Environment { variables, gap: Some(Unknown::new(reason)), ..Environment::default() }
    }

    /// No variable is known, with this reason.
    pub fn unknown(reason: &str) -> Environment {
        Environment::partly_known(BTreeMap::new(), reason)
    }

    /// What `sys.env` gives for a name.
    pub fn value(&self, name: &str) -> Value {
        match (self.variables.get(name), self.unknown.get(name).or(self.gap.as_ref())) {
            (Some(value), _) => Value::string(value.as_str()),
            (None, Some(reason)) => Value::Unknown(reason.clone()),
            (None, None) => Value::string(""),
        }
    }
}

impl From<&load::Environment> for Environment {
    /// The environment of a unit. Where a file of variables could not be read, any of them may be
    /// set in it, so none is known.
    fn from(loaded: &load::Environment) -> Environment {
        let gap = loaded.gap().map(Unknown::new);
        let mut environment = Environment { gap, ..Environment::default() };
        if environment.gap.is_none() {
            let values = loaded.values().iter();
            environment.variables =
                values.map(|(name, value)| (name.clone(), value.value.clone())).collect();
            environment.unknown = loaded
                .unknown_values()
                .iter()
                .map(|(name, reason)| (name.clone(), Unknown::new(reason.as_str())))
                .collect();
        }
        environment
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
