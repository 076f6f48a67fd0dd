//! How much an expression may take: steps, time, depth, memory.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rhai::module_resolvers::DummyModuleResolver;
use rhai::{Dynamic, Engine, FLOAT, INT};

use super::ScriptError;

/// How many steps an expression may take.
pub const STEPS: u64 = 2_000_000;
/// How long an expression may run, should its steps be slow ones.
pub const TIME: Duration = Duration::from_millis(700);
/// How long an expression may be.
pub const SCRIPT: usize = 256 * 1024;
/// The stack that evaluation needs at its deepest; only what is used of it costs memory.
pub const STACK: usize = 64 << 20;

/// Depths are the server's, which are those of a release build.
const CALLS: usize = 64;
const EXPRESSION_DEPTH: usize = 64;
const FUNCTION_EXPRESSION_DEPTH: usize = 32;
const STRINGS: usize = 4 << 20;
const ITEMS: usize = 200_000;
const ENTRIES: usize = 50_000;
const VARIABLES: usize = 1_000;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What ends an expression that takes too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    Steps,
    Time,
}

/// Puts the limits around an engine.
pub fn set(engine: &mut Engine) {
    engine
        .set_max_call_levels(CALLS)
        .set_max_expr_depths(EXPRESSION_DEPTH, FUNCTION_EXPRESSION_DEPTH)
        .set_max_string_size(STRINGS)
        .set_max_array_size(ITEMS)
        .set_max_map_size(ENTRIES)
        .set_max_variables(VARIABLES)
        .set_module_resolver(DummyModuleResolver::new())
        .on_print(|_| {})
        .on_debug(|_, _, _| {})
        .on_progress(|_| step().map(Dynamic::from));
    // Waiting changes no result.
    engine.register_fn("sleep", |_: INT| {});
    engine.register_fn("sleep", |_: FLOAT| {});
}

/// Begins to count for an expression.
pub fn start() {
    TAKEN.set(0);
    DEADLINE.set(Instant::now().checked_add(TIME));
}

/// Refuses a text that is too long to be an expression.
///
/// # Errors
/// It is.
pub fn script(text: &str) -> Result<(), ScriptError> {
    if text.len() <= SCRIPT {
        return Ok(());
    }
    Err(ScriptError {
        kind: "parsing",
        message: format!("the expression is longer than {} KiB", SCRIPT / 1024),
        position: None,
    })
}

/// Counts a step. The engine's own count starts anew in every closure, so it bounds nothing.
fn step() -> Option<Exhausted> {
    let taken = TAKEN.get() + 1;
    TAKEN.set(taken);
    if taken > STEPS {
        return Some(Exhausted::Steps);
    }
    let late = taken.is_multiple_of(256) && DEADLINE.get().is_some_and(|end| Instant::now() > end);
    late.then_some(Exhausted::Time)
}
