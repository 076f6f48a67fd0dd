//! What `alloy validate` would say about a program, for any version of Alloy, without Alloy.
//!
//! The verdict has the real command's diagnostics in its order, words and positions; where the
//! real one crashes or its answer is random, ours is steady. Knows no host: which files are loaded
//! and with which levels is the caller's to say.

pub mod advisories;
mod body;
mod codes;
mod cycles;
mod encoding;
mod findings;
mod graphs;
mod node;
mod program;
mod references;
mod reload;
mod strict;
mod text;
pub mod upgrade;
mod value;
mod walk;

pub use codes::CODES;
pub use findings::Fix;
pub use program::Program;
pub use reload::{Reloading, reloading};
pub use strict::{is_about_start, is_of_validate_only, soften, strict, unsaid};

use crate::diagnostic::Diagnostic;
use crate::graph::schema::{Schema, Stability};

/// What a program is held against: the flags of `alloy run`, and the version.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    /// What that version of Alloy takes.
    pub schema: Schema,
    /// The least stable things that are allowed (`--stability.level`).
    pub stability: Stability,
    /// Whether community components are allowed (`--feature.community-components.enabled`).
    pub community: bool,
}

impl Default for Levels {
    fn default() -> Levels {
        Levels {
            schema: Schema::latest(),
            stability: Stability::GenerallyAvailable,
            community: false,
        }
    }
}

/// What is said about a program.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Why the program was not looked into at all (its encoding). Then there are no diagnostics.
    pub refused: Option<String>,
    /// In the order in which Alloy gives them.
    pub diagnostics: Vec<Diagnostic>,
    /// The repairs that have exactly one right answer.
    pub fixes: Vec<Fix>,
}

impl Verdict {
    /// Whether nothing at all was said: like the real command, a mere warning fails a program.
    pub fn is_ok(&self) -> bool {
        self.refused.is_none() && self.diagnostics.is_empty()
    }
}

/// Says what `alloy validate` would say.
pub fn validate(program: &Program, levels: &Levels) -> Verdict {
    if let Some(refused) = program.refused() {
        return Verdict { refused: Some(refused.to_owned()), ..Verdict::default() };
    }
    let diagnostics = program.syntax_diagnostics();
    if !diagnostics.is_empty() {
        return Verdict { diagnostics, ..Verdict::default() };
    }
    let graphs = graphs::Graphs::of(program, levels);
    let found = walk::walk(&graphs, levels);
    Verdict { refused: None, diagnostics: found.diagnostics, fixes: found.fixes }
}
