//! The one place that runs Rhai: expressions, conditions and messages of checks.
//!
//! Behaves as the Trento server's engine, whose version it is, with limits around it: a check that
//! never ends or grows without bound is an error of its expectation. Reads no files, loads no
//! modules, prints nothing.

mod convert;
mod failure;
mod functions;
mod guard;
mod limits;
mod names;
mod watch;

use std::sync::OnceLock;
use std::thread::{self, ScopedJoinHandle};

use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Scope};
use serde_json::Value as Json;

pub use failure::{Failure, ScriptError};
pub use names::{Hazard, Names, Template, Use};
pub use watch::{Call, Element};

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

    /// Begins a check on a host: its expressions share what they may take.
    pub fn start_check(&self) {
        limits::start_check();
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// It is no valid Rhai.
    pub fn compile(&self, text: &str) -> Result<Script, ScriptError> {
        limits::script(text)?;
        let compiled = guard::guard(|| {
            let script = self.plain.compile(text);
            script.map(Script).map_err(|error| ScriptError::parsing(&error).into())
        });
        compiled.map_err(|failure| match failure {
            Failure::Script(error) => error,
            Failure::Crash(message) | Failure::Unstorable(message) => {
                ScriptError { kind: "parsing", message, position: None }
            }
        })
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
        self.run_with(script, variables.clone())
    }

    /// Runs an expression on variables that nobody needs afterwards.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub fn run_with(&self, script: &Script, variables: Variables) -> Result<Json, Failure> {
        limits::start(false);
        guard::guard(|| {
            let mut scope = variables.into_scope();
            let result = self.plain.eval_ast_with_scope::<Dynamic>(&mut scope, &script.0);
            convert::to_json(&result.map_err(|error| failure::script_error(&error))?)
        })
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
    pub fn with<'j>(
        mut self,
        name: &'static str,
        map: impl IntoIterator<Item = (&'j String, &'j Json)>,
    ) -> Result<Variables, Failure> {
        self.entries.push((name, convert::from_object(map)?));
        Ok(self)
    }

    fn into_scope(self) -> Scope<'static> {
        let mut scope = Scope::new();
        for (name, value) in self.entries {
            scope.push_dynamic(name, value);
        }
        scope
    }
}

/// Runs something that evaluates expressions on a stack that their depth cannot exhaust.
pub fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| joined(on_a_thread(scope, work)))
}

/// Works on such a stack while this thread does something else, if `is_beside`, and then on as many
/// more as there is work for by then. What came of each.
pub fn beside<T: Send>(
    is_beside: bool,
    work: impl Fn() -> T + Sync,
    here: impl FnOnce(),
    more: impl FnOnce() -> usize,
) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let first = is_beside.then(|| on_a_thread(scope, work));
        here();
        let others: Vec<_> = (0..more()).map(|_| on_a_thread(scope, work)).collect();
        first.into_iter().chain(others).map(joined).collect()
    })
}

fn on_a_thread<'s, T: Send + 's>(
    scope: &'s thread::Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> ScopedJoinHandle<'s, T> {
    let work = || {
        limits::start_run();
        work()
    };
    let thread = thread::Builder::new().stack_size(limits::STACK).spawn_scoped(scope, work);
    thread.unwrap_or_else(|error| panic!("cannot start a thread: {error}"))
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Begins to count anew what expressions take: for the next of many hosts that one thread judges.
pub fn start_host() {
    limits::start_run();
}

/// Works on each of many things on such stacks, as many at a time as there are processors.
pub fn on_large_stacks<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    // A thread is worth its while for some files, not for one.
    let share = items.len().div_ceil(threads).max(8);
    let work = &work;
    thread::scope(|scope| {
        let shares = items.chunks(share);
        let threads: Vec<_> = shares
            .map(|share| on_a_thread(scope, || share.iter().map(work).collect::<Vec<T>>()))
            .collect();
        threads.into_iter().flat_map(joined).collect()
    })
}

/// An engine as the server builds it, within limits.
fn plain() -> rhai::Engine {
    let mut engine = rhai::Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine.set_fail_on_invalid_map_property(true);
    functions::set(&mut engine);
    limits::set(&mut engine);
    engine
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What comes of an expression, and the processor time it takes, in microseconds.
    fn kind(script: &str) -> (String, u64) {
        let script = script.to_owned();
        on_a_large_stack(move || {
            let facts = json!({"n": (0..300).collect::<Vec<_>>()});
            let variables =
                Variables::new().with("facts", facts.as_object().expect("it is one")).unwrap();
            let begun = limits::processor_time();
            let kind = match Engine::shared().eval(&script, &variables) {
                Ok(value) => value.to_string().chars().take(40).collect(),
                // A slow machine runs out of time before it runs out of steps.
                Err(Failure::Script(error)) => match error.kind {
                    "too_many_operations" | "terminated" => "stopped".to_owned(),
                    kind => kind.to_owned(),
                },
                Err(Failure::Unstorable(_)) => "unstorable".to_owned(),
                Err(Failure::Crash(_)) => "crash".to_owned(),
            };
            (kind, limits::processor_time() - begun)
        })
    }

    #[test]
    fn what_never_ends_or_grows_without_bound_is_an_error_in_time() {
        let long_sum = "1+".repeat(100_000) + "1";
        let deep = "[".repeat(10_000);
        let chain = format!("facts{}", ".a".repeat(60_000));
        let blocks = "{".repeat(5_000);
        let templates = "`${".repeat(5_000);
        let branches = "if true {} else ".repeat(5_000) + "{}";
        let fields = "#{a:".repeat(5_000);
        let nots = "!".repeat(50_000) + "true";
        for (script, expected) in [
            ("loop {}", "stopped"),
            ("let i = 0; while true { i += 1; }", "stopped"),
            ("fn f(n) { f(n + 1) } f(0)", "stack_overflow"),
            (
                "let m = facts.n; let o = facts.n; facts.n.all(|a| m.all(|b| o.all(|c| true)))",
                "stopped",
            ),
            ("facts.n.all(|a| facts.n.all(|b| facts.n.all(|c| true)))", "crash"),
            ("let s = \"x\"; loop { s += s; }", "data_too_large"),
            ("let a = [1]; loop { a += a; }", "data_too_large"),
            ("let s = \"\"; s.pad(1000000000000, 'x'); s", "data_too_large"),
            ("let a = []; a.pad(1000000000000, 1); a", "data_too_large"),
            ("blob(1000000000000)", "data_too_large"),
            ("let a = []; loop { a = [a]; }", "stopped"),
            ("let m = #{}; loop { m = #{x: m}; }", "stopped"),
            ("sleep(3600); sleep(1e9); true", "true"),
            ("import \"/etc/passwd\" as x; 1", "module_not_found"),
            ("eval(\"loop {}\")", "stopped"),
            ("let s = \"eval(s)\"; eval(s)", "stack_overflow"),
            ("let s = \"x\"; s.pad(2, \"\"); s", "stopped"),
            ("let s = \"x\"; s.pad(1, \"\"); s.pad(-1, \"\"); s", "\"x\""),
            ("let s = \"é\"; s.pad(6, \"ab\"); s", "\"éababa\""),
            ("let s = \"x\"; s.pad(4194304, \"é\"); s", "data_too_large"),
            ("let s = 0; for i in 0..1000000000000 { s = i; }", "stopped"),
            ("let r = 0; try { loop {} } catch { r = 1 } r", "stopped"),
            ("print(\"hidden\"); debug(1); 1", "1"),
            (&long_sum, "parsing"),
            (&deep, "parsing"),
            (&chain, "parsing"),
            (&blocks, "parsing"),
            (&nots, "parsing"),
            (&templates, "parsing"),
            (&branches, "parsing"),
            (&fields, "parsing"),
        ] {
            let (kind, took) = kind(script);
            let script: String = script.chars().take(60).collect();
            eprintln!("{took} us {kind} {script}");
            assert_eq!(kind, expected, "{script}");
            assert!(took < 5_000_000, "{script} took {took} us of processor time");
        }
    }
}
