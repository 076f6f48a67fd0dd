//! Functions of Rhai whose own form never ends or grows without bound for some arguments, or does
//! much for nothing, with the same results for all others.

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, ImmutableString, NativeCallContext, Position,
};

use super::limits::Exhausted;

/// Puts them before those of the packages.
pub fn set(engine: &mut Engine) {
    engine
        .register_fn("pad", pad)
        .register_fn("all", all)
        .register_fn("some", some)
        .register_fn("find", find)
        .register_fn("filter", filter)
        .register_fn("map", map);
}

/// Makes a text as long as that by repeating another behind it. Rhai's own form repeats an empty
/// text for ever.
fn pad(
    context: NativeCallContext<'_>,
    text: &mut ImmutableString,
    len: INT,
    padding: &str,
) -> Result<(), Box<EvalAltResult>> {
    let Ok(len) = usize::try_from(len) else { return Ok(()) };
    let most = context.engine().max_string_size();
    let too_large = || EvalAltResult::ErrorDataTooLarge("Length of string".into(), Position::NONE);
    if len > most {
        return Err(too_large().into());
    }
    let length = text.chars().count();
    if len <= length {
        return Ok(());
    }
    if padding.is_empty() {
        let endless = Dynamic::from(Exhausted::Endless);
        return Err(EvalAltResult::ErrorTerminated(endless, Position::NONE).into());
    }
    let mut padded = text.to_string();
    padded.extend(padding.chars().cycle().take(len - length));
    *text = padded.into();
    if text.len() > most {
        return Err(too_large().into());
    }
    Ok(())
}

type Answer<T> = Result<T, Box<EvalAltResult>>;

fn all(context: NativeCallContext<'_>, array: &mut Array, test: FnPtr) -> Answer<bool> {
    let closure = Closure::of("all", &context, &test);
    for (index, item) in array.iter_mut().enumerate() {
        if !closure.says_yes(index, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn some(context: NativeCallContext<'_>, array: &mut Array, test: FnPtr) -> Answer<bool> {
    let closure = Closure::of("some", &context, &test);
    for (index, item) in array.iter_mut().enumerate() {
        if closure.says_yes(index, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn find(context: NativeCallContext<'_>, array: &mut Array, test: FnPtr) -> Answer<Dynamic> {
    // Errors name what Rhai's own form is made of.
    let closure = Closure::of("index_of", &context, &test);
    for (index, item) in array.iter_mut().enumerate() {
        if closure.says_yes(index, item)? {
            return Ok(item.clone());
        }
    }
    Ok(Dynamic::UNIT)
}

fn filter(context: NativeCallContext<'_>, array: &mut Array, test: FnPtr) -> Answer<Array> {
    let closure = Closure::of("filter", &context, &test);
    let mut chosen = Array::new();
    for (index, item) in array.iter_mut().enumerate() {
        if closure.says_yes(index, item)? {
            chosen.push(item.clone());
        }
    }
    Ok(chosen)
}

fn map(context: NativeCallContext<'_>, array: &mut Array, make: FnPtr) -> Answer<Array> {
    let closure = Closure::of("map", &context, &make);
    array.iter_mut().enumerate().map(|(index, item)| closure.call(index, item)).collect()
}

/// A closure that an array function calls for each element. Rhai calls it without the element first,
/// which fails for one that takes it, makes an error of that, and then calls it with the element.
pub(super) struct Closure<'c> {
    function: &'static str,
    context: &'c NativeCallContext<'c>,
    closure: &'c FnPtr,
    /// Whether it is known to take the element and nothing else, so that only that need be tried.
    takes_element: bool,
}

impl<'c> Closure<'c> {
    /// The closure that such a function is given.
    pub(super) fn of(
        function: &'static str,
        context: &'c NativeCallContext<'c>,
        closure: &'c FnPtr,
    ) -> Closure<'c> {
        // The name of an anonymous function is made of what it does: it has one form. Of a variable
        // that it captures, and that is in use, Rhai dies when it makes the error.
        let mut known = context.global_runtime_state().lib.iter();
        let takes_element = closure.is_anonymous()
            && closure.curry().is_empty()
            && known.any(|functions| functions.get_script_fn(closure.fn_name(), 1).is_some());
        Closure { function, context, closure, takes_element }
    }

    fn call(&self, index: usize, item: &mut Dynamic) -> Answer<Dynamic> {
        let Closure { function, context, closure, .. } = self;
        if !self.takes_element || item.is_shared() {
            let index = [Dynamic::from_int(index as INT)];
            return closure.call_raw_with_extra_args(
                function,
                context,
                Some(item),
                [],
                index,
                Some(0),
            );
        }
        closure.call_raw(context, None, [item.clone()]).map_err(|error| {
            let source = context.source().unwrap_or_default().to_owned();
            let function = (*function).to_owned();
            EvalAltResult::ErrorInFunctionCall(function, source, error, Position::NONE).into()
        })
    }

    /// Whether it is true of the element of that number; anything but a truth value is a no.
    pub(super) fn says_yes(&self, index: usize, item: &mut Dynamic) -> Answer<bool> {
        Ok(self.call(index, item)?.as_bool().unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhai::packages::{Package, StandardPackage};

    /// What an engine makes of an expression: the value, or the error in full.
    fn outcome(engine: &Engine, expression: &str) -> String {
        format!("{:?}", engine.eval::<Dynamic>(expression).map(|value| value.to_string()))
    }

    #[test]
    fn array_functions_answer_as_those_of_rhai() {
        let mut rhai = Engine::new_raw();
        rhai.register_global_module(StandardPackage::new().as_shared_module());
        let mut ours = Engine::new_raw();
        ours.register_global_module(StandardPackage::new().as_shared_module());
        set(&mut ours);
        for function in ["all", "some", "find", "filter", "map"] {
            for closure in [
                "|x| x > 1",
                "|x, i| x > i",
                "|| this > 1",
                "|x| x > limit",
                "|x, i| x + i > limit",
                "|x| { x += 1; x > 1 }",
                "|| { this += 1; this > 2 }",
                "|x| x.missing > 1",
                "|x| unknown(x)",
                "|x| nothing",
                "|x| list.some(|y| y == x)",
                "|x| list.all(|y| y.absent)",
                "|x| list.len() > 1",
                "|x, i, z| true",
                "|x| 5",
                "|x| throw x",
                "|x| ()",
                "Fn(\"named\")",
                "Fn(\"missing\")",
                "\"named\"",
                "|x| named(x)",
            ] {
                for list in ["[]", "[1, 2, 3]", "[3, \"a\", ()]", "[[1], #{a: 2}]"] {
                    let expression = format!(
                        "fn named(x) {{ x > 2 }} let limit = 1; let list = {list}; \
                         let other = {list}; [other.{function}({closure}), other]"
                    );
                    assert_eq!(
                        outcome(&ours, &expression),
                        outcome(&rhai, &expression),
                        "{expression}"
                    );
                }
            }
        }
    }
}
