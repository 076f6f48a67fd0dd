//! A program: the files that Alloy loads together, read and parsed.

use std::sync::Arc;

use alloy_grammar::ast::{File, Stmt};
use alloy_grammar::parser::{self, SyntaxError};

use super::{codes, encoding};
use crate::diagnostic::Diagnostic;
use crate::load::{LoadedFile, SYNTAX_ERROR};
use crate::source::Source;

/// The files that Alloy loads as one configuration, in its order.
#[derive(Clone, Debug, Default)]
pub struct Program {
    files: Vec<ProgramFile>,
    refused: Option<String>,
}

/// One file of a program.
#[derive(Clone, Debug)]
pub struct ProgramFile {
    /// The name it goes by and its text.
    pub source: Source,
    /// Its tree; whole only without errors.
    pub tree: Arc<File>,
    /// Its syntax errors.
    pub errors: Vec<SyntaxError>,
}

impl Program {
    /// Reads files by name and content, in the byte order of their names as Alloy does.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Program {
        let mut files: Vec<(String, Vec<u8>)> = files.into_iter().collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        let mut program = Program::default();
        for (name, bytes) in files {
            if let Some(refused) = encoding::refusal(&bytes) {
                program.refused = Some(refused);
                break;
            }
            let parsed = parser::parse(&bytes);
            let tree = Arc::new(parsed.file);
            let source = Source::of_tree(name, &tree);
            program.files.push(ProgramFile { source, tree, errors: parsed.errors });
        }
        program
    }

    /// Takes files that are read already, in the byte order of their names.
    pub fn of_files<'f>(files: impl IntoIterator<Item = &'f LoadedFile>) -> Program {
        let mut files: Vec<&LoadedFile> = files.into_iter().collect();
        files.sort_by(|a, b| a.source.path().cmp(b.source.path()));
        let refused = files.iter().find_map(|file| encoding::refusal(file.bytes()));
        let files = files
            .into_iter()
            .map(|file| ProgramFile {
                source: file.source.clone(),
                tree: file.tree.clone(),
                errors: file.errors.clone(),
            })
            .collect();
        Program { files, refused }
    }

    /// The files, in Alloy's order.
    pub fn files(&self) -> &[ProgramFile] {
        &self.files
    }

    /// Why Alloy does not even parse it, in Alloy's words.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What keeps the program from being looked into: syntax errors, and attributes at top level.
    pub fn syntax_diagnostics(&self) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for file in &self.files {
            for error in &file.errors {
                out.push(Diagnostic::error(
                    SYNTAX_ERROR,
                    &file.source,
                    error.span,
                    error.message.clone(),
                ));
            }
            if !file.errors.is_empty() {
                continue;
            }
            if let Some(attr) = file.tree.body().stmts().find_map(Stmt::as_attr) {
                out.push(Diagnostic::error(
                    codes::TOP_LEVEL_ATTRIBUTE,
                    &file.source,
                    attr.name_span(),
                    format!("unrecognized attribute {}", attr.name()),
                ));
            }
        }
        out
    }
}
