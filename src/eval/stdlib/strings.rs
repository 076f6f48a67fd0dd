//! `string.*`, `sys.env` and `convert.nonsensitive`.

use crate::eval::operators::mismatch;
use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::stdlib::goquote::runes;
use crate::eval::stdlib::sprintf::sprintf;
use crate::eval::{Text, Value, ValueKind};

/// A longer text is not made.
const LARGEST_TEXT: usize = 32 << 20;

/// `sys.env(name)`
pub fn env(call: &Call<'_>) -> Result<Value, Failure> {
    let name = call.text(0)?;
    Ok(name.as_str().map_or_else(|| Value::string(""), |name| call.scope.environment().value(name)))
}

/// `convert.nonsensitive(secret)`
pub fn nonsensitive(call: &Call<'_>) -> Result<Value, Failure> {
    match &call.args[0] {
        Value::Null => Ok(Value::string("")),
        Value::Secret(text) => Ok(Value::String(text.expose().clone())),
        Value::OptionalSecret(text) => Ok(Value::String(text.expose().clone())),
        Value::String(text) => Ok(Value::String(text.clone())),
        other => Err(Failure {
            argument: Some(0),
            ..Failure::new(mismatch(ValueKind::Capsule, other.kind()))
        }),
    }
}

/// `string.format(format, args...)`
pub fn format(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(match sprintf(call.text(0)?.as_bytes(), &call.args[1..]) {
        Ok(text) => Value::string(text),
        Err(unknown) => Value::Unknown(unknown),
    })
}

/// `string.join(list, separator)`
pub fn join(call: &Call<'_>) -> Result<Value, Failure> {
    let (list, separator) = (call.texts(0)?, call.text(1)?);
    let length = list.iter().map(Text::len).sum::<usize>();
    let separators = separator.len().saturating_mul(list.len());
    let parts: Vec<&[u8]> = list.iter().map(Text::as_bytes).collect();
    Ok(if_small(length.saturating_add(separators), || parts.join(separator.as_bytes())))
}

/// `string.replace(text, old, new)`
pub fn replace(call: &Call<'_>) -> Result<Value, Failure> {
    let (text, old, new) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let parts = if old.is_empty() {
        // An empty text stands before every character and at the end.
        let mut parts = exploded(text.as_bytes());
        parts.insert(0, b"");
        parts.push(b"");
        parts
    } else {
        parted(text.as_bytes(), old.as_bytes())
    };
    let length = text.len().saturating_add(new.len().saturating_mul(parts.len()));
    Ok(if_small(length, || parts.join(new.as_bytes())))
}

/// `string.split(text, separator)`
pub fn split(call: &Call<'_>) -> Result<Value, Failure> {
    let (text, separator) = (call.text(0)?, call.text(1)?);
    let parts = if separator.is_empty() {
        exploded(text.as_bytes())
    } else {
        parted(text.as_bytes(), separator.as_bytes())
    };
    Ok(Value::array(parts.into_iter().map(Value::string).collect::<Vec<_>>()))
}

/// `string.to_lower(text)`
pub fn to_lower(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(mapped(&call.text(0)?, lower))
}

/// `string.to_upper(text)`
pub fn to_upper(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(mapped(&call.text(0)?, upper))
}

/// `string.trim(text, characters)`
pub fn trim(call: &Call<'_>) -> Result<Value, Failure> {
    let (text, cutset) = (call.text(0)?, call.text(1)?);
    let cutset: Vec<char> = runes(cutset.as_bytes()).map(|(c, _)| c).collect();
    Ok(trimmed(text.as_bytes(), |c| cutset.contains(&c)))
}

/// `string.trim_space(text)`
pub fn trim_space(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(trimmed(call.text(0)?.as_bytes(), char::is_whitespace))
}

/// `string.trim_prefix(text, prefix)`
pub fn trim_prefix(call: &Call<'_>) -> Result<Value, Failure> {
    let (text, prefix) = (call.text(0)?, call.text(1)?);
    let rest = text.as_bytes().strip_prefix(prefix.as_bytes()).unwrap_or(text.as_bytes());
    Ok(Value::string(rest))
}

/// `string.trim_suffix(text, suffix)`
pub fn trim_suffix(call: &Call<'_>) -> Result<Value, Failure> {
    let (text, suffix) = (call.text(0)?, call.text(1)?);
    let rest = text.as_bytes().strip_suffix(suffix.as_bytes()).unwrap_or(text.as_bytes());
    Ok(Value::string(rest))
}

fn if_small(length: usize, text: impl FnOnce() -> Vec<u8>) -> Value {
    if length > LARGEST_TEXT {
        Value::unknown("the text is too large")
    } else {
        Value::string(text())
    }
}

/// The characters one by one; bytes that are not UTF-8 stay as they are.
fn exploded(text: &[u8]) -> Vec<&[u8]> {
    let mut rest = text;
    runes(text)
        .map(|(_, length)| {
            let (first, after) = rest.split_at(length);
            rest = after;
            first
        })
        .collect()
}

/// The parts between separators, which are not empty.
fn parted<'t>(text: &'t [u8], separator: &[u8]) -> Vec<&'t [u8]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at + separator.len() <= text.len() {
        let found = text[at..].iter().position(|byte| *byte == separator[0]);
        let Some(found) = found.map(|offset| at + offset) else { break };
        if text[found..].starts_with(separator) {
            parts.push(&text[start..found]);
            start = found + separator.len();
            at = start;
        } else {
            at = found + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

fn trimmed(text: &[u8], is_cut: impl Fn(char) -> bool) -> Value {
    let mut lengths: Vec<(char, usize)> = runes(text).collect();
    let (mut start, mut end) = (0, text.len());
    while let Some((_, length)) = lengths.pop_if(|(c, _)| is_cut(*c)) {
        end -= length;
    }
    for (_, length) in lengths.iter().take_while(|(c, _)| is_cut(*c)) {
        start += length;
    }
    Value::string(&text[start..end])
}

fn mapped(text: &Text, map: fn(char) -> char) -> Value {
    Value::string(runes(text.as_bytes()).map(|(c, _)| map(c)).collect::<String>())
}

/// Go maps one character to one character: where Unicode's full mapping has several, the simple
/// one counts.
fn lower(c: char) -> char {
    match c {
        'İ' => 'i',
        _ if is_newer_than_go(c) => c,
        _ => single(c.to_lowercase()).unwrap_or(c),
    }
}

fn upper(c: char) -> char {
    let shifted = |by| char::from_u32(u32::from(c) + by).unwrap_or(c);
    match c {
        'ᾀ'..='ᾇ' | 'ᾐ'..='ᾗ' | 'ᾠ'..='ᾧ' => shifted(8),
        'ᾳ' | 'ῃ' | 'ῳ' => shifted(9),
        _ if is_newer_than_go(c) => c,
        _ => single(c.to_uppercase()).unwrap_or(c),
    }
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

/// Letters that got a partner of the other case after Unicode 15, which Alloy's Go has.
fn is_newer_than_go(c: char) -> bool {
    matches!(
        c,
        'ƛ' | 'ɤ'
            | '\u{1c89}'..='\u{1c8a}'
            | '\u{a7cb}'..='\u{a7cf}'
            | '\u{a7d2}'..='\u{a7d5}'
            | '\u{a7da}'..='\u{a7dc}'
            | '\u{10d50}'..='\u{10d85}'
            | '\u{16ea0}'..='\u{16ed3}'
    )
}
