//! Modules from elsewhere: `import.file` and `import.string` are loaded, the others are unknown.
//!
//! Only files inside the host's root are read. A module may import further ones, itself included:
//! how many files are read and how deep they nest is bounded.

use std::sync::Arc;

use alloy_grammar::parser;
use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};

use super::component::{ComponentId, FileId};
use super::program::Context;
use crate::secret::tree;
use crate::source::Source;
use crate::system::FileKind;

/// The most files that imports may bring in.
pub(super) const MOST_FILES: usize = 1_000;

/// An `import.*` block and what became of it.
#[derive(Clone, Debug)]
pub struct Import {
    /// The block.
    pub component: ComponentId,
    /// The file or folder it names, as far as it is known.
    pub path: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an import.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was loaded; these are its files, in load order.
    Loaded(Vec<FileId>),
    /// There is no such file or folder: Alloy does not start.
    Missing,
    /// It is there and cannot be read, for this reason.
    Unreadable(String),
    /// A file does not parse; the first error, worded as Alloy words it.
    Broken {
        /// The files, the broken one among them.
        files: Vec<FileId>,
        /// The file that does not parse.
        file: FileId,
        /// Where.
        span: Span,
        /// What is wrong.
        message: String,
    },
    /// A file holds something other than `declare` and `import.*`: Alloy refuses the module.
    NotAModule {
        /// The files.
        files: Vec<FileId>,
        /// The file with the first other statement.
        file: FileId,
        /// The statement's name.
        span: Span,
        /// The statement's name.
        name: String,
    },
    /// What it holds cannot be known, for this reason.
    Unknown(String),
    /// We may not read what it names; whether Alloy may is another question.
    Denied(Utf8PathBuf),
}

impl Outcome {
    /// The files that were read, whether Alloy takes them or not.
    pub fn files(&self) -> &[FileId] {
        match self {
            Outcome::Loaded(files)
            | Outcome::Broken { files, .. }
            | Outcome::NotAModule { files, .. } => files,
            Outcome::Missing
            | Outcome::Unreadable(_)
            | Outcome::Unknown(_)
            | Outcome::Denied(_) => &[],
        }
    }

    /// Why nothing of the module can be used; none if it can.
    pub fn reason(&self) -> Option<String> {
        match self {
            Outcome::Loaded(_) => None,
            Outcome::Missing => Some("the file of the import does not exist".to_owned()),
            Outcome::Unreadable(why) => Some(format!("the import cannot be read: {why}")),
            Outcome::Broken { .. } => Some("the imported file does not parse".to_owned()),
            Outcome::NotAModule { name, .. } => {
                Some(format!("the imported file is no module: it holds `{name}`"))
            }
            Outcome::Unknown(why) => Some(why.clone()),
            Outcome::Denied(path) => Some(format!("we may not read {path}")),
        }
    }
}

/// The files of a module as read, before they belong to a graph.
pub(super) type Texts = Vec<(Source, Arc<alloy_grammar::ast::File>, Option<(Span, String)>)>;

/// Reads a module from a file or from the `*.alloy` files of a folder.
pub(super) fn read(context: &Context, path: &str, room: usize) -> Result<Texts, Outcome> {
    let path = context.working_dir.join(path);
    let meta = match context.files.metadata(&path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Outcome::Missing),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    let paths = match meta.kind {
        FileKind::Dir => files_of(context, &path)?,
        _ => vec![path],
    };
    if paths.len() > room {
        return Err(Outcome::Unknown("imports bring in too many files".to_owned()));
    }
    paths
        .iter()
        .map(|path| match context.files.read(path) {
            Ok(bytes) => {
                let parsed = parse(path.as_str(), &bytes);
                tree::register(&[&parsed.1], &tree::Nothing, context.files.secrets());
                Ok(parsed)
            }
            Err(error) => Err(unreadable(path, &error)),
        })
        .collect()
}

/// The folder that `module_path` means for a module: itself, or where its file lies.
pub(super) fn folder_of(context: &Context, path: &str) -> String {
    let path = Utf8Path::new(path);
    let is_folder = context.files.metadata(path).is_ok_and(|meta| meta.kind == FileKind::Dir);
    let folder = if is_folder { Some(path) } else { path.parent() };
    folder.unwrap_or(path).to_string()
}

/// Parses one text of a module.
pub(super) fn parse(
    name: &str,
    bytes: &[u8],
) -> (Source, Arc<alloy_grammar::ast::File>, Option<(Span, String)>) {
    let parsed = parser::parse(bytes);
    let error = parsed.errors.into_iter().next().map(|error| (error.span, error.message));
    let tree = Arc::new(parsed.file);
    (Source::of_tree(name, &tree), tree, error)
}

fn files_of(context: &Context, dir: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Outcome> {
    let entries = context.files.read_dir(dir).map_err(|error| unreadable(dir, &error))?;
    Ok(entries
        .into_iter()
        .filter(|entry| entry.kind != FileKind::Dir && entry.name.ends_with(".alloy"))
        .map(|entry| dir.join(entry.name))
        .collect())
}

fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Outcome {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Outcome::Denied(path.to_owned()),
        _ => Outcome::Unreadable(error.to_string()),
    }
}

/// Where a file holds something that a module may not hold.
pub(super) fn first_stranger(tree: &alloy_grammar::ast::File) -> Option<(Span, String)> {
    tree.body().stmts().find_map(|stmt| match (stmt.as_attr(), stmt.as_block()) {
        (Some(attr), _) => Some((attr.name_span(), attr.name().to_owned())),
        (_, Some(block)) => {
            let name = block.name();
            let fits = name == "declare" || name.starts_with("import.");
            (!fits).then(|| (block.header_span(), name.to_owned()))
        }
        _ => None,
    })
}
