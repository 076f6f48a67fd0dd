//! The log: lines on standard error, as the agent reads them.
//!
//! Plain text with a level in front. Never JSON: a member of an unexpected type kills the agent.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// The longest line that is written; the agent's limit is 64 KiB.
const MAX_LINE: usize = 4096;

/// Where lines for the agent's log go.
pub struct Log(Mutex<Box<dyn Write + Send>>);

impl Log {
    /// A log on this writer.
    pub fn new(out: Box<dyn Write + Send>) -> Log {
        Log(Mutex::new(out))
    }

    /// Writes what only matters to who looks for a fault.
    pub fn debug(&self, text: &str) {
        self.line("DEBUG", text);
    }

    /// Writes what went wrong without stopping us.
    pub fn warn(&self, text: &str) {
        self.line("WARN", text);
    }

    /// Writes what stopped us, or a fault of ours.
    pub fn error(&self, text: &str) {
        self.line("ERROR", text);
    }

    fn line(&self, level: &str, text: &str) {
        let mut line = format!("[{level}] alloy: ");
        for character in text.chars() {
            if line.len() >= MAX_LINE {
                break;
            }
            match character.is_control() {
                true => line.extend(character.escape_default()),
                false => line.push(character),
            }
        }
        line.push('\n');
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody could be told that the log cannot be written.
        let _ = out.write_all(line.as_bytes());
        let _ = out.flush();
    }
}
