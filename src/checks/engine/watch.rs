//! Watching an expression: which elements the array functions said yes and no to.
//!
//! Used only after an expectation was not met, on an engine of its own, so that nothing here can
//! change a verdict. A watched call can be made to answer the opposite: if the expectation would
//! then be met, the call decided it.

use std::cell::RefCell;
use std::sync::OnceLock;

use rhai::{Array, Dynamic, Engine as Rhai, EvalAltResult, FnPtr, INT, NativeCallContext};
use serde_json::Value as Json;

use super::functions::Closure;
use super::{Engine, Failure, Script, Variables, convert, failure, guard, limits, plain};

/// How many calls of one expression are remembered, how many that closures made, and how many
/// elements of one call.
const CALLS: usize = 64;
const INNER_CALLS: usize = 4_000;
const ELEMENTS: usize = 1_000;

/// What an expression did.
#[derive(Clone, Debug)]
pub struct Watched {
    /// What came of it.
    pub result: Result<Json, Failure>,
    /// The calls of array functions that no other such call made, in order.
    pub calls: Vec<Call>,
}

/// One call of an array function.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function: `all`, `some`, `filter`, `find`, `is_empty`, `len` or `==`.
    pub function: &'static str,
    /// Whether it answered yes, found something, or counted more than nothing.
    pub yes: bool,
    /// The elements it looked at.
    pub elements: Vec<Element>,
}

/// An element that an array function looked at.
#[derive(Clone, Debug)]
pub struct Element {
    /// The element.
    pub value: Json,
    /// What the closure said of it; of `==`, whether the other side has it too.
    pub yes: bool,
    /// What the closure called in turn.
    pub inner: Vec<Call>,
}

impl Engine {
    /// Runs an expression and remembers the array functions it calls. With `opposite`, the call of
    /// that number answers the opposite of what it found.
    pub fn watch(
        &self,
        script: &Script,
        variables: &Variables,
        opposite: Option<usize>,
    ) -> Watched {
        static WATCHING: OnceLock<Rhai> = OnceLock::new();
        let engine = WATCHING.get_or_init(watching);
        RECORDER.with_borrow_mut(|recorder| {
            *recorder = Recorder { opposite, ..Recorder::default() };
        });
        limits::start(true);
        let result = guard::guard(|| {
            let mut scope = variables.clone().into_scope();
            let result = engine.eval_ast_with_scope::<Dynamic>(&mut scope, &script.0);
            convert::to_json(&result.map_err(|error| failure::script_error(&error))?)
        });
        limits::end();
        let calls = RECORDER.with_borrow_mut(|recorder| std::mem::take(&mut recorder.calls));
        Watched { result, calls }
    }
}

thread_local! {
    static RECORDER: RefCell<Recorder> = RefCell::default();
}

/// What has been seen so far.
#[derive(Default)]
struct Recorder {
    calls: Vec<Call>,
    /// The elements whose closures are running, the innermost last, with what they called.
    running: Vec<Vec<Call>>,
    inner_calls: usize,
    /// The calls begun that no other call made.
    begun: usize,
    opposite: Option<usize>,
}

type Answer<T> = Result<T, Box<EvalAltResult>>;

fn watching() -> Rhai {
    let mut engine = plain();
    engine
        .register_fn("all", |context: NativeCallContext, array: &mut Array, test: FnPtr| {
            closure_call("all", &context, array, &test).map(|seen| seen.finish_all())
        })
        .register_fn("some", |context: NativeCallContext, array: &mut Array, test: FnPtr| {
            closure_call("some", &context, array, &test).map(|seen| seen.finish_some())
        })
        .register_fn("filter", |context: NativeCallContext, array: &mut Array, test: FnPtr| {
            closure_call("filter", &context, array, &test).map(|seen| seen.finish_filter(array))
        })
        .register_fn("find", |context: NativeCallContext, array: &mut Array, test: FnPtr| {
            closure_call("find", &context, array, &test).map(|seen| seen.finish_find(array))
        })
        .register_fn("is_empty", is_empty)
        .register_get("is_empty", is_empty)
        .register_fn("len", len)
        .register_get("len", len)
        .register_fn("==", equals);
    engine
}

/// A call whose closures have run.
struct Seen {
    function: &'static str,
    answers: Vec<bool>,
    elements: Vec<Element>,
    opposite: bool,
}

/// Asks the closure about every element, also of those behind the one that decides.
fn closure_call(
    function: &'static str,
    context: &NativeCallContext<'_>,
    array: &mut Array,
    test: &FnPtr,
) -> Answer<Seen> {
    let opposite = begin();
    let closure = Closure::of(function, context, test);
    let mut seen = Seen { function, answers: Vec::new(), elements: Vec::new(), opposite };
    let mut decided = false;
    for (index, item) in array.iter_mut().enumerate() {
        enter();
        let answer = closure.says_yes(index, item);
        let inner = leave();
        let yes = match answer {
            Ok(yes) => yes,
            // The real function would not have come here.
            Err(_) if decided => break,
            Err(error) => return Err(error),
        };
        decided |= match function {
            "all" => !yes,
            "some" | "find" => yes,
            _ => false,
        };
        seen.answers.push(yes);
        if seen.elements.len() < ELEMENTS {
            seen.elements.push(Element { value: json(item), yes, inner });
        }
    }
    Ok(seen)
}

impl Seen {
    fn finish_all(self) -> bool {
        let yes = self.answers.iter().all(|&yes| yes);
        self.finish(yes)
    }

    fn finish_some(self) -> bool {
        let yes = self.answers.iter().any(|&yes| yes);
        self.finish(yes)
    }

    fn finish_filter(self, array: &Array) -> Array {
        let chosen: Array = array
            .iter()
            .zip(&self.answers)
            .filter(|&(_, &yes)| yes)
            .map(|(item, _)| item.clone())
            .collect();
        match self.finish(!chosen.is_empty()) {
            true if chosen.is_empty() => array.clone(),
            true => chosen,
            false => Array::new(),
        }
    }

    fn finish_find(self, array: &Array) -> Dynamic {
        let found = self.answers.iter().position(|&yes| yes);
        match self.finish(found.is_some()) {
            true => array.get(found.unwrap_or(0)).cloned().unwrap_or_default(),
            false => Dynamic::UNIT,
        }
    }

    /// Remembers the call; what it is to answer.
    fn finish(self, yes: bool) -> bool {
        let opposite = self.opposite;
        end(Call { function: self.function, yes, elements: self.elements });
        yes != opposite
    }
}

fn is_empty(array: &mut Array) -> bool {
    let opposite = begin();
    end(Call { function: "is_empty", yes: array.is_empty(), elements: every(array) });
    array.is_empty() != opposite
}

fn len(array: &mut Array) -> INT {
    let opposite = begin();
    end(Call { function: "len", yes: !array.is_empty(), elements: every(array) });
    match (opposite, array.len()) {
        (true, 0) => 1,
        (true, _) => 0,
        (false, length) => length as INT,
    }
}

fn equals(context: NativeCallContext<'_>, left: &mut Array, right: Array) -> bool {
    let opposite = begin();
    enter();
    let same = |a: &Dynamic, b: &Dynamic| {
        context.call_native_fn::<bool>("==", (a.clone(), b.clone())).unwrap_or(false)
    };
    let equal = left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| same(a, b));
    let _ = leave();
    let (left_json, right_json) = (list(left), list(right.as_slice()));
    let one_sided = |items: &[Json], others: &[Json]| -> Vec<Element> {
        let element = |value: &Json| Element {
            value: value.clone(),
            yes: others.contains(value),
            inner: Vec::new(),
        };
        items.iter().map(element).collect()
    };
    let mut elements = one_sided(&left_json, &right_json);
    elements.extend(one_sided(&right_json, &left_json));
    end(Call { function: "==", yes: equal, elements });
    equal != opposite
}

fn every(array: &Array) -> Vec<Element> {
    let element = |value| Element { value, yes: true, inner: Vec::new() };
    list(array).into_iter().map(element).collect()
}

fn list(array: &[Dynamic]) -> Vec<Json> {
    array.iter().take(ELEMENTS).map(json).collect()
}

fn json(value: &Dynamic) -> Json {
    convert::to_json(value).unwrap_or_default()
}

/// Begins a call; whether it is the one to answer the opposite.
fn begin() -> bool {
    RECORDER.with_borrow_mut(|recorder| {
        if !recorder.running.is_empty() {
            return false;
        }
        recorder.begun += 1;
        recorder.opposite == Some(recorder.begun - 1)
    })
}

fn end(call: Call) {
    RECORDER.with_borrow_mut(|recorder| {
        match recorder.running.last_mut() {
            Some(inner) if recorder.inner_calls < INNER_CALLS => {
                recorder.inner_calls += 1;
                inner.push(call);
            }
            // Calls are numbered from the first, so none is left out between two others.
            None if recorder.calls.len() < CALLS => recorder.calls.push(call),
            _ => {}
        }
    });
}

fn enter() {
    RECORDER.with_borrow_mut(|recorder| recorder.running.push(Vec::new()));
}

fn leave() -> Vec<Call> {
    RECORDER.with_borrow_mut(|recorder| recorder.running.pop().unwrap_or_default())
}
