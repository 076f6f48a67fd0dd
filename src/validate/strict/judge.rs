//! What a rule may ask: the program around a block, its host's files, and what is allowed.
//!
//! Collects what rules find. Decides nothing about a component: that is the rules' work.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io;

use alloy_grammar::ast::Expr;
use alloy_grammar::span::Span;

use super::{Levels, codes};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::eval::{Scope, Value, eval};
use crate::graph::schema::Stability;
use crate::graph::{ComponentId, Graph, Place, Target, Values};
use crate::system::FileKind;

/// The largest file of which a rule looks at the content.
const LARGEST: usize = 1 << 20;

/// What became of a path that Alloy opens when it starts.
pub(super) enum Found {
    /// A file, with its content.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// Nothing of that name.
    Missing,
    /// Whether it is there is not known, for this reason.
    Unknown(String),
}

/// The program, and what was found in it.
pub(super) struct Judge<'j> {
    pub(super) graph: &'j Graph,
    pub(super) values: Values<'j>,
    pub(super) levels: &'j Levels,
    found: RefCell<Vec<Diagnostic>>,
    /// A block of a module that is used several times is reported once.
    reported: RefCell<BTreeSet<(Place, &'static str, String)>>,
    /// The values of defaults, which the schema has as texts.
    defaults: RefCell<HashMap<&'static str, Value>>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(values: Values<'j>, levels: &'j Levels) -> Judge<'j> {
        let (found, reported) = (RefCell::default(), RefCell::default());
        let defaults = RefCell::default();
        Judge { graph: values.graph(), values, levels, found, reported, defaults }
    }

    pub(super) fn into_found(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }

    /// Whether experimental things are allowed.
    pub(super) fn is_experimental(&self) -> bool {
        self.levels.stability == Stability::Experimental
    }

    /// Reports something at a place.
    pub(super) fn report(&self, place: Place, code: Code, severity: Severity, message: String) {
        if self.reported.borrow_mut().insert((place, code.name, message.clone())) {
            let error = Diagnostic::error(code, self.graph.source(place.file), place.span, message);
            self.found.borrow_mut().push(Diagnostic { severity, ..error });
        }
    }

    /// Adds a help to what was reported last.
    pub(super) fn help(&self, help: impl Into<String>) {
        if let Some(last) = self.found.borrow_mut().last_mut() {
            last.help.get_or_insert(help.into());
        }
    }

    /// Adds a second place to what was reported last.
    pub(super) fn label(&self, place: Place, text: &str) {
        let mut found = self.found.borrow_mut();
        if let Some(last) = found.pop() {
            let last = match last.labels.is_empty() {
                true => last.label(self.graph.source(place.file), place.span, text),
                false => last,
            };
            found.push(last);
        }
    }

    /// The value of a default, which the schema has in Alloy's own syntax.
    pub(super) fn default(&self, text: &'static str) -> Value {
        let read = || {
            let parsed = alloy_grammar::parser::parse(format!("x = {text}").as_bytes());
            let attr = parsed.file.body().attr("x");
            attr.and_then(|attr| eval(attr.value(), &Scope::new()).ok()).unwrap_or(Value::Null)
        };
        self.defaults.borrow_mut().entry(text).or_insert_with(read).clone()
    }

    /// The value of an expression; one that Alloy fails to evaluate is reported and then unknown.
    pub(super) fn evaluate(&self, id: ComponentId, expr: Expr<'j>) -> Value {
        match self.values.evaluated(id, expr) {
            Ok(value) => value,
            Err(error) => {
                if self.is_certain(id, expr.span()) {
                    let place = self.graph.place(id, error.span);
                    let message = format!(
                        "Alloy cannot evaluate this ({}): it will not start",
                        error.message
                    );
                    self.report(place, codes::FAILING_EXPRESSION, Severity::Error, message);
                }
                Value::unknown("Alloy cannot evaluate it")
            }
        }
    }

    /// Whether all that an expression refers to is known to the last.
    fn is_certain(&self, id: ComponentId, span: Span) -> bool {
        let inside = |at: Span| span.start <= at.start && at.end <= span.end;
        self.graph.references_of(id).iter().filter(|one| inside(one.place.span)).all(|one| {
            match &one.target {
                Target::Component { id, field: Some(field) } => {
                    self.values.is_exact(&self.values.export(*id, field))
                }
                Target::Component { field: None, .. } | Target::Nothing(_) => false,
                Target::Variable => {
                    let scope = self.graph.component(id).scope;
                    let variable = self.graph.variable(scope, &one.path);
                    variable.is_none_or(|value| self.values.is_exact(value))
                }
                Target::Library => true,
            }
        })
    }

    /// What Alloy finds at a path.
    pub(super) fn file(&self, path: &str) -> Found {
        let context = self.graph.context();
        let path = context.working_dir.join(path);
        let unknown = |error: &io::Error| Found::Unknown(format!("{path} cannot be read: {error}"));
        match context.files.metadata(&path) {
            Ok(meta) if meta.kind == FileKind::Dir => Found::Folder,
            Ok(meta) if meta.kind != FileKind::File => {
                Found::Unknown(format!("{path} is no plain file"))
            }
            Ok(meta) if meta.size > LARGEST as u64 => Found::Unknown(format!("{path} is large")),
            Ok(_) => match context.files.read(&path) {
                Ok(content) => Found::File(content),
                Err(error) => unknown(&error),
            },
            Err(error) if error.kind() != io::ErrorKind::NotFound => unknown(&error),
            Err(_) if context.files.may_lack(&path) => {
                let parent = path.parent().unwrap_or(&path);
                Found::Unknown(format!("this copy of the host does not hold {parent}"))
            }
            Err(_) => Found::Missing,
        }
    }
}
