//! The one place that runs Rhai: expressions, conditions and messages of checks.
//!
//! Behaves as the Trento server's engine, whose version it is, with limits around it: a check that
//! never ends or grows without bound is an error of its expectation. Reads no files, loads no
//! modules, prints nothing.

mod convert;
mod failure;
mod limits;
mod names;
mod watch;

use std::sync::OnceLock;

use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Scope};
use serde_json::Value as Json;

pub use failure::{Failure, ScriptError};
pub use names::{Names, Template, Use};
pub use watch::{Call, Element, Watched};

use crate::checks::facts::Object;

/// What runs expressions. There is one for the whole process; it holds no state.
pub struct Engine {
    plain: rhai::Engine,
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Script(AST);

/// The variables an expression sees.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    entries: Vec<(&'static str, Dynamic)>,
}

impl Engine {
    /// The engine.
    pub fn shared() -> &'static Engine {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(|| Engine { plain: plain() })
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// It is no valid Rhai.
    pub fn compile(&self, text: &str) -> Result<Script, ScriptError> {
        limits::script(text)?;
        self.plain.compile(text).map(Script).map_err(|error| ScriptError::parsing(&error))
    }

    /// Compiles a message: its text stands between backticks.
    ///
    /// # Errors
    /// It is no valid Rhai.
    pub fn compile_message(&self, text: &str) -> Result<Script, ScriptError> {
        self.compile(&format!("`{text}`"))
    }

    /// Runs an expression on a copy of the variables.
    ///
    /// # Errors
    /// It fails, or its result is nothing that could be stored.
    pub fn run(&self, script: &Script, variables: &Variables) -> Result<Json, Failure> {
        limits::start();
        let mut scope = variables.scope();
        let result = self.plain.eval_ast_with_scope::<Dynamic>(&mut scope, &script.0);
        convert::to_json(&result.map_err(|error| failure::script_error(&error))?)
    }

    /// Compiles and runs an expression.
    ///
    /// # Errors
    /// As [`Engine::compile`] and [`Engine::run`].
    pub fn eval(&self, text: &str, variables: &Variables) -> Result<Json, Failure> {
        self.run(&self.compile(text)?, variables)
    }
}

impl Variables {
    /// No variables.
    pub fn new() -> Variables {
        Variables::default()
    }

    /// Adds a map under a name.
    ///
    /// # Errors
    /// A whole number in it does not fit 64 bits.
    pub fn with(mut self, name: &'static str, map: &Object) -> Result<Variables, Failure> {
        self.entries.push((name, convert::from_object(map)?));
        Ok(self)
    }

    fn scope(&self) -> Scope<'static> {
        let mut scope = Scope::new();
        for (name, value) in &self.entries {
            scope.push_dynamic(*name, value.clone());
        }
        scope
    }
}

/// Runs something that evaluates expressions on a stack that their depth cannot exhaust.
pub fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let large = std::thread::Builder::new().stack_size(limits::STACK).spawn_scoped(scope, work);
        match large.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("cannot start a thread: {error}"),
        }
    })
}

/// An engine as the server builds it, within limits.
fn plain() -> rhai::Engine {
    let mut engine = rhai::Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine.set_fail_on_invalid_map_property(true);
    limits::set(&mut engine);
    engine
}
