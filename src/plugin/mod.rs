//! The gatherer `alloy@v1`: serves facts to trento-agent as one of its plugins.
//!
//! Speaks hashicorp's go-plugin with its net/rpc flavour, from the inside out: `gob` and `yamux`
//! are formats, `rpc` and `fact` what is sent in them, `connection` what it means, `serve` the
//! threads and sockets. The facts themselves come through [`Serve`]. Not TLS, not gRPC: the agent
//! uses neither.

mod connection;
mod fact;
mod gather;
mod gob;
mod handshake;
mod log;
mod rpc;
mod serve;
#[cfg(test)]
mod tests;
mod yamux;

use std::io::Write;
use std::sync::Arc;

pub use serve::Ended;

/// The variable by which an agent says that it starts a plugin.
pub const COOKIE: &str = "TRENTO_PLUGIN";
/// What the variable holds.
pub const COOKIE_VALUE: &str = "gatherer";

/// Where facts come from.
pub trait Serve: Send + Sync {
    /// The arguments that are known, one a fact.
    fn arguments(&self) -> Vec<String>;

    /// Begins a gathering and hands it to `work`. What it reads, it reads once: all its facts are
    /// of one moment.
    fn gathering(&self, work: &mut dyn FnMut(&mut dyn Gathering));
}

/// One gathering of some facts.
pub trait Gathering {
    /// Gathers a fact. It may panic: then this fact is an error, and others are gathered after it.
    fn gather(&mut self, argument: &str) -> Gathered;
}

/// What came of gathering a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Gathered {
    /// The fact.
    Value(serde_json::Value),
    /// It does not apply to this host, for this reason. A check that asks for it gets no fact at
    /// all, so that the server leaves this host out.
    NotApplicable(String),
    /// It could not be gathered.
    Error(GatherError),
}

/// Why there is no fact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GatherError {
    /// The kind of error, in kebab-case as the agent's own gatherers name theirs.
    pub kind: String,
    /// What the administrator reads.
    pub message: String,
}

impl GatherError {
    /// Makes an error.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> GatherError {
        GatherError { kind: kind.into(), message: message.into() }
    }
}

/// Serves facts to the agent that started this process, until it has had enough.
///
/// `variable` reads the environment; `out` is the standard output, which carries one line;
/// `log` is the standard error, which becomes the agent's log.
///
/// Nothing the process starts meanwhile may inherit its standard output or error: the agent
/// waits for both to end.
pub fn run(
    variable: &dyn Fn(&str) -> Option<String>,
    serve: Arc<dyn Serve>,
    out: &mut dyn Write,
    log: Box<dyn Write + Send>,
) -> Ended {
    let log = log::Log::new(log);
    match handshake::listen(variable) {
        Ok(listener) => serve::until_end(listener, serve, out, &log),
        Err(why) => {
            log.error(&why);
            Ended::Refused
        }
    }
}

/// A connection that gets these bytes in pieces, does every job that they ask for, and is waited
/// for: nothing of it may grow without end.
#[cfg(any(test, fuzzing))]
pub fn fuzz_connection(input: &[u8]) {
    use std::time::Duration;

    let mut connection = connection::Connection::default();
    for (at, piece) in input.chunks(97).enumerate() {
        let is_broken = connection.receive(piece).is_err();
        while let Some(job) = connection.take_job() {
            connection.finish_job(job.id, &fact::body(std::iter::empty()));
        }
        while !connection.pull().is_empty() {}
        connection.take_complaints();
        if is_broken || !connection.tick(Duration::from_secs(at as u64)) {
            return;
        }
    }
}
