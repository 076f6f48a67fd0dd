//! One configuration file: its bytes, its encoding, its tree.

use std::fmt;
use std::io;
use std::sync::Arc;

use alloy_grammar::ast;
use alloy_grammar::parser::{self, Parsed, SyntaxError};
use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;
use crate::system::System;

/// Raised for each error of the scanner or the parser.
pub const SYNTAX_ERROR: Code =
    Code::new("syntax-error", "A file is no Alloy configuration: it does not parse.");
/// Raised for a file that is not UTF-8 as a whole.
pub const WRONG_ENCODING: Code =
    Code::new("wrong-encoding", "A file is UTF-16 or UTF-32; Alloy reads UTF-8 only.");

/// The most that is read of one configuration file.
pub const LARGEST_CONFIG: u64 = 32 << 20;

/// A file that was read and parsed.
#[derive(Clone)]
pub struct LoadedFile {
    /// Its path on the host.
    pub path: Utf8PathBuf,
    /// Its text.
    pub source: Source,
    /// Its tree; whole only without errors. That of a file in a wrong encoding is empty.
    pub tree: Arc<ast::File>,
    /// Its syntax errors. A file in a wrong encoding has one.
    pub errors: Vec<SyntaxError>,
    /// How its bytes are encoded.
    pub encoding: Encoding,
    /// Its bytes, where they are not those of the text.
    bytes: Option<Arc<[u8]>>,
}

/// How a file's bytes are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, perhaps with bytes that are wrong; the parser reports those.
    Utf8,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// UTF-32 with a byte order mark.
    Utf32,
}

impl LoadedFile {
    /// Parses a file's bytes.
    pub fn new(path: impl Into<Utf8PathBuf>, bytes: Vec<u8>) -> LoadedFile {
        let path = path.into();
        let encoding = Encoding::of(&bytes);
        let parsed = match encoding {
            Encoding::Utf8 => parser::parse(&bytes),
            Encoding::Utf16 | Encoding::Utf32 => refused(encoding),
        };
        let tree = Arc::new(parsed.file);
        let source = Source::of_tree(path.as_str(), &tree);
        let bytes = (source.text().as_bytes() != bytes).then(|| bytes.into());
        LoadedFile { path, source, tree, errors: parsed.errors, encoding, bytes }
    }

    /// Reads and parses a file.
    ///
    /// # Errors
    /// As [`HostFiles::read`](crate::system::HostFiles::read), and for a file of more than 32 MiB.
    pub(super) fn read(
        system: &System,
        path: &Utf8Path,
        shown: &Utf8Path,
    ) -> io::Result<LoadedFile> {
        Ok(LoadedFile::new(shown, system.files.read_at_most(path, LARGEST_CONFIG)?))
    }

    /// Whether it parses without any error.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// Its syntax errors.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let code = match self.encoding {
            Encoding::Utf8 => SYNTAX_ERROR,
            Encoding::Utf16 | Encoding::Utf32 => WRONG_ENCODING,
        };
        let diagnostic = |error: &SyntaxError| {
            let found = Diagnostic::error(code, &self.source, error.span, error.message.as_str());
            match self.encoding {
                Encoding::Utf8 => found,
                _ => found.help("save the file as UTF-8"),
            }
        };
        self.errors.iter().map(diagnostic).collect()
    }

    /// The raw bytes, as they count for Alloy's hash.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.source.text().as_bytes())
    }
}

impl fmt::Debug for LoadedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Encoding {
    fn of(bytes: &[u8]) -> Encoding {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Encoding::Utf32,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Encoding::Utf16,
            _ => Encoding::Utf8,
        }
    }
}

/// Alloy's hash over files in load order: 64 zeros for none.
pub(super) fn hash(files: &[LoadedFile]) -> String {
    if files.is_empty() {
        return "0".repeat(64);
    }
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refused(encoding: Encoding) -> Parsed {
    let name = if encoding == Encoding::Utf16 { "UTF-16" } else { "UTF-32" };
    let message = format!("the file is {name}; Alloy reads UTF-8 only");
    let mut parsed = parser::parse(b"");
    parsed.errors = vec![SyntaxError { message, span: Span::new(0, 0) }];
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_utf_16_has_one_error_that_names_the_encoding() {
        let file = LoadedFile::new("/etc/alloy/a.alloy", b"\xff\xfea\0 \0".to_vec());
        assert_eq!(file.encoding, Encoding::Utf16);
        assert_eq!(file.diagnostics().len(), 1);
        assert!(file.diagnostics()[0].message.contains("UTF-16"));
    }

    #[test]
    fn the_hash_is_that_of_the_bytes_in_a_row() {
        let one = LoadedFile::new("a", b"// a\n".to_vec());
        let other = LoadedFile::new("b", b"// b\n".to_vec());
        let both = LoadedFile::new("c", b"// a\n// b\n".to_vec());
        assert_eq!(hash(&[one, other]), hash(&[both]));
        assert_eq!(hash(&[]), "0".repeat(64));
    }
}
