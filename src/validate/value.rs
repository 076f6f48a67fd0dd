//! Values against the type that an argument has, as far as the real command looks: literals,
//! lists and objects of them, and one operator on them. Everything else passes.

use alloy_grammar::ast::{Expr, ExprKind, Exprs, Fields, LiteralKind, UnaryOp};
use alloy_grammar::span::Span;

use super::findings::Findings;
use super::{Levels, codes, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Number, Scope, Value, eval};
use crate::graph::schema::{Codec, FieldKind, Type, TypeWords, Words};
use crate::source::Source;

/// Checks a value against the type in words; without words, any type.
pub(super) fn check(
    source: &Source,
    expr: Expr<'_>,
    words: Option<TypeWords>,
    levels: &Levels,
    out: &mut Findings,
) {
    Checker { source, levels, out }.check(expr, words);
}

/// What is wrong with a value.
struct Fault {
    code: Code,
    message: String,
}

impl Fault {
    fn kind(expected: &str, got: &str) -> Fault {
        Fault { code: codes::WRONG_TYPE, message: format!("expected {expected}, got {got}") }
    }

    fn value(message: impl Into<String>) -> Fault {
        Fault { code: codes::WRONG_VALUE, message: message.into() }
    }
}

struct Checker<'c, 'o> {
    source: &'c Source,
    levels: &'c Levels,
    out: &'o mut Findings,
}

impl Checker<'_, '_> {
    /// Recurses by the type, which is never deep, not by the expression.
    fn check(&mut self, expr: Expr<'_>, words: Option<TypeWords>) {
        match expr.kind() {
            ExprKind::Literal(kind, _) => {
                let is_plain = kind == LiteralKind::String
                    && words.is_none_or(|words| matches!(words.kind(), Words::Any | Words::String));
                if !is_plain {
                    self.computed(expr, words);
                }
            }
            ExprKind::Array(items) => self.array(expr, items, words),
            ExprKind::Object(fields) => self.object(expr, fields, words),
            ExprKind::Unary { op, operand } => self.unary(op, operand, words),
            ExprKind::Binary { left, right, .. } if is_literal(left) && is_literal(right) => {
                self.computed(expr, words);
            }
            _ => {}
        }
    }

    fn error(&mut self, span: Span, fault: Fault) {
        self.out.push(Diagnostic::error(fault.code, self.source, span, fault.message));
    }

    /// Computes a literal or an operator on literals, and checks what comes out.
    fn computed(&mut self, expr: Expr<'_>, words: Option<TypeWords>) {
        let fault = match computed(expr) {
            Ok(value) => words.and_then(|words| self.misfit(&value, words)),
            Err(message) => Some(Fault { code: codes::WRONG_TYPE, message }),
        };
        if let Some(fault) = fault {
            self.error(expr.span(), fault);
        }
    }

    /// Alloy looks at the operand, as if the operator were not there.
    fn unary(&mut self, op: UnaryOp, operand: Expr<'_>, words: Option<TypeWords>) {
        let ExprKind::Literal(kind, _) = operand.kind() else { return };
        let (expected, fits) = match op {
            UnaryOp::Neg => ("number", matches!(kind, LiteralKind::Number | LiteralKind::Float)),
            UnaryOp::Not => ("bool", kind == LiteralKind::Bool),
        };
        if fits {
            return self.computed(operand, words);
        }
        let got = match kind {
            LiteralKind::Null => "null",
            LiteralKind::Bool => "bool",
            LiteralKind::Number | LiteralKind::Float => "number",
            LiteralKind::String => "string",
        };
        self.error(operand.span(), Fault::kind(expected, got));
    }

    fn array(&mut self, expr: Expr<'_>, items: Exprs<'_>, words: Option<TypeWords>) {
        let Some(words) = words else { return };
        let element = match words.kind() {
            Words::Any | Words::Other(_) => return,
            Words::List(element) => element,
            Words::Bytes => {
                return items.iter().for_each(|item| self.number(item));
            }
            Words::Capsule(name) => match self.codec(name) {
                Some(codec) if codec.is_interface() => return,
                Some(codec) if !codec.element().is_empty() => {
                    return items.iter().for_each(|item| self.rule(item, codec));
                }
                _ => return self.error(expr.span(), Fault::kind("capsule", "array")),
            },
            _ => {
                let fault = Fault::kind(words.alloy_type(), "array");
                return self.error(expr.span(), fault);
            }
        };
        if self.is_unchecked(element) {
            return;
        }
        items.iter().for_each(|item| self.check(item, Some(element)));
    }

    /// An element of bytes.
    fn number(&mut self, item: Expr<'_>) {
        let number = self.levels.schema.words("number(int)");
        self.check(item, Some(number));
    }

    /// An element of a capsule that is a list of its own.
    fn rule(&mut self, item: Expr<'_>, codec: Codec) {
        if matches!(item.kind(), ExprKind::Literal(LiteralKind::Null, _)) {
            return self.error(item.span(), Fault::value("relabel action cannot be empty"));
        }
        let element = self.levels.schema.words(codec.element());
        self.check(item, Some(element));
    }

    fn is_unchecked(&self, words: TypeWords) -> bool {
        match words.kind() {
            Words::Any | Words::Other(_) => true,
            Words::Capsule(name) => self.codec(name).is_some_and(Codec::is_interface),
            _ => false,
        }
    }

    fn object(&mut self, expr: Expr<'_>, fields: Fields<'_>, words: Option<TypeWords>) {
        let Some(words) = words.map(TypeWords::pointee) else { return };
        match words.kind() {
            Words::Any | Words::Other(_) => {}
            Words::Map(element) => {
                fields.iter().for_each(|field| self.check(field.value(), Some(element)));
            }
            Words::Object(body) => self.fields(expr, fields, body),
            Words::Capsule(name)
                if self
                    .codec(name)
                    .is_some_and(|codec| codec.is_interface() || codec.takes_object()) => {}
            Words::Text(name) if self.codec(name).is_some_and(Codec::is_struct) => {
                let message = "expected string, got object".to_owned();
                self.error(expr.span(), Fault { code: codes::CRASH, message });
            }
            _ => self.error(expr.span(), Fault::kind(words.alloy_type(), "object")),
        }
    }

    fn fields(&mut self, expr: Expr<'_>, fields: Fields<'_>, body: Type) {
        for field in fields.iter() {
            let known = body.field(field.name()).filter(|known| known.kind() == FieldKind::Attr);
            match known {
                Some(known) => self.check(field.value(), known.value()),
                None => {
                    let span = field.name_span().to(field.value().span());
                    let message = format!("unrecognized attribute name \"{}\"", field.name());
                    self.error(span, Fault { code: codes::UNKNOWN_ARGUMENT, message });
                }
            }
        }
        for known in body.fields().filter(|known| known.is_required()) {
            if fields.iter().all(|field| field.name() != known.name()) {
                let message = format!("missing required attribute \"{}\"", known.name());
                self.error(expr.span(), Fault { code: codes::MISSING_ARGUMENT, message });
            }
        }
    }

    fn codec(&self, name: &str) -> Option<Codec> {
        self.levels.schema.codec(name)
    }

    /// Why a value does not fit a type, decoded as Alloy decodes it when it runs.
    fn misfit(&self, value: &Value, words: TypeWords) -> Option<Fault> {
        if let Value::Null = value {
            let Words::Text(name) = words.kind() else { return None };
            let message = self.codec(name)?.null_message();
            return (!message.is_empty()).then(|| Fault::value(message));
        }
        let wrong = || Some(Fault::kind(words.alloy_type(), value.kind().name()));
        match words.kind() {
            Words::Any | Words::Other(_) => None,
            Words::Pointer(inner) => self.misfit(value, inner),
            Words::Bool => value.as_bool().map_or_else(wrong, |_| None),
            Words::String => written(value).map_or_else(wrong, |_| None),
            Words::Duration => {
                written(value).map_or_else(wrong, |text| text::duration(&text).map(Fault::value))
            }
            Words::Text(name) => written(value)
                .map_or_else(wrong, |text| text::read(self.codec(name)?, &text).map(Fault::value)),
            Words::Number(_) => match value {
                Value::Number(_) => None,
                Value::String(text) if text.as_str().is_some_and(is_number) => None,
                _ => wrong(),
            },
            Words::Bytes | Words::Secret | Words::OptionalSecret => match value {
                Value::String(_) => None,
                _ => wrong(),
            },
            Words::Capsule(name)
                if matches!(value, Value::String(_))
                    && self.codec(name).is_some_and(Codec::takes_string) =>
            {
                None
            }
            Words::Capsule(name) if self.codec(name).is_some_and(Codec::takes_object) => {
                let message = format!(
                    "target::ConvertFrom: conversion from '{}' is not supported",
                    go_type(value)
                );
                Some(Fault::value(message))
            }
            Words::List(_) | Words::Map(_) | Words::Object(_) | Words::Capsule(_) => wrong(),
        }
    }
}

fn is_literal(expr: Expr<'_>) -> bool {
    matches!(expr.kind(), ExprKind::Literal(..))
}

/// The value of an expression of literals, or what Alloy says of it.
fn computed(expr: Expr<'_>) -> Result<Value, String> {
    eval(expr, &Scope::new()).map_err(|error| match error.message.strip_prefix("should be ") {
        Some(rest) if !rest.starts_with("one of") => format!("expected {rest}"),
        _ => error.message,
    })
}

/// A value as the text that a string argument gets of it.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_text()),
        _ => None,
    }
}

/// Whether a number argument takes that text.
fn is_number(text: &str) -> bool {
    if text.starts_with('-') {
        return text.parse::<i64>().is_ok();
    }
    if text.contains(['.', 'e', 'E']) {
        return text.parse::<f64>().is_ok_and(f64::is_finite);
    }
    !text.starts_with('+') && text.parse::<u64>().is_ok()
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Number(Number::Int(_)) => "int64",
        Value::Number(Number::Uint(_)) => "uint64",
        Value::Number(Number::Float(_)) => "float64",
        Value::Bool(_) => "bool",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use alloy_grammar::ast::Stmt;

    use super::*;

    /// What is said of a literal for a type; nothing where it fits.
    fn said(words: &'static str, literal: &str) -> Option<String> {
        let parsed = alloy_grammar::parser::parse(format!("x = {literal}").as_bytes());
        let source = Source::new("a.alloy", parsed.file.source());
        let levels = Levels::default();
        let mut found = Findings::default();
        let attr = parsed.file.body().stmts().find_map(Stmt::as_attr).expect("an attribute");
        let words = levels.schema.words(words);
        check(&source, attr.value(), Some(words), &levels, &mut found);
        found.diagnostics.into_iter().next().map(|one| one.message)
    }

    #[test]
    fn literals_are_decoded_as_when_alloy_runs() {
        for (words, literal, expected) in [
            ("string", "5", None),
            ("string", "true", Some("expected string, got bool")),
            ("number(int)", "\"5\"", None),
            ("number(int)", "\"x\"", Some("expected number, got string")),
            ("bool", "null", None),
            ("duration", "-5", Some("time: missing unit in duration \"5\"")),
            ("duration", "\"a\" + \"b\"", Some("time: invalid duration \"ab\"")),
            ("any", "1 + \"b\"", Some("expected number, got string")),
            ("any", "true && 1", Some("should be one of [bool] for binop &&, got number")),
            ("any", "7 % 0", Some("divide by zero error")),
            ("bool", "(1)", None),
            ("bool", "1 + 1 + 1", None),
            ("list(string)", "[true]", Some("expected string, got bool")),
            ("list(any)", "[1 + \"x\"]", None),
            ("map(string)", "{a = {}}", Some("expected string, got object")),
            ("secret", "1", Some("expected capsule, got number")),
            ("ptr(list(string))", "[\"x\"]", Some("expected array, got array")),
        ] {
            assert_eq!(said(words, literal).as_deref(), expected, "{literal} for {words}");
        }
    }

    #[test]
    fn a_huge_exponent_takes_no_time() {
        assert_eq!(said("any", "2 ^ 9999999999"), None);
    }

    #[test]
    fn all_forms_of_literals_get_the_words_of_the_real_command() {
        let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schema");
        let Ok(text) = std::fs::read_to_string(shared.join("components-main-66ebea856d.json"))
        else {
            return;
        };
        let facts: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let literals = facts["literals"].as_object().expect("an object");
        let forms: std::collections::BTreeSet<&String> = literals
            .values()
            .flat_map(|words| words.as_object().expect("an object").keys())
            .collect();
        let mut wrong = Vec::new();
        for (words, faults) in literals {
            let interface = "github.com/prometheus/prometheus/storage.Appendable";
            let own: &'static str = words.replace("interface", interface).leak();
            for form in &forms {
                let expected = faults.get(form.as_str()).and_then(|fault| fault.as_str());
                let found = said(own, form);
                if found.as_deref() != expected {
                    wrong.push(format!("{form} for {words}: {found:?}, not {expected:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
