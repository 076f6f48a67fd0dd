//! Evaluates what components are given and what they export.
//!
//! Asked for one attribute or export at a time and remembered. A reference leads to the export it
//! names, through `argument`, `export`, `foreach` and `local.file`; what only a running Alloy can
//! tell is unknown, with the reason. How far references may lead from one to the next is bounded.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use alloy_grammar::ast::{Attr, Expr, StmtId};
use camino::Utf8Path;

use super::component::{ComponentId, Kind, ScopeId, ScopeKind};
use super::discovered::Discovered;
use super::schema::{Schema, Version, Words};
use super::{Graph, content};
use crate::eval::{self, EvalError, OptionalSecret, References, Resolved, Scope, Value};

/// Why the content of a file is not known where its name is not.
const NO_NAME: &str = "the name of the file is not known: ";
/// How many references may lead from one to the next.
const FARTHEST: u32 = 100;
/// A body of more statements is not searched for each attribute anew.
const LARGE: usize = 64;
/// How much all values may weigh that are remembered, and what of that counts: smaller ones are no
/// more than the source is.
const MOST_REMEMBERED: u64 = 4 << 20;
const SMALL: u64 = 64;
/// The sort of a capsule that takes series.
pub const RECEIVER: &str = "storage.Appendable";

/// An export that is more than its type says; none where there is nothing more to say.
pub type Special = fn(&Values<'_>, ComponentId, &str) -> Option<Value>;

/// What was evaluated of a graph.
#[derive(Debug)]
pub struct Memo {
    arguments: RefCell<HashMap<(ComponentId, StmtId), Value>>,
    /// By the number of the export's name.
    exports: RefCell<HashMap<(ComponentId, u32), Value>>,
    /// The names of exports, each held once.
    names: RefCell<HashMap<Box<str>, u32>>,
    /// Where the attributes of components stand that have very many.
    large: RefCell<HashMap<ComponentId, HashMap<Box<str>, StmtId>>>,
    far: Cell<u32>,
    /// The weight of what is remembered, small values aside.
    weight: Cell<u64>,
    version: Cell<Version>,
    special: Special,
    discovered: Rc<Discovered>,
}

impl Memo {
    /// Nothing is evaluated yet; `special` is asked for exports first.
    pub fn new(special: Special, discovered: Rc<Discovered>) -> Memo {
        Memo {
            arguments: RefCell::default(),
            exports: RefCell::default(),
            names: RefCell::default(),
            large: RefCell::default(),
            far: Cell::new(0),
            weight: Cell::new(0),
            version: Cell::new(Version::latest()),
            special,
            discovered,
        }
    }
}

impl Memo {
    /// A value as it is remembered: unknown where all together are too large, as values can double
    /// from one to the next.
    fn bounded(&self, value: Value) -> Value {
        let weight = value.weight();
        if weight <= SMALL {
            return value;
        }
        let all = self.weight.get() + weight;
        if all > MOST_REMEMBERED {
            return Value::unknown("the values of the configuration are too large together");
        }
        self.weight.set(all);
        value
    }

    /// The number of an export's name.
    fn name(&self, name: &str) -> u32 {
        let mut names = self.names.borrow_mut();
        if let Some(&known) = names.get(name) {
            return known;
        }
        let number = names.len() as u32;
        names.insert(name.into(), number);
        number
    }

    /// The version of Alloy that evaluates, told before anything depends on it.
    pub fn of_version(&self, version: Version) {
        self.version.set(version);
    }
}

/// Evaluates arguments and exports of a graph's components, and remembers them.
#[derive(Clone, Copy, Debug)]
pub struct Values<'g> {
    graph: &'g Graph,
    memo: &'g Memo,
}

impl<'g> Values<'g> {
    /// What was evaluated of the graph and what will be.
    pub(super) fn new(graph: &'g Graph, memo: &'g Memo) -> Values<'g> {
        Values { graph, memo }
    }

    /// The graph whose components these are.
    pub fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// The version of Alloy that evaluates them; the newest known unless told.
    pub fn version(&self) -> Version {
        self.memo.version.get()
    }

    /// The targets that were met.
    pub(super) fn discovered(&self) -> &'g Discovered {
        &self.memo.discovered
    }

    /// The value of an attribute of a component; none if it is not written.
    pub fn argument(&self, id: ComponentId, name: &str) -> Option<Value> {
        let attr = self.attr(id, name)?;
        let key = (id, attr.id());
        if let Some(found) = self.memo.arguments.borrow().get(&key) {
            return Some(found.clone());
        }
        let value = self.memo.bounded(self.expr(id, attr.value()));
        self.memo.arguments.borrow_mut().insert(key, value.clone());
        Some(value)
    }

    /// The first attribute of that name of a component.
    fn attr(&self, id: ComponentId, name: &str) -> Option<Attr<'g>> {
        let body = self.graph.block(id).body();
        if body.stmts().len() <= LARGE {
            return body.attr(name);
        }
        let mut large = self.memo.large.borrow_mut();
        let places = large.entry(id).or_insert_with(|| {
            let mut places = HashMap::new();
            for attr in body.attrs() {
                places.entry(attr.name().into()).or_insert(attr.id());
            }
            places
        });
        let at = places.get(name)?;
        self.graph.tree(self.graph.component(id).file).stmt(*at).as_attr()
    }

    /// The value of an expression that stands in a component's block.
    pub fn expr(&self, id: ComponentId, expr: Expr<'_>) -> Value {
        self.evaluated(id, expr)
            .unwrap_or_else(|error| Value::unknown(format!("Alloy cannot evaluate it: {error}")))
    }

    /// The value of an expression that stands in a component's block, or why it has none.
    ///
    /// # Errors
    /// Alloy fails to evaluate it. Where a list of targets is only known when Alloy runs, an error
    /// about its length or its labels is none: see [`Values::is_exact`].
    pub fn evaluated(&self, id: ComponentId, expr: Expr<'_>) -> Result<Value, EvalError> {
        if self.memo.far.get() >= FARTHEST {
            return Ok(Value::unknown(format!(
                "more than {FARTHEST} references lead from one to the next"
            )));
        }
        self.memo.far.set(self.memo.far.get() + 1);
        let names = InScope { values: self, scope: self.graph.component(id).scope };
        let context = &self.graph.context;
        let scope = Scope::new()
            .with_references(&names)
            .with_environment(&context.environment)
            .with_constants(&context.constants);
        let value = eval::eval(expr, &scope);
        self.memo.far.set(self.memo.far.get() - 1);
        value
    }

    /// The value of an export.
    pub fn export(&self, id: ComponentId, field: &str) -> Value {
        let key = (id, self.memo.name(field));
        if let Some(found) = self.memo.exports.borrow().get(&key) {
            return found.clone();
        }
        // Whoever comes back here before the value is known has gone in a circle.
        let circle = Value::unknown("it depends on itself");
        self.memo.exports.borrow_mut().insert(key, circle);
        let value = self.memo.bounded(self.exported(id, field));
        self.memo.exports.borrow_mut().insert(key, value.clone());
        value
    }

    fn exported(&self, id: ComponentId, field: &str) -> Value {
        let component = self.graph.component(id);
        match &component.kind {
            Kind::Argument => self.argument_value(id),
            Kind::Custom { declare: Err(reason) } => Value::unknown(reason.as_str()),
            Kind::Custom { declare: Ok(_) } => self.module_export(id, field),
            Kind::Builtin | Kind::Unknown => {
                (self.memo.special)(self, id, field).unwrap_or_else(|| self.plain_export(id, field))
            }
            _ => Value::unknown(format!("`{}` exports nothing", component.local_id)),
        }
    }

    /// What the module's user gave for an argument, or its default.
    fn argument_value(&self, id: ComponentId) -> Value {
        let component = self.graph.component(id);
        let Some(name) = &component.label else {
            return Value::unknown("the argument has no name");
        };
        let given = match self.graph.scope(component.scope).kind {
            ScopeKind::Instance { of, .. } => self.argument(of, name),
            ScopeKind::Definition { .. } => {
                return Value::unknown("nothing uses the module");
            }
            _ => None,
        };
        given.or_else(|| self.argument(id, "default")).unwrap_or_else(|| {
            let optional = self.argument(id, "optional").and_then(|value| value.as_bool());
            if optional == Some(true) {
                Value::Null
            } else {
                Value::unknown(format!("the module's argument `{name}` is not given"))
            }
        })
    }

    fn module_export(&self, id: ComponentId, field: &str) -> Value {
        let export = self.graph.component(id).inside.first().and_then(|&inside| {
            self.graph.names[inside.index()]
                .components
                .get(format!("export.{field}").as_str())
                .copied()
        });
        match export {
            Some(export) => self.argument(export, "value").unwrap_or(Value::Null),
            None => Value::unknown(format!("the module exports no `{field}`")),
        }
    }

    fn plain_export(&self, id: ComponentId, field: &str) -> Value {
        let component = self.graph.component(id);
        match (&component.kind, &*component.name, field) {
            (Kind::Unknown, _, "receiver" | "input") => self.capsule(RECEIVER, id),
            (Kind::Unknown, name, _) => {
                Value::unknown(format!("no known version of Alloy has `{name}`"))
            }
            (_, "local.file", "content") => self.file_content(id),
            _ => self.export_by_type(id, field),
        }
    }

    /// What can be said of an export by its type alone.
    fn export_by_type(&self, id: ComponentId, field: &str) -> Value {
        let component = self.graph.component(id);
        let words = Schema::latest()
            .component(&component.name)
            .and_then(|known| known.exports()?.field(field)?.value());
        match words.map(|words| words.kind()) {
            Some(Words::Capsule(sort)) => self.capsule(sort, id),
            _ => Value::unknown(format!(
                "`{}` gets its {field} only when Alloy runs",
                component.local_id
            )),
        }
    }

    fn capsule(&self, sort: &str, id: ComponentId) -> Value {
        let sort = if sort.ends_with(RECEIVER) { RECEIVER } else { sort };
        Value::capsule(sort, id.index().to_string())
    }

    /// The component whose capsule a value is.
    pub fn owner(&self, value: &Value) -> Option<ComponentId> {
        let Value::Capsule(capsule) = value else { return None };
        let id = ComponentId::new(capsule.id.parse().ok()?);
        (id.index() < self.graph.components.len()).then_some(id)
    }

    fn file_content(&self, id: ComponentId) -> Value {
        let is_secret = match self.argument(id, "is_secret") {
            None => false,
            Some(value) => match value.as_bool() {
                Some(is_secret) => is_secret,
                None => return Value::unknown("whether the file is a secret is not known"),
            },
        };
        let filename = self.argument(id, "filename").unwrap_or(Value::Null);
        let Some(name) = filename.as_str() else {
            let why = filename.unknown_reason().unwrap_or("it is no text");
            // Where one name comes from another file, the first says all there is to say.
            let reason = match why.strip_prefix(NO_NAME) {
                Some(first) => format!("{NO_NAME}{first}"),
                None => format!("{NO_NAME}{why}"),
            };
            return Value::unknown(reason);
        };
        let path = self.graph.context.working_dir.join(name);
        match self.graph.context.files.read(&path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => {
                    self.register_content(id, &path, &text);
                    Value::OptionalSecret(OptionalSecret::new(text, is_secret))
                }
                Err(_) => Value::unknown(format!("{path} is not UTF-8")),
            },
            Err(error) => Value::unknown(format!("{path} cannot be read: {error}")),
        }
    }

    /// Registers what of a file's content is secret: all of it, unless it is used only where
    /// nothing secret can be, as the value of a label or the host of a URL.
    fn register_content(&self, id: ComponentId, path: &Utf8Path, text: &str) {
        if !content::is_public(self.graph, id, text.trim()) {
            self.graph.context.files.register_secret_file(path, text);
        }
    }

    /// All exports of a component, as the object that its id alone stands for.
    fn all_exports(&self, id: ComponentId) -> Value {
        let component = self.graph.component(id);
        let fields: Vec<String> = match component.kind {
            Kind::Builtin => Schema::latest()
                .component(&component.name)
                .and_then(|known| known.exports())
                .map(|exports| exports.fields().map(|field| field.name().to_owned()).collect())
                .unwrap_or_default(),
            Kind::Argument => vec!["value".to_owned()],
            Kind::Custom { declare: Ok(declare) } => self
                .graph
                .block(declare)
                .body()
                .blocks_named("export")
                .filter_map(|export| export.label().map(str::to_owned))
                .collect(),
            _ => return Value::unknown(format!("`{}` is not known whole", component.local_id)),
        };
        Value::object(fields.into_iter().map(|field| {
            let value = self.export(id, &field);
            (field, value)
        }))
    }
}

/// The names of one scope.
struct InScope<'v, 'g> {
    values: &'v Values<'g>,
    scope: ScopeId,
}

impl References for InScope<'_, '_> {
    fn resolve(&self, path: &[&str]) -> Option<Resolved> {
        let graph = self.values.graph;
        if let Some((id, names)) = graph.component_of(self.scope, path) {
            return Some(match path.get(names) {
                Some(field) => Resolved { names: names + 1, value: self.values.export(id, field) },
                None => Resolved { names, value: self.values.all_exports(id) },
            });
        }
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            let names = &graph.names[scope.index()];
            if let Some((variable, value)) = &names.variable
                && variable == path[0]
            {
                return Some(Resolved { names: 1, value: value.clone() });
            }
            at = names.around;
        }
        match path[0] {
            "module_path" => {
                let value = Value::string(graph.module_path(self.scope));
                Some(Resolved { names: 1, value })
            }
            "argument" => {
                let value = Value::unknown("there is no such argument");
                Some(Resolved { names: path.len().min(3), value })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Context, Program, ProgramFile, Prover};
    use crate::source::Source;
    use crate::system::{MemoryTree, System};

    #[test]
    fn values_that_double_from_one_to_the_next_become_unknown() {
        let mut text = "declare \"d\" {\n argument \"x\" { }\n \
                        export \"y\" { value = argument.x.value + argument.x.value }\n}\n"
            .to_owned();
        for at in 0..40_usize {
            let given = at.checked_sub(1).map_or("\"x\"".to_owned(), |at| format!("d.d{at}.y"));
            text += &format!("d \"d{at}\" {{ x = {given} }}\n");
        }
        let tree = std::sync::Arc::new(alloy_grammar::parser::parse(text.as_bytes()).file);
        let source = Source::of_tree("/a.alloy", &tree);
        let system = System::in_memory(MemoryTree::new(), "host".into()).unwrap();
        let context = Context::new(&system, Default::default(), "/".into());
        let program = Program::new(vec![ProgramFile { source, tree }]);
        let prover = Prover::new(Graph::build(&program, context));
        let value = |id: &str| prover.values().export(prover.graph().find(id).unwrap(), "y");
        assert_eq!(value("d.d3").as_str().map(str::len), Some(16));
        assert!(value("d.d39").unknown_reason().is_some());
        assert!(prover.values().memo.weight.get() <= MOST_REMEMBERED);
    }
}
