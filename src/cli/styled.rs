//! Standard output for text that may carry colours: taken out where nobody sees them.
//!
//! What colours mean to a terminal is anstream's business. A report of a megabyte has none in most
//! forms, so text without a single control character passes as it is.

use std::io::{self, StdoutLock, Write};

use anstream::adapter::StripBytes;
use anstream::{AutoStream, ColorChoice};

use crate::visible::is_plain_or;

/// Standard output, locked.
pub enum Styled {
    /// Whoever reads it sees colours, or anstream knows how to show them.
    Shown(AutoStream<StdoutLock<'static>>),
    /// Colours are taken out.
    Plain {
        /// Standard output as it is.
        out: StdoutLock<'static>,
        /// What takes them out; none until the first control character.
        strip: Option<StripBytes>,
    },
}

impl Styled {
    /// The standard output of this process, by the choice made for all streams.
    pub fn stdout() -> Styled {
        let out = io::stdout();
        match AutoStream::choice(&out) {
            ColorChoice::Never => Styled::Plain { out: out.lock(), strip: None },
            choice => Styled::Shown(AutoStream::new(out.lock(), choice)),
        }
    }
}

impl Write for Styled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (out, strip) = match self {
            Styled::Shown(out) => return out.write_all(bytes),
            Styled::Plain { out, strip } => (out, strip),
        };
        if strip.is_none() && is_plain(bytes) {
            return out.write_all(bytes);
        }
        let strip = strip.get_or_insert_default();
        strip.strip_next(bytes).try_for_each(|piece| out.write_all(piece))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Styled::Shown(out) => out.flush(),
            Styled::Plain { out, .. } => out.flush(),
        }
    }
}

/// Whether bytes are text without a control character that could steer a terminal.
fn is_plain(bytes: &[u8]) -> bool {
    let is_good = |byte: u8| !byte.is_ascii() || matches!(byte, b'\n' | b'\t');
    is_plain_or(bytes, is_good) && str::from_utf8(bytes).is_ok()
}
