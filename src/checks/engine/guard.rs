//! A wall around Rhai: should it panic on a script, that is a failure of the script.
//!
//! It does where a closure uses a variable that is being read around it; the server's binding
//! dies of the same.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::Failure;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs something that may panic inside Rhai.
///
/// # Errors
/// It panicked.
pub fn guard<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                before(panic);
            }
        }));
    });
    GUARDED.set(true);
    // The engine holds no state that a panic could leave half done.
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    done.unwrap_or_else(|_| {
        Err(Failure::Crash(
            "Rhai itself fails on it; does a closure use a variable of the expression around it?"
                .to_owned(),
        ))
    })
}
