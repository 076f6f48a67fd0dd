//! Functions of Rhai whose own form never ends or grows without bound for some arguments, with the
//! same results for all others.

use rhai::{Dynamic, Engine, EvalAltResult, INT, ImmutableString, NativeCallContext, Position};

use super::limits::Exhausted;

/// Puts them before those of the packages.
pub fn set(engine: &mut Engine) {
    engine.register_fn("pad", pad);
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
