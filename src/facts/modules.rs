//! `modules`: the local imports, and what their files hold.

use alloy_grammar::ast::Stmt;
use serde_json::{Value as Json, json};

use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::{FileId, Graph, Import, Outcome};

/// The gatherer.
pub(super) struct Modules;

const ABOUT: About = About {
    argument: "modules",
    meaning: "The `import.file` and `import.string` blocks: whether what they name exists and \
              parses, and the statements at its top level that are neither `declare` nor \
              `import.*`. Imports from git and http are not in it.",
    shape: r#"[{"id": "import.file.x", "path": "/etc/alloy/x.alloy", "exists": true, "parses": true, "foreign_blocks": [], "message": "", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Modules {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let graph = host.graph();
        let modules = graph.imports().iter().filter_map(|import| describe(graph, import)).collect();
        Ok(Json::Array(modules))
    }
}

fn describe(graph: &Graph, import: &Import) -> Option<Json> {
    let id = graph.full_id(import.component);
    let path = import.path.clone().unwrap_or_else(|| "a string".to_owned());
    let mut at = place(graph.at(graph.header(import.component)));
    let message = match &import.outcome {
        Outcome::Unknown(_) | Outcome::Denied(_) => return None,
        Outcome::Loaded(_) => String::new(),
        Outcome::Missing => format!("`{id}` imports {path}, which does not exist"),
        Outcome::Unreadable(why) => format!("`{id}` imports {path}: {why}"),
        Outcome::Broken { file, span, message, .. } => {
            at = place(graph.source(*file).at(*span));
            format!("`{id}` imports a file with a syntax error: {message}")
        }
        Outcome::NotAModule { file, span, name, .. } => {
            at = place(graph.source(*file).at(*span));
            format!("`{id}` imports {path}, which holds `{name}`: a module holds declarations only")
        }
    };
    let help = match &import.outcome {
        Outcome::NotAModule { .. } => {
            json!("wrap it in `declare`: `trento-alloy generate --as-module` prints it so")
        }
        Outcome::Missing => json!("put the file in place; Alloy does not start without it"),
        _ => Json::Null,
    };
    Some(json!({
        "id": id,
        "path": path,
        "exists": !matches!(import.outcome, Outcome::Missing | Outcome::Unreadable(_)),
        "parses": !matches!(import.outcome, Outcome::Broken { .. }),
        "foreign_blocks": foreign(graph, import.outcome.files()),
        "message": message,
        "help": help,
        "at": at,
    }))
}

/// The names of what stands at the top of a module's files and does not belong there.
fn foreign(graph: &Graph, files: &[FileId]) -> Vec<String> {
    let mut names = Vec::new();
    for file in files {
        for stmt in graph.tree(*file).body().stmts() {
            let name = match stmt {
                Stmt::Attr(attr) => attr.name(),
                Stmt::Block(block) => block.name(),
            };
            let belongs = name == "declare" || name.starts_with("import.");
            if !belongs && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}
