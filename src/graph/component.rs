//! What stands in a configuration: every labelled or unlabelled block, once for each module
//! instance that holds it.
//!
//! Values only: how they are found is `build`'s work, how they refer to each other `reference`'s.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use alloy_grammar::ast::StmtId;
use serde::Serialize;

pub(super) use crate::proof::{ComponentId, FileId, Place};

/// Index of a scope in its [`Graph`](super::Graph).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub(super) u32);

impl ScopeId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A block at the top of a scope: a component proper, or what configures the program around it.
#[derive(Clone, Debug)]
pub struct Component {
    /// The block's full name: `prometheus.scrape`.
    pub name: Name,
    /// The label, if it has one.
    pub label: Option<Box<str>>,
    /// Name and label, unique in its scope: `prometheus.scrape.trento`.
    pub local_id: Name,
    /// The scope it stands in.
    pub scope: ScopeId,
    /// The file its block is in.
    pub file: FileId,
    /// The block.
    pub stmt: StmtId,
    /// What it is to Alloy.
    pub kind: Kind,
    /// The first block of the same id, which is the component; this one only clashes.
    pub duplicate_of: Option<ComponentId>,
    /// The scopes this one opens: the instance of a `declare`, the items of a `foreach`.
    pub inside: Vec<ScopeId>,
}

/// A name that several hold, of which there is one copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name(Arc<str>);

impl Name {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Name {
        Name(name.into())
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a block is to Alloy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A component that some version of Alloy has.
    Builtin,
    /// A component that no known version of Alloy has.
    Unknown,
    /// An instance of a `declare`.
    Custom {
        /// The `declare` block; none where the module could not be loaded.
        declare: Result<ComponentId, String>,
    },
    /// `declare "name" { … }`
    Declare,
    /// `argument "name" { … }`
    Argument,
    /// `export "name" { … }`
    Export,
    /// `foreach "name" { … }`
    Foreach,
    /// `import.file`, `import.string`, `import.git`, `import.http`
    Import,
    /// `logging`, `tracing`, or a service such as `http`.
    Setting,
}

impl Component {
    /// Whether series, targets or values can flow through it.
    pub fn is_component(&self) -> bool {
        matches!(self.kind, Kind::Builtin | Kind::Unknown | Kind::Custom { .. })
    }
}

/// One level of names: the program itself, or the inside of one module instance.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What opened it.
    pub kind: ScopeKind,
    /// The path Alloy puts before its components' ids: empty at the top, else `trento.host`.
    pub path: String,
    /// The components in it, in load order, duplicates included.
    pub components: Vec<ComponentId>,
    /// How many scopes stand around it.
    pub depth: u32,
    /// Whether nothing in it ever runs: a module as imported, a `declare` that nothing uses.
    pub is_idle: bool,
}

/// What opened a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// The program.
    Root,
    /// The use of a `declare` by a component.
    Instance {
        /// The component that uses it.
        of: ComponentId,
        /// The `declare`.
        declare: ComponentId,
    },
    /// One turn of a `foreach`.
    Item {
        /// The `foreach`.
        of: ComponentId,
        /// Which element of its collection; none where the collection is unknown.
        index: Option<usize>,
    },
    /// An imported module: holds only `declare` and `import.*`.
    Module {
        /// The import.
        of: ComponentId,
    },
    /// A `declare` that nothing uses: looked at for faults only, nothing flows through it.
    Definition {
        /// The `declare`.
        of: ComponentId,
    },
}
