//! The way out: a writer through which everything passes that leaves the program, covered.
//!
//! What is printed is held back until it can be searched as a whole, so that no secret slips
//! through in two halves.

use std::io::{self, Write};

use super::Vault;

/// How much is held back before a part of it is let out.
const HELD: usize = 1 << 20;

/// How much is held back as a rule: a report of a host.
const USUAL: usize = 80 << 10;

/// A stream of the process, and the secrets that it must not show.
pub struct Outlet<'w> {
    vault: Vault,
    held: Vec<u8>,
    /// How much is held back before a part of it is let out. Where nothing could be, such as of one
    /// long line, it is twice as much the next time, so that it is not looked at again and again.
    most: usize,
    to: Box<dyn Write + 'w>,
}

impl<'w> Outlet<'w> {
    /// A stream that covers what the vault knows by the time it is flushed.
    pub fn new(vault: Vault, to: impl Write + 'w) -> Outlet<'w> {
        Outlet { vault, held: Vec::new(), most: HELD, to: Box::new(to) }
    }

    /// The same stream, let out with every line: for messages of what goes on.
    pub fn by_line(self) -> Outlet<'w> {
        Outlet { most: 0, ..self }
    }

    /// The stream without cover: for a configuration that was asked for as it is.
    ///
    /// # Errors
    /// What was held back cannot be written.
    pub fn as_it_is(&mut self) -> io::Result<&mut dyn Write> {
        self.let_out(self.held.len())?;
        Ok(&mut self.to)
    }

    fn let_out(&mut self, length: usize) -> io::Result<()> {
        let shown = self.vault.shown(&self.held[..length]);
        let written = self.to.write_all(shown.as_bytes());
        self.held.drain(..length);
        written
    }

    /// Up to where nothing that is secret can go on behind it: the last line end that no secret
    /// stands across.
    fn safe_length(&self) -> usize {
        let text = String::from_utf8_lossy(&self.held);
        if text.len() != self.held.len() {
            return self.held.len();
        }
        let last = self.held.len().saturating_sub(self.vault.longest());
        let mut end =
            self.held[..last].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for range in self.vault.find(&text).iter().rev() {
            if range.start < end && end < range.end {
                end = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            }
        }
        end
    }
}

impl Write for Outlet<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.capacity() == 0 && self.most > 0 {
            self.held.reserve(USUAL);
        }
        self.held.extend_from_slice(bytes);
        if self.most == 0 && bytes.ends_with(b"\n") {
            self.flush()?;
        } else if self.held.len() > self.most && self.most > 0 {
            let length = self.safe_length();
            self.let_out(length)?;
            self.most = HELD.max(2 * self.held.len());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.let_out(self.held.len())?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_two_halves_is_covered() {
        let vault = Vault::new();
        let mut out = Vec::new();
        let mut outlet = Outlet::new(vault.clone(), &mut out);
        write!(outlet, "hunter2").unwrap();
        writeln!(outlet, "Secret").unwrap();
        vault.register("hunter2Secret");
        outlet.flush().unwrap();
        drop(outlet);
        assert_eq!(out, b"********\n");
    }

    #[test]
    fn much_output_is_let_out_in_parts() {
        let vault = Vault::new();
        vault.register("hunter2Secret");
        let mut out = Vec::new();
        let mut outlet = Outlet::new(vault, &mut out);
        for _ in 0..100_000 {
            outlet.write_all(b"it is hunter2Secret\n").unwrap();
            assert!(outlet.held.len() <= HELD + 20);
        }
        outlet.flush().unwrap();
        drop(outlet);
        assert_eq!(out, b"it is ********\n".repeat(100_000));
    }

    #[test]
    fn one_long_line_is_held_back_and_looked_at_seldom() {
        let vault = Vault::new();
        vault.register("hunter2Secret");
        let mut out = Vec::new();
        let mut outlet = Outlet::new(vault, &mut out);
        for _ in 0..200_000 {
            outlet.write_all(b"it is hunter2Secret ").unwrap();
        }
        assert!(outlet.most > outlet.held.len() && outlet.held.len() > 2 * HELD);
        outlet.flush().unwrap();
        drop(outlet);
        assert_eq!(out, b"it is ******** ".repeat(200_000));
    }

    #[test]
    fn a_configuration_passes_as_it_is() {
        let vault = Vault::new();
        vault.register("hunter2Secret");
        let mut out = Vec::new();
        let mut outlet = Outlet::new(vault, &mut out);
        outlet.as_it_is().unwrap().write_all(b"hunter2Secret").unwrap();
        outlet.flush().unwrap();
        drop(outlet);
        assert_eq!(out, b"hunter2Secret");
    }
}
