//! `encoding.url_encode` and `encoding.url_decode`: query parts of URLs, as Go escapes them.

use std::fmt::Write;

use crate::eval::Value;
use crate::eval::stdlib::call::{Call, Failure};

/// `encoding.url_encode(text)`
pub fn encode(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text(0)?;
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    Ok(Value::string(encoded))
}

/// `encoding.url_decode(text)`
pub fn decode(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text(0)?;
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digits =
                    rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
                match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
                    Some(byte) => decoded.push(byte),
                    None => return Err(Failure::new("invalid URL escape")),
                }
                rest = &rest[2..];
            }
            _ => decoded.push(*first),
        }
    }
    Ok(Value::string(decoded))
}
