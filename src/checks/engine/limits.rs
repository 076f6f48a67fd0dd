//! How much expressions may take: steps, processor time, depth, memory. Each expression has its
//! share, each check file has one, and so has what runs on one thread; none of them depends on how
//! busy the machine is.

use std::cell::Cell;

use rhai::module_resolvers::DummyModuleResolver;
use rhai::{Dynamic, Engine, FLOAT, INT};
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::ScriptError;

/// How much may be taken, and the name of what takes it.
struct Share {
    whose: &'static str,
    steps: u64,
    milliseconds: u64,
}

/// The shares of an expression, of a check on one host, and of a run.
const SHARES: [Share; 3] = [
    Share { whose: "the expression", steps: 2_000_000, milliseconds: 500 },
    Share { whose: "the check", steps: 3_000_000, milliseconds: 700 },
    Share { whose: "the run", steps: 60_000_000, milliseconds: 20_000 },
];
/// The share of finding out what made an expectation fail, for one check.
const WATCHING: Share = Share { whose: "the search", steps: 2_000_000, milliseconds: 400 };

/// How long an expression may be.
pub const SCRIPT: usize = 256 * 1024;
/// The stack that evaluation needs at its deepest; only what is used of it costs memory.
pub const STACK: usize = 64 << 20;
/// How much of the stack an expression may use. Only `eval` inside `eval` gets so far.
const STACK_SHARE: usize = 24 << 20;
/// The same where nobody made the stack large.
const SMALL_STACK_SHARE: usize = 512 << 10;

/// Depths are the server's, which are those of a release build.
const CALLS: usize = 64;
const EXPRESSION_DEPTH: usize = 64;
const FUNCTION_EXPRESSION_DEPTH: usize = 32;
const STRINGS: usize = 4 << 20;
const ITEMS: usize = 200_000;
const ENTRIES: usize = 50_000;
const VARIABLES: usize = 1_000;

/// What was taken so far.
#[derive(Clone, Copy, Default)]
struct Taken {
    /// Of each share, the expression's first.
    steps: [u64; 3],
    /// The processor time of this thread when each share began, in microseconds.
    began: [u64; 3],
    /// Whether it is the search for what made an expectation fail that goes on.
    is_watching: bool,
    watched: u64,
    watched_time: u64,
}

thread_local! {
    static TAKEN: Cell<Taken> = const {
        Cell::new(Taken {
            steps: [0; 3],
            began: [0; 3],
            is_watching: false,
            watched: 0,
            watched_time: 0,
        })
    };
    /// Where the stack stood when the expression began.
    static BASE: Cell<usize> = const { Cell::new(0) };
    static IS_LARGE: Cell<bool> = const { Cell::new(false) };
}

/// What ends an expression that takes too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// More steps than what is named may take.
    Steps(&'static str, u64),
    /// More processor time, in milliseconds.
    Time(&'static str, u64),
    /// It goes deeper than a stack is.
    Stack,
    /// A function that would never come back.
    Endless,
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

/// Begins to count for what runs on this thread, whose stack is large.
pub fn start_run() {
    IS_LARGE.set(true);
    let now = processor_time();
    TAKEN.set(Taken { began: [now; 3], ..Taken::default() });
}

/// Begins to count for a check on a host.
pub fn start_check() {
    let mut taken = TAKEN.get();
    taken.steps[1] = 0;
    taken.began[1] = processor_time();
    taken.watched = 0;
    taken.watched_time = 0;
    TAKEN.set(taken);
}

/// Begins to count for an expression; `is_watching` says that it is run again to be watched.
pub fn start(is_watching: bool) {
    let mark = 0_u8;
    BASE.set(std::ptr::from_ref(&mark).addr());
    let mut taken = TAKEN.get();
    taken.steps[0] = 0;
    taken.began[0] = processor_time();
    if taken.began[2] == 0 {
        taken.began = [taken.began[0]; 3];
    }
    taken.is_watching = is_watching;
    TAKEN.set(taken);
}

/// Ends what [`start`] began, so that what is not watched pays for nothing that was.
pub fn end() {
    let mut taken = TAKEN.get();
    if taken.is_watching {
        let took = processor_time().saturating_sub(taken.began[0]);
        taken.watched_time += took;
        taken.began[1] += took;
        taken.began[2] += took;
        taken.is_watching = false;
        TAKEN.set(taken);
    }
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
    let mark = 0_u8;
    let depth = BASE.get().abs_diff(std::ptr::from_ref(&mark).addr());
    if depth > if IS_LARGE.get() { STACK_SHARE } else { SMALL_STACK_SHARE } {
        return Some(Exhausted::Stack);
    }
    let mut taken = TAKEN.get();
    let found = if taken.is_watching { taken.watch() } else { taken.count() };
    TAKEN.set(taken);
    found
}

impl Taken {
    fn count(&mut self) -> Option<Exhausted> {
        for (share, steps) in SHARES.iter().zip(&mut self.steps) {
            *steps += 1;
            if *steps > share.steps {
                return Some(Exhausted::Steps(share.whose, share.steps));
            }
        }
        // To ask for the time is dear.
        if !self.steps[0].is_multiple_of(256) {
            return None;
        }
        let now = processor_time();
        let late = SHARES
            .iter()
            .zip(self.began)
            .find(|(share, began)| now.saturating_sub(*began) > share.milliseconds * 1_000);
        late.map(|(share, _)| Exhausted::Time(share.whose, share.milliseconds))
    }

    fn watch(&mut self) -> Option<Exhausted> {
        self.watched += 1;
        if self.watched > WATCHING.steps {
            return Some(Exhausted::Steps(WATCHING.whose, WATCHING.steps));
        }
        if !self.watched.is_multiple_of(256) {
            return None;
        }
        let took = processor_time().saturating_sub(self.began[0]) + self.watched_time;
        (took > WATCHING.milliseconds * 1_000)
            .then_some(Exhausted::Time(WATCHING.whose, WATCHING.milliseconds))
    }
}

/// The processor time of this thread, in microseconds.
pub fn processor_time() -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(tv_sec), u64::try_from(tv_nsec));
    seconds.unwrap_or(0) * 1_000_000 + nanoseconds.unwrap_or(0) / 1_000
}
