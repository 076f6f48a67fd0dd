//! `modules`: the local imports, and what their files hold.

use alloy_grammar::ast::Stmt;
use serde_json::{Value as Json, json};

use crate::facts::faults::is_about_trento;
use crate::facts::place::place;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::graph::{ComponentId, FileId, Graph, Import, Kind, Outcome, Place, ScopeKind};

/// The gatherer.
pub(super) struct Modules;

const ABOUT: About = About {
    argument: "modules",
    meaning: "The `import.file` and `import.string` blocks: whether what they name exists and \
              parses, and the statements at its top level that are neither `declare` nor \
              `import.*`. `needed_by` is `alloy` where Alloy does not start without the module, \
              `pipeline` where the Trento pipeline is in it, else empty. Imports from git and http \
              are not in it.",
    shape: r#"[{"id": "import.file.x", "path": "/etc/alloy/x.alloy", "exists": true, "parses": true, "foreign_blocks": [], "needed_by": "", "message": "", "at": {…}}]"#,
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
        let imports = graph.imports().iter();
        Ok(Json::Array(imports.filter_map(|import| describe(host, graph, import)).collect()))
    }
}

fn describe(host: &Host<'_>, graph: &Graph, import: &Import) -> Option<Json> {
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
        Outcome::Missing if is_held(graph, import) => {
            json!("put the file in place; Alloy does not start without it")
        }
        Outcome::Missing => json!("this copy of the host does not hold its folder"),
        _ => Json::Null,
    };
    Some(json!({
        "id": id,
        "path": path,
        "exists": !matches!(import.outcome, Outcome::Missing | Outcome::Unreadable(_)),
        "parses": !matches!(import.outcome, Outcome::Broken { .. }),
        "foreign_blocks": foreign(graph, import.outcome.files()),
        "needed_by": needed_by(host, graph, import),
        "message": message,
        "help": help,
        "at": at,
    }))
}

/// What cannot do without a module: Alloy itself, the pipeline, or nothing.
fn needed_by(host: &Host<'_>, graph: &Graph, import: &Import) -> &'static str {
    let files = match &import.outcome {
        Outcome::Loaded(_) | Outcome::Unknown(_) | Outcome::Denied(_) => return "",
        Outcome::Missing if !is_held(graph, import) => return "",
        Outcome::Missing | Outcome::Unreadable(_) if !is_of_module(graph, import) => {
            return "alloy";
        }
        other => other.files(),
    };
    if users(graph, import).next().is_some() {
        return "alloy";
    }
    let has_pipeline = host
        .deployment()
        .is_some_and(|found| found.is_in_what_is_loaded() && !found.pipeline.paths.is_empty());
    let is_about = |&file: &FileId| is_about_trento(host, graph.source(file).text());
    if !has_pipeline && files.iter().any(is_about) { "pipeline" } else { "" }
}

/// Whether what an import names would be seen here if it were there: a copy of a host need not
/// hold all of its folders.
fn is_held(graph: &Graph, import: &Import) -> bool {
    let context = graph.context();
    let path = context.working_dir.join(import.path.as_deref().unwrap_or_default());
    !context.files.may_lack(&path)
}

/// Whether an import stands in a module; only a use of that module needs it.
fn is_of_module(graph: &Graph, import: &Import) -> bool {
    let scope = graph.scope(graph.component(import.component).scope);
    scope.is_idle || matches!(scope.kind, ScopeKind::Module { .. })
}

/// The components that are made of something in an import that cannot be used.
fn users<'g>(graph: &'g Graph, import: &Import) -> impl Iterator<Item = ComponentId> + use<'g> {
    let namespace = graph.component(import.component).label.clone().unwrap_or_default();
    let uses = graph.components().filter(move |(_, component)| {
        matches!(component.kind, Kind::Custom { declare: Err(_) })
            && !graph.scope(component.scope).is_idle
            && component.name.split('.').next() == Some(&namespace)
    });
    uses.map(|(id, _)| id)
}

/// Where the imports stand that this fact faults, and what uses them.
pub(super) fn places(graph: &Graph) -> Vec<Place> {
    let faulty = graph.imports().iter().filter(|import| {
        !matches!(import.outcome, Outcome::Loaded(_) | Outcome::Unknown(_) | Outcome::Denied(_))
    });
    let ids =
        faulty.flat_map(|import| std::iter::once(import.component).chain(users(graph, import)));
    ids.map(|id| graph.header(id)).collect()
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
