//! Scopes: what the names in an expression mean.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::eval::{Environment, Value};

/// Component exports and other things that are found by a dotted path.
pub trait References {
    /// The longest beginning of `path` that names something, such as
    /// `["prometheus", "remote_write", "trento", "receiver"]`; none if its first name means
    /// nothing here, and the standard library is asked.
    fn resolve(&self, path: &[&str]) -> Option<Resolved>;
}

/// What a path led to.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// How many names of the path were used, at least one.
    pub names: usize,
    /// What they stand for. The rest of the path is read as fields of it.
    pub value: Value,
}

/// What `constants` holds.
#[derive(Clone, Debug)]
pub struct Constants {
    /// Name of the host, as the kernel gives it.
    pub hostname: Value,
    /// `linux`
    pub os: Value,
    /// `amd64`, `arm64`, `ppc64le` or `s390x`.
    pub arch: Value,
    /// Alloy's version, such as `v1.18.1`.
    pub version: Value,
}

impl Default for Constants {
    /// A Linux host of which nothing else is known.
    fn default() -> Constants {
        Constants {
            hostname: Value::unknown("the name of the host is not known"),
            os: Value::string("linux"),
            arch: Value::unknown("the architecture of the host is not known"),
            version: Value::unknown("the version of Alloy is not known"),
        }
    }
}

/// What the names in an expression mean: variables first, then references, then the standard
/// library.
#[derive(Clone, Default)]
pub struct Scope<'a> {
    variables: BTreeMap<String, Value>,
    references: Option<&'a dyn References>,
    environment: Cow<'a, Environment>,
    constants: Cow<'a, Constants>,
}

impl<'a> Scope<'a> {
    /// A scope without variables, in an environment without variables.
    pub fn new() -> Scope<'a> {
        Scope::default()
    }

    /// Adds or replaces a variable.
    pub fn with(mut self, name: impl Into<String>, value: Value) -> Scope<'a> {
        self.variables.insert(name.into(), value);
        self
    }

    /// Finds dotted paths through this.
    pub fn with_references(mut self, references: &'a dyn References) -> Scope<'a> {
        self.references = Some(references);
        self
    }

    /// Reads `sys.env` from this environment.
    pub fn with_environment(mut self, environment: &'a Environment) -> Scope<'a> {
        self.environment = Cow::Borrowed(environment);
        self
    }

    /// Takes `constants` from this.
    pub fn with_constants(mut self, constants: &'a Constants) -> Scope<'a> {
        self.constants = Cow::Borrowed(constants);
        self
    }

    /// A variable.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// The environment `sys.env` reads.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What `constants` holds.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// What a dotted path leads to, by the references.
    pub fn resolve(&self, path: &[&str]) -> Option<Resolved> {
        self.references?.resolve(path).filter(|found| (1..=path.len()).contains(&found.names))
    }
}
