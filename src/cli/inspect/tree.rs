//! `trento-alloy inspect tree`: the syntax tree as JSON.

use alloy_grammar::json;
use alloy_grammar::parser::{self, SyntaxError};
use alloy_grammar::span::LineIndex;
use camino::Utf8PathBuf;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::system::given;

/// Show the syntax tree of a file
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file; `-` for standard input
    #[arg(value_name = "PATH", default_value = "-")]
    path: Utf8PathBuf,
    /// How to show it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Format::Json)]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// `{ok, diagnostics, ast, ast_sha256}`, the tree in its canonical form
    Json,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let source = read(args, io)?;
    let Format::Json = args.format;
    let parsed = parser::parse(&source);
    let is_sound = parsed.errors.is_empty();
    let lines = LineIndex::new(&source);
    let diagnostics: Vec<Shown<'_>> =
        parsed.errors.iter().map(|error| Shown::new(error, &lines)).collect();
    let diagnostics = serde_json::to_string(&diagnostics)
        .map_err(|error| Error::Invalid(format!("the diagnostics are no JSON: {error}")))?;
    // Written by hand, because the tree is JSON already, and may nest deeper than a writer likes.
    let out = io.out.as_it_is().map_err(Error::Output)?;
    let written = if is_sound {
        let tree = json::write(&parsed.file);
        let hash: String = Sha256::digest(&tree).iter().map(|byte| format!("{byte:02x}")).collect();
        let begin = format!("{{\"ok\":true,\"diagnostics\":{diagnostics},\"ast\":");
        writeln!(out, "{begin}{tree},\"ast_sha256\":\"{hash}\"}}")
    } else {
        let begin = format!("{{\"ok\":false,\"diagnostics\":{diagnostics}");
        writeln!(out, "{begin},\"ast\":null,\"ast_sha256\":null}}")
    };
    written.map_err(Error::Output)?;
    Ok(if is_sound { Exit::Clean } else { Exit::Findings })
}

fn read(args: &Args, io: &mut Io<'_>) -> Result<Vec<u8>> {
    given::read(&args.path, io.stdin, given::LARGEST_INPUT)
        .map_err(|source| Error::Read { path: args.path.clone(), source })
}

/// A diagnostic as the reference gives it: columns in bytes, the end inclusive if there is one.
#[derive(Serialize)]
struct Shown<'e> {
    severity: &'static str,
    message: &'e str,
    line: u32,
    col: u32,
    offset: u32,
    #[serde(flatten)]
    end: Option<End>,
}

#[derive(Serialize)]
struct End {
    end_line: u32,
    end_col: u32,
    end_offset: u32,
}

impl<'e> Shown<'e> {
    fn new(error: &'e SyntaxError, lines: &LineIndex) -> Shown<'e> {
        let start = lines.position(error.span.start);
        let end = (!error.span.is_empty()).then(|| {
            let end_offset = error.span.end - 1;
            let end = lines.position(end_offset);
            End { end_line: end.line, end_col: end.column, end_offset }
        });
        Shown {
            severity: "error",
            message: &error.message,
            line: start.line,
            col: start.column,
            offset: error.span.start,
            end,
        }
    }
}
