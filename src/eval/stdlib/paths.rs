//! `file.path_join`: paths of a Unix system, put together and cleaned as Go does it.

use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::{Text, Value};

/// `file.path_join(parts...)`
pub fn join(call: &Call<'_>) -> Result<Value, Failure> {
    let parts: Vec<Text> =
        (0..call.args.len()).map(|at| call.text(at)).collect::<Result<_, _>>()?;
    let parts: Vec<&[u8]> =
        parts.iter().map(Text::as_bytes).skip_while(|part| part.is_empty()).collect();
    if parts.is_empty() {
        return Ok(Value::string(""));
    }
    Ok(Value::string(clean(&parts.join(&b'/'))))
}

/// Removes `.`, `..` and doubled slashes as far as that goes without looking at the disk.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            b".." if rooted => {}
            _ => kept.push(part),
        }
    }
    let cleaned = kept.join(&b'/');
    match (rooted, cleaned.is_empty()) {
        (true, _) => [b"/", cleaned.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => cleaned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, expected) in [
            ("a/../b", "b"),
            ("a//b/./c/", "a/b/c"),
            ("../../a", "../../a"),
            ("/..//a/..", "/"),
            ("a/..", "."),
        ] {
            assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }
}
