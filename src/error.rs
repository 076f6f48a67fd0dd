//! What stopped us: the one error type of the program.
//!
//! A fault of a configuration is a [`Diagnostic`](crate::diagnostic::Diagnostic) or a finding, not
//! an error. A variant's text never repeats its source's: the command line prints the chain.

use std::io;

use camino::Utf8PathBuf;

/// What stopped a command. Every one ends it with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that had to be read could not be.
    #[error("cannot read {path}")]
    Read {
        /// What was to be read.
        path: Utf8PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// What was to be written.
        path: Utf8PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The output could not be written; a closed pipe is not an error but the end.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    /// The command was asked for something that makes no sense; the text says what to do instead.
    #[error("{0}")]
    Usage(String),
    /// Something that was needed is wrong; the text says what, where and what to do.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// The error and what caused it, one clause after another.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(source) = cause {
            text.push_str(&format!(": {source}"));
            cause = source.source();
        }
        text
    }
}

/// The result of what can be stopped.
pub type Result<T, E = Error> = std::result::Result<T, E>;
