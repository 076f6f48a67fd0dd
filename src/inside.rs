//! What this package's own tests and benchmarks look into. No interface for other programs: every
//! module is private to the crate, so that the compiler finds what nothing uses any more.

/// See `crate::agent`.
pub mod agent {
    pub use crate::agent::{FileState, Given, Key, Reading, Settings, SurpriseKind};
}

/// See `crate::fuzzing`.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::fuzzing::run;
}

/// See `crate::checks`.
pub mod checks {
    /// The questions of checks, gathered once.
    pub mod gathering {
        pub use crate::checks::gathering::Gathering;
    }

    /// A check as its file describes it.
    pub mod model {
        pub use crate::checks::model::Check;
    }

    /// Values given from outside.
    pub mod overrides {
        pub use crate::checks::overrides::Override;
    }

    /// What a run found.
    pub mod report {
        pub use crate::checks::report::Report;
    }

    /// What a check stands at.
    pub mod standing {
        pub use crate::checks::standing::Standing;
    }

    /// The checks that are built in.
    pub mod catalogue {
        pub use crate::checks::catalogue::{load, load_with_places};
    }

    /// A run of checks.
    pub mod execution {
        pub use crate::checks::execution::{Input, Plan, Stopped, evaluate, execute};
    }

    /// What checks are asked about.
    pub mod facts {
        pub use crate::checks::facts::{Agent, Fact, Object};
    }

    /// The rules for check files.
    pub mod lint {
        pub use crate::checks::lint::lint;
    }

    /// Check files.
    pub mod load {
        pub use crate::checks::load::{Fault, Loaded, file, path, source};
    }

    /// How checks read for another sender.
    pub mod wording {
        pub use crate::checks::wording::Wording;
    }

    /// Which checks apply.
    pub mod selection {
        pub use crate::checks::selection::inapplicable;
    }
}

/// See `crate::cli`.
pub mod cli {
    pub use crate::cli::explain::SECTIONS;
}

/// See `crate::deploy`.
pub mod deploy {
    pub use crate::deploy::{Expected, Live, RunningSender};
}

/// See `crate::diagnostic`.
pub mod diagnostic {
    pub use crate::diagnostic::{Code, Diagnostic, Severity};
}

/// See `crate::eval`.
pub mod eval {
    pub use crate::eval::Environment;
}

/// See `crate::facts`.
pub mod facts {
    pub use crate::facts::{GATHERER, GATHERERS, Host, Options};
}

/// See `crate::generate`.
pub mod generate {
    pub use crate::generate::{Layout, Plan, Template};
}

/// See `crate::graph`.
pub mod graph {
    pub use crate::graph::{Context, Graph, Program, ProgramFile, Prover};

    /// The component schema.
    pub mod schema {
        pub use crate::graph::schema::{FieldKind, Schema, Stability, Type, Version, Words};
    }
}

/// See `crate::host`.
pub mod host {
    /// See `crate::host::components`.
    pub mod components {
        pub use crate::host::components::components;
    }

    /// See `crate::host::delivery`.
    pub mod delivery {
        pub use crate::host::delivery::delivery;
    }

    /// See `crate::host::recording`.
    pub mod recording {
        pub use crate::host::recording::record;
    }

    /// See `crate::host::running`.
    pub mod running {
        pub use crate::host::running::running;
    }

    pub use crate::host::{Seen, alloy_http, process, service, storage};
}

/// See `crate::installation`.
pub mod installation {
    pub use crate::installation::{Installation, Wanted};
}

/// See `crate::load`.
pub mod load {
    pub use crate::load::{AlloyArgs, Kind, MergeSet, NotLoaded, Origin, Variable, WhyUnreadable};
}

/// See `crate::probe`.
pub mod probe {
    pub use crate::probe::*;
}

/// See `crate::prometheus`.
pub mod prometheus {
    pub use crate::prometheus::{Arguments, Configuration, Surroundings, Version, promtool, start};
}

/// See `crate::secret`.
pub mod secret {
    pub use crate::secret::Secret;
}

/// See `crate::source`.
pub mod source {
    pub use crate::source::Source;
}

/// See `crate::system`.
pub mod system {
    pub use crate::system::System;
}

/// See `crate::unit`.
pub mod unit {
    pub use crate::unit::Unit;
}

/// See `crate::validate`.
pub mod validate {
    pub use crate::validate::{CODES, Levels, Program, strict, validate};
}
