//! Texts of configurations without their secrets, so that their lines can be shown.
//!
//! Works on the text of one file; what a value turns out to be is not looked at.

use alloy_grammar::ast::{Body, Expr, ExprKind, LiteralKind, Stmt};
use alloy_grammar::literal::unquote;
use alloy_grammar::parser::parse;
use alloy_grammar::span::Span;

use crate::diff::show::without_user_info;
use crate::diff::typed::{BodyType, sounds_secret};
use crate::graph::schema::Schema;
use crate::secret::{Secret, SecretNames};

/// A configuration's text with every secret in it replaced by its name: values of arguments that
/// are secrets or sound like one, and the user and password in URLs.
pub fn redacted(source: &str, secrets: &mut SecretNames) -> String {
    let parsed = parse(source.as_bytes());
    let mut found = Vec::new();
    bodies(parsed.file.body(), &mut found);
    found.sort_by_key(|span| span.start);
    let (mut shown, mut at) = (String::with_capacity(source.len()), 0usize);
    for span in found {
        let range = span.range();
        // Spans lie in each other where a secret stands in an array: the outer one is done.
        let (Some(plain), Some(literal)) = (source.get(at..range.start), source.get(range.clone()))
        else {
            continue;
        };
        shown.push_str(plain);
        let text = unquote(literal).unwrap_or(literal.into());
        shown.push_str(&format!("\"{}\"", secrets.name(&Secret::new(&*text))));
        at = range.end;
    }
    shown.push_str(source.get(at..).unwrap_or_default());
    without_user_info(&shown, secrets)
}

/// Finds the string literals that are secrets, block by block.
fn bodies(body: Body<'_>, found: &mut Vec<Span>) {
    let schema = Schema::latest();
    let mut todo: Vec<(Body<'_>, Option<BodyType>)> = vec![(body, None)];
    while let Some((body, of)) = todo.pop() {
        for stmt in body.stmts() {
            match stmt {
                Stmt::Attr(attr) => {
                    let is_secret = match &of {
                        Some(of) => of.is_secret(attr.name()),
                        None => sounds_secret(attr.name()),
                    };
                    literals(attr.value(), is_secret || sounds_secret(attr.name()), found);
                }
                Stmt::Block(block) => {
                    let of = match &of {
                        Some(of) if of.is_known() => of.nested(block.name()),
                        _ => BodyType::of_component(schema, block.name()),
                    };
                    todo.push((block.body(), Some(of)));
                }
            }
        }
    }
}

/// The string literals of an expression, of an object only those whose key sounds like a secret
/// unless all of it is one.
fn literals(expr: Expr<'_>, is_secret: bool, found: &mut Vec<Span>) {
    let mut todo = vec![(expr, is_secret)];
    while let Some((expr, is_secret)) = todo.pop() {
        match expr.kind() {
            ExprKind::Literal(LiteralKind::String, _) if is_secret => found.push(expr.span()),
            ExprKind::Literal(..) | ExprKind::Ident(_) => {}
            ExprKind::Paren(inner) => todo.push((inner, is_secret)),
            ExprKind::Unary { operand, .. } => todo.push((operand, is_secret)),
            ExprKind::Binary { left, right, .. } => {
                todo.extend([(left, is_secret), (right, is_secret)]);
            }
            ExprKind::Access { target, .. } => todo.push((target, is_secret)),
            ExprKind::Index { target, index } => {
                todo.extend([(target, is_secret), (index, is_secret)]);
            }
            // What a function is called with may be the name of a variable, or the secret itself.
            ExprKind::Call { args, .. } => todo.extend(args.iter().map(|arg| (arg, is_secret))),
            ExprKind::Array(items) => todo.extend(items.iter().map(|item| (item, is_secret))),
            ExprKind::Object(fields) => todo
                .extend(fields.iter().map(|x| (x.value(), is_secret || sounds_secret(x.name())))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let source = "prometheus.remote_write \"x\" {\n  endpoint {\n    url = \"https://u:pw1@h/\"\n    \
                      headers = {\"Authorization\" = \"Bearer \" + \"pw2\", \"X\" = \"plain\"}\n    \
                      basic_auth {\n      username = \"name\"\n      password = \"pw3\"\n    }\n  }\n}\n\
                      unknown.thing \"x\" {\n  api_token = `pw4`\n}\n";
        let shown = redacted(source, &mut SecretNames::new());
        assert!(!shown.contains("pw"), "{shown}");
        assert!(shown.contains("plain") && shown.contains("\"name\"") && shown.contains("@h/"));
        assert_eq!(shown.lines().count(), source.lines().count());
    }
}
