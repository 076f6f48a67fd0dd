//! What a graph is built from: the files of one program, and the system around them.
//!
//! Neutral on purpose: what Alloy loads, a candidate that lies elsewhere, a generated text and
//! standard input all become a [`Program`]. Decides nothing about which files belong together.

use std::sync::Arc;

use alloy_grammar::ast;
use camino::{Utf8Path, Utf8PathBuf};

use crate::eval::{Constants, Environment, Value};
use crate::load::{Kind, LoadedFile, MergeSet};
use crate::source::Source;
use crate::system::{HostFiles, System};

/// One file of a program.
#[derive(Clone, Debug)]
pub struct ProgramFile {
    /// Its text and the path it goes by on the host.
    pub source: Source,
    /// Its tree; what could not be parsed is not in it.
    pub tree: Arc<ast::File>,
}

/// Files that Alloy takes as one program, in load order.
#[derive(Clone, Debug)]
pub struct Program {
    /// The files.
    pub files: Vec<ProgramFile>,
    /// The value of `module_path` at the top level: the folder of the configuration.
    pub module_path: Utf8PathBuf,
}

/// What a program sees of its host.
#[derive(Clone, Debug)]
pub struct Context {
    /// The host's files, for `local.file`, `import.file` and the textfile collector.
    pub files: HostFiles,
    /// The environment of Alloy's process, for `sys.env`.
    pub environment: Environment,
    /// What `constants` holds.
    pub constants: Constants,
    /// Where relative paths begin: Alloy's working directory.
    pub working_dir: Utf8PathBuf,
}

impl Program {
    /// A program of these files; `module_path` is the folder of the first.
    pub fn new(files: Vec<ProgramFile>) -> Program {
        let module_path = files
            .first()
            .and_then(|file| Utf8Path::new(file.source.path()).parent())
            .map_or_else(|| Utf8PathBuf::from("/"), Utf8Path::to_owned);
        Program { files, module_path }
    }

    /// The files of a merge set that parse; those that do not are another check's business.
    pub fn of_merge_set(set: &MergeSet) -> Program {
        let mut program = Program::of_files(&set.files);
        if let (Kind::Folder, Some(path)) = (&set.kind, set.config_path()) {
            program.module_path = path.to_owned();
        }
        program
    }

    /// The files that parse, as one program.
    pub fn of_files<'f>(files: impl IntoIterator<Item = &'f LoadedFile>) -> Program {
        let sound = files.into_iter().filter(|file| file.is_sound());
        Program::new(
            sound
                .map(|file| ProgramFile { source: file.source.clone(), tree: file.tree.clone() })
                .collect(),
        )
    }
}

impl Context {
    /// What the system says, with Alloy's environment given.
    pub fn new(system: &System, environment: Environment, working_dir: Utf8PathBuf) -> Context {
        let mut constants = Constants::default();
        if let Some(hostname) = &system.hostname {
            constants.hostname = Value::string(hostname.as_str());
        }
        Context { files: system.files.clone(), environment, constants, working_dir }
    }
}
