//! Scalars: what their text is read as, by the type of the field they stand in.

use std::sync::Arc;

use super::{Decoder, Fail, Value, go_name};
use crate::go::{regexp, url};
use crate::prometheus::{check, duration, size};
use crate::yaml::go::Scalar;
use crate::yaml::{Node, go2};

impl Decoder<'_> {
    pub(super) fn scalar(
        &mut self,
        node: &Node,
        kind: &'static str,
    ) -> Result<Option<Value>, Fail> {
        match kind {
            "bool" | "uint" | "uint64" | "int" | "int64" | "float" => {
                return self.number(node, kind);
            }
            _ => {}
        }
        let Some(text) = self.text(node, kind)? else { return Ok(None) };
        let fail = |message: String| Fail::new(message, node.span);
        Ok(Some(match kind {
            "duration" => Value::Duration(duration::parse(&text, self.version).map_err(fail)?),
            "size" => Value::Int(size::parse(&text).map_err(fail)?),
            "url" | "proxy" => match url::fault(&text) {
                Some(fault) => return Err(fail(fault)),
                None => Value::Text(text),
            },
            "regex" => match self.regex_fault(&text) {
                Some(fault) => return Err(fail(format!("error parsing regexp: {fault}"))),
                None => Value::Text(text),
            },
            "action" => Value::Text(check::action(&text).map_err(fail)?.into()),
            "tls_version" | "scheme" | "client_type" | "api_version" => {
                check::word(kind, &text, self.version).map_err(fail)?;
                Value::Text(text)
            }
            _ => Value::Text(text),
        }))
    }

    /// What a scalar is as a text; none if the node is no scalar, which is noted.
    pub(super) fn text(
        &mut self,
        node: &Node,
        kind: &'static str,
    ) -> Result<Option<Arc<str>>, Fail> {
        let fail = |message: String| Fail::new(message, node.span);
        let text = match go2::scalar(node).map_err(fail)? {
            None => {
                self.wrong_type(node, go_name(kind), kind == "secret")?;
                return Ok(None);
            }
            Some(Scalar::Null) => Arc::from(""),
            Some(Scalar::Binary(bytes)) => match String::from_utf8(bytes.to_vec()) {
                Ok(text) => Arc::from(text),
                Err(error) => Arc::from(latin(error.as_bytes())),
            },
            Some(_) => Arc::from(node.scalar().map_or("", |(text, _)| text)),
        };
        if kind == "label_name" && !check::is_label_name(&text, self.version) {
            return Err(fail(check::bad_label_name(&text)));
        }
        Ok(Some(text))
    }

    fn number(&mut self, node: &Node, kind: &'static str) -> Result<Option<Value>, Fail> {
        let scalar = go2::scalar(node).map_err(|message| Fail::new(message, node.span))?;
        let value = match (kind, scalar) {
            (_, Some(Scalar::Null)) => Some(Value::Zero),
            ("bool", Some(Scalar::Bool(value))) => Some(Value::Bool(value)),
            ("uint" | "uint64", Some(Scalar::Int(number))) => {
                u64::try_from(number).ok().map(Value::Uint)
            }
            ("uint" | "uint64", Some(Scalar::Uint(number))) => Some(Value::Uint(number)),
            ("uint" | "uint64", Some(Scalar::Float(number))) if number <= u64::MAX as f64 => {
                Some(Value::Uint(number as u64))
            }
            ("int" | "int64", Some(Scalar::Int(number))) => Some(Value::Int(number)),
            ("int" | "int64", Some(Scalar::Float(number))) if number <= i64::MAX as f64 => {
                Some(Value::Int(number as i64))
            }
            ("float", Some(Scalar::Int(number))) => Some(Value::Float(number as f64)),
            ("float", Some(Scalar::Uint(number))) => Some(Value::Float(number as f64)),
            ("float", Some(Scalar::Float(number))) => Some(Value::Float(number)),
            _ => None,
        };
        if value.is_none() {
            self.wrong_type(node, go_name(kind), false)?;
        }
        Ok(value)
    }

    fn regex_fault(&self, text: &str) -> Option<String> {
        let flags = if self.version.is_at_least(3, 0) { "?s:" } else { "?:" };
        // Go knows `(?<name>` since 1.22, with which 2.51 is built.
        if !self.version.is_at_least(2, 51) && is_named_group(text) {
            return Some("invalid or unsupported Perl syntax: `(?<`".to_owned());
        }
        regexp::fault(&format!("^({flags}{text})$"))
    }
}

fn is_named_group(text: &str) -> bool {
    text.match_indices("(?<").any(|(at, _)| {
        let escapes = text[..at].bytes().rev().take_while(|&byte| byte == b'\\').count();
        escapes % 2 == 0
    })
}

/// Bytes that are no text, each of them as a character that is none of a label's.
fn latin(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            0..0x80 => char::from(byte),
            byte => char::from_u32(0xF700 + u32::from(byte)).unwrap_or('\u{fffd}'),
        })
        .collect()
}
