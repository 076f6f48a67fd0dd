//! Programs of the system: systemctl and the package tool, run within a time limit.

use std::fmt::Debug;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The most that is kept of what a program prints.
const MOST_OUTPUT: u64 = 1 << 20;

/// Runs programs of a system, for as long as a limit allows.
pub trait Programs: Debug + Send + Sync {
    /// Runs a program with arguments; nothing is written to its standard input.
    ///
    /// # Errors
    /// `NotFound` where there is no such program, `TimedOut` where it did not end in time, or
    /// why it could not be started.
    fn run(&self, program: &str, arguments: &[&str], limit: Duration) -> io::Result<Ran>;
}

/// How a program ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Whether it ended with success.
    pub is_success: bool,
    /// What it printed.
    pub out: String,
    /// What it printed to standard error.
    pub err: String,
}

/// The programs of the machine we run on.
#[derive(Debug)]
pub(super) struct OwnPrograms;

impl Programs for OwnPrograms {
    fn run(&self, program: &str, arguments: &[&str], limit: Duration) -> io::Result<Ran> {
        let mut child = spawn(program, arguments)?;
        let out = reader(child.stdout.take());
        let err = reader(child.stderr.take());
        let begun = Instant::now();
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if begun.elapsed() < limit => thread::sleep(Duration::from_millis(2)),
                _ => {
                    // It may have ended meanwhile; either way nobody waits for it any longer.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(io::Error::from(io::ErrorKind::TimedOut));
                }
            }
        };
        Ok(Ran {
            is_success: status.success(),
            out: out.join().unwrap_or_default(),
            err: err.join().unwrap_or_default(),
        })
    }
}

fn spawn(program: &str, arguments: &[&str]) -> io::Result<Child> {
    Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("SYSTEMD_COLORS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Reads a pipe to its end in a thread, so that a full pipe blocks nobody.
fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What was read before an error still counts.
            let _ = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
