//! Evaluates arguments with references as symbols: what a component exports is known by which
//! component it is, not by what it would be when Alloy runs.
//!
//! References through `argument` and `export` lead to what stands at their end, so that a pipeline
//! inside a module has the same arguments as one outside.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use alloy_grammar::ast::{Block, Expr, ExprKind, LiteralKind};

use crate::diff::canon::Canon;
use crate::eval::{self, References, Resolved, Scope, Value};
use crate::graph::{ComponentId, Graph, Kind, ScopeId, ScopeKind};

/// How many modules a reference may lead through.
const FARTHEST: u32 = 50;
/// The largest value that is compared by what it is, in nodes; a larger one by how it is written.
const LARGEST: u64 = 1 << 16;
/// How deep literal arrays and objects are taken apart.
const DEEPEST: u32 = 50;

/// One side's components under the names they go by in a comparison.
pub struct Symbols<'g> {
    graph: &'g Graph,
    /// What a reference to a component is called, so that both sides call it the same.
    names: BTreeMap<ComponentId, String>,
    far: Cell<u32>,
    /// What exports of modules and their arguments stand for: many may refer to one.
    known: RefCell<HashMap<(ComponentId, String), Value>>,
}

impl<'g> Symbols<'g> {
    /// Symbols with these names for components.
    pub fn new(graph: &'g Graph, names: BTreeMap<ComponentId, String>) -> Symbols<'g> {
        Symbols { graph, names, far: Cell::new(0), known: RefCell::default() }
    }

    /// The value of an expression in a scope, or the expression itself where it has none.
    pub fn canon(&self, scope: ScopeId, expr: Expr<'_>) -> Canon {
        self.canon_at(scope, expr, 0)
    }

    fn canon_at(&self, scope: ScopeId, expr: Expr<'_>, depth: u32) -> Canon {
        if let Some(value) = self.value(scope, expr) {
            return Canon::of(&value);
        }
        match unwrapped(expr).kind() {
            ExprKind::Array(items) if depth < DEEPEST => {
                Canon::List(items.iter().map(|x| self.canon_at(scope, x, depth + 1)).collect())
            }
            ExprKind::Object(fields) if depth < DEEPEST => Canon::Map(
                fields
                    .iter()
                    .map(|field| {
                        let value = self.canon_at(scope, field.value(), depth + 1);
                        (field.name().to_owned(), value)
                    })
                    .collect(),
            ),
            _ => Canon::Expression(self.written(scope, expr)),
        }
    }

    /// The value of an expression, if all of it is known.
    fn value(&self, scope: ScopeId, expr: Expr<'_>) -> Option<Value> {
        if self.far.get() >= FARTHEST {
            return None;
        }
        self.far.set(self.far.get() + 1);
        let context = self.graph.context();
        let names = InScope { symbols: self, scope };
        let value = eval::eval(
            expr,
            &Scope::new()
                .with_references(&names)
                .with_environment(&context.environment)
                .with_constants(&context.constants),
        );
        self.far.set(self.far.get() - 1);
        let is_small = |value: &Value| value.weight() <= LARGEST;
        value.ok().filter(|value| is_small(value) && value.unknown_within().is_none())
    }

    fn export(&self, id: ComponentId, field: &str) -> Value {
        let key = (id, field.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        // Whoever comes back here before the value is known has gone in a circle.
        self.known.borrow_mut().insert(key.clone(), self.symbol(id, field));
        let value = self.exported(id, field);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    fn exported(&self, id: ComponentId, field: &str) -> Value {
        let component = self.graph.component(id);
        let inside = match component.kind {
            Kind::Custom { declare: Ok(_) } => component.inside.first().copied(),
            Kind::Argument if field == "value" => return self.given(id),
            _ => None,
        };
        let Some(inside) = inside else { return self.symbol(id, field) };
        let exports = self.graph.scope(inside).components.iter().copied();
        let export = exports.map(|id| (id, self.graph.component(id))).find(|(_, component)| {
            component.kind == Kind::Export && component.label.as_deref() == Some(field)
        });
        export
            .and_then(|(id, _)| self.value(inside, self.graph.attr(id, "value")?.value()))
            .unwrap_or_else(|| self.symbol(id, field))
    }

    /// What the user of a module gave for an argument, or its default.
    fn given(&self, id: ComponentId) -> Value {
        let component = self.graph.component(id);
        let given = match self.graph.scope(component.scope).kind {
            ScopeKind::Instance { of, .. } => {
                let label = component.label.as_deref().unwrap_or_default();
                self.graph.attr(of, label).map(|attr| (self.graph.component(of).scope, attr))
            }
            _ => None,
        };
        let default = || self.graph.attr(id, "default").map(|attr| (component.scope, attr));
        match given.or_else(default) {
            Some((scope, attr)) => self
                .value(scope, attr.value())
                .unwrap_or_else(|| Value::unknown("the argument is not known")),
            None => self.symbol(id, "value"),
        }
    }

    fn symbol(&self, id: ComponentId, field: &str) -> Value {
        Value::capsule("reference", format!("{}.{field}", self.name(id)))
    }

    fn name(&self, id: ComponentId) -> &str {
        match self.names.get(&id) {
            Some(name) => name,
            None => &self.graph.component(id).local_id,
        }
    }

    /// An expression in one spelling: without blanks, comments and parentheses, strings by what
    /// they stand for, components by the names they go by here.
    fn written(&self, scope: ScopeId, expr: Expr<'_>) -> String {
        let mut text = String::new();
        let mut todo = vec![Piece::Expr(expr)];
        while let Some(piece) = todo.pop() {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Expr(expr) => self.write_one(scope, expr, &mut text, &mut todo),
            }
        }
        text
    }

    fn write_one<'a>(
        &self,
        scope: ScopeId,
        expr: Expr<'a>,
        text: &mut String,
        todo: &mut Vec<Piece<'a>>,
    ) {
        if let Some((id, rest)) = self.component_path(scope, expr) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}.{}", self.name(id), rest.join("."));
            return;
        }
        match expr.kind() {
            ExprKind::Literal(LiteralKind::String, literal) => {
                match alloy_grammar::literal::unquote_bytes(literal) {
                    Some(bytes) => text.push_str(&alloy_grammar::literal::quote_bytes(&bytes)),
                    None => text.push_str(literal),
                }
            }
            ExprKind::Literal(_, literal) => text.push_str(literal),
            ExprKind::Ident(name) => text.push_str(name),
            ExprKind::Paren(inner) => todo.push(Piece::Expr(inner)),
            ExprKind::Unary { op, operand } => {
                text.push_str(op.symbol());
                todo.push(Piece::Expr(operand));
            }
            ExprKind::Binary { op, left, right } => {
                todo.extend([Piece::Text(")"), Piece::Expr(right)]);
                todo.extend([Piece::Text(op.symbol()), Piece::Expr(left), Piece::Text("(")]);
            }
            ExprKind::Access { target, name, .. } => {
                todo.extend([Piece::Text(name), Piece::Text("."), Piece::Expr(target)]);
            }
            ExprKind::Index { target, index } => {
                todo.extend([Piece::Text("]"), Piece::Expr(index)]);
                todo.extend([Piece::Text("["), Piece::Expr(target)]);
            }
            ExprKind::Call { target, args } => {
                row(args.iter(), "(", ")", todo);
                todo.push(Piece::Expr(target));
            }
            ExprKind::Array(items) => row(items.iter(), "[", "]", todo),
            ExprKind::Object(fields) => {
                todo.push(Piece::Text("}"));
                for field in fields.iter().rev() {
                    todo.extend([Piece::Text(","), Piece::Expr(field.value())]);
                    todo.extend([Piece::Text("="), Piece::Text(field.name())]);
                }
                todo.push(Piece::Text("{"));
            }
        }
    }

    /// The component a path leads to, and the names behind its id.
    fn component_path<'a>(
        &self,
        scope: ScopeId,
        expr: Expr<'a>,
    ) -> Option<(ComponentId, Vec<&'a str>)> {
        let mut names = Vec::new();
        let mut root = expr;
        while let ExprKind::Access { target, name, .. } = root.kind() {
            names.push(name);
            root = target;
            // Longer paths are spelled name by name.
            if names.len() > 16 {
                return None;
            }
        }
        let ExprKind::Ident(first) = root.kind() else { return None };
        names.push(first);
        names.reverse();
        let (id, used) = self.graph.component_of(scope, &names)?;
        Some((id, names.split_off(used)))
    }
}

enum Piece<'a> {
    Text(&'a str),
    Expr(Expr<'a>),
}

/// Puts up expressions in a row between brackets.
fn row<'a>(
    items: impl DoubleEndedIterator<Item = Expr<'a>>,
    open: &'static str,
    close: &'static str,
    todo: &mut Vec<Piece<'a>>,
) {
    todo.push(Piece::Text(close));
    for item in items.rev() {
        todo.extend([Piece::Text(","), Piece::Expr(item)]);
    }
    todo.push(Piece::Text(open));
}

/// An expression without the parentheses around it.
fn unwrapped(mut expr: Expr<'_>) -> Expr<'_> {
    while let ExprKind::Paren(inner) = expr.kind() {
        expr = inner;
    }
    expr
}

/// The names of one scope.
struct InScope<'s, 'g> {
    symbols: &'s Symbols<'g>,
    scope: ScopeId,
}

impl References for InScope<'_, '_> {
    fn resolve(&self, path: &[&str]) -> Option<Resolved> {
        let graph = self.symbols.graph;
        if let Some((id, names)) = graph.component_of(self.scope, path) {
            let Some(field) = path.get(names) else {
                return Some(Resolved { names, value: self.symbols.symbol(id, "") });
            };
            let value = self.symbols.export(id, field);
            // What a symbol's fields are is not known: the whole path is one symbol.
            return Some(match &value {
                Value::Capsule(symbol) if path.len() > names + 1 => {
                    let rest = path[names + 1..].join(".");
                    let whole = format!("{}.{rest}", symbol.id);
                    Resolved { names: path.len(), value: Value::capsule("reference", whole) }
                }
                _ => Resolved { names: names + 1, value },
            });
        }
        if let Some(value) = graph.variable(self.scope, path[0]) {
            return Some(Resolved { names: 1, value: value.clone() });
        }
        match path[0] {
            "module_path" => {
                Some(Resolved { names: 1, value: Value::capsule("reference", "module_path") })
            }
            _ => None,
        }
    }
}

/// The source text of a block or an expression, for what is too deep to be taken apart.
pub fn source_of(block: Block<'_>) -> &str {
    block.file().source().get(block.span().range()).unwrap_or_default()
}
