//! Texts of the host made fit to be shown: every secret in them is covered, place by place.
//!
//! A finding shows the lines around it, and those may hold a password. Covered are string values
//! of names that speak of secrets, user and password in URLs, and every occurrence of a value
//! that is known to be secret. Covering keeps line and column of everything else.

use std::collections::BTreeSet;
use std::ops::Range;

use alloy_grammar::ast::{Body, Expr, ExprKind, File, LiteralKind, Stmt};

use crate::source::Source;

/// Shorter secrets are not searched for: they would cover half of every text.
const SHORTEST: usize = 4;

/// Covers the secrets of a text. `tree` is its syntax tree if it is a configuration of Alloy.
pub fn mask(source: &Source, tree: Option<&File>, secrets: &BTreeSet<String>) -> Source {
    let text = source.text();
    let mut covered: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        by_name(line, start, &mut covered);
        user_info(line, start, &mut covered);
        start += line.len();
    }
    if let Some(tree) = tree {
        by_tree(tree, &mut covered);
    }
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        covered.extend(text.match_indices(secret.as_str()).map(|(at, _)| at..at + secret.len()));
    }
    if covered.is_empty() {
        source.clone()
    } else {
        Source::new(source.path(), cover(text, covered))
    }
}

/// Puts `(secret)` where a known secret stands in a message.
pub(super) fn scrub(text: &str, secrets: &BTreeSet<String>) -> String {
    let mut clean = text.to_owned();
    // The longest first: a secret may be part of another one.
    let mut longest: Vec<&String> = secrets.iter().filter(|it| it.len() >= SHORTEST).collect();
    longest.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in longest {
        if clean.contains(secret.as_str()) {
            clean = clean.replace(secret.as_str(), "(secret)");
        }
    }
    clean
}

/// Whether what a name holds must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    const HARMLESS: &[&str] = &["-file", "-path", "-url", "-name", "-cert", "client-key", "-mode"];
    const SECRET: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "credential",
        "authorization",
        "cookie",
    ];
    if HARMLESS.iter().any(|ending| name.ends_with(ending)) {
        return false;
    }
    SECRET.iter().any(|word| name.contains(word))
        || matches!(name.as_str(), "pw" | "pass" | "key" | "key-pem")
        || ["-pw", "-pass", "-key", "apikey", "-key-pem"].iter().any(|end| name.ends_with(end))
}

/// Every string that a configuration gives to a name that speaks of secrets.
pub(super) fn secret_literals(tree: &File) -> Vec<String> {
    let mut covered = Vec::new();
    by_attribute(tree, is_secret_name, &mut covered);
    covered
        .into_iter()
        .filter_map(|range| alloy_grammar::literal::unquote(tree.source().get(range)?))
        .map(std::borrow::Cow::into_owned)
        .filter(|value| !value.is_empty())
        .collect()
}

/// Whether a configuration holds a secret: in a value of a name that speaks of secrets, or as the
/// password of a URL.
pub(super) fn holds_a_secret(tree: &File) -> bool {
    if !secret_literals(tree).is_empty() {
        return true;
    }
    let mut texts = Vec::new();
    by_attribute(tree, |_| true, &mut texts);
    texts.into_iter().filter_map(|range| tree.source().get(range)).any(|text| {
        let mut names = Vec::new();
        user_info(text, 0, &mut names);
        names.into_iter().any(|range| text[range].contains(':'))
    })
}

/// `name = value` and `name: value`: covers the rest of the line, whatever is in it.
fn by_name(line: &str, start: usize, covered: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    let mut from = 0;
    while let Some(found) = line[from..].find(['=', ':']).map(|at| at + from) {
        let name = line[..found]
            .trim_end_matches([' ', '\t', '"', '\''])
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '.'))
            .next()
            .unwrap_or_default();
        let value = found + 1;
        if is_secret_name(name) && bytes.get(value).is_none_or(|next| *next != b'=') {
            let text = line[value..].trim_end();
            let lead = text.len() - text.trim_start().len();
            if !text.trim().is_empty() && !is_reference(text.trim()) {
                let end = lead + quoted(&text[lead..]);
                covered.push(start + value + lead..start + value + end);
            }
            return;
        }
        from = value;
    }
}

/// How much of a text to cover: up to its last quote if it begins with one, else all of it.
fn quoted(text: &str) -> usize {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let last = quote.and_then(|quote| text.rfind(quote)).filter(|last| *last > 0);
    last.map_or(text.len(), |last| last + 1)
}

/// A value that names where the secret is instead of holding it.
fn is_reference(value: &str) -> bool {
    let starts_a_name = value.starts_with(|c: char| c.is_ascii_lowercase());
    starts_a_name
        && !value.contains(['"', '`', '\''])
        && value.contains('.')
        && !value.contains(' ')
}

/// `scheme://user:password@host`: covers what stands before the `@`.
fn user_info(line: &str, start: usize, covered: &mut Vec<Range<usize>>) {
    for (at, _) in line.match_indices("://") {
        let rest = &line[at + 3..];
        let end = rest.find(['/', '"', '\'', ' ', '\n', '?', '#']).unwrap_or(rest.len());
        if let Some(sign) = rest[..end].rfind('@') {
            covered.push(start + at + 3..start + at + 3 + sign);
        }
    }
}

/// String literals anywhere in the value of an attribute whose name speaks of secrets. A header
/// may carry one under any name.
fn by_tree(tree: &File, covered: &mut Vec<Range<usize>>) {
    by_attribute(tree, |name| is_secret_name(name) || name == "headers", covered);
}

fn by_attribute(tree: &File, is_secret: impl Fn(&str) -> bool, covered: &mut Vec<Range<usize>>) {
    let mut bodies: Vec<Body<'_>> = vec![tree.body()];
    while let Some(body) = bodies.pop() {
        for stmt in body.stmts() {
            match stmt {
                Stmt::Block(block) => bodies.push(block.body()),
                Stmt::Attr(attr) => strings(attr.value(), is_secret(attr.name()), covered),
            }
        }
    }
}

fn strings(value: Expr<'_>, secret: bool, covered: &mut Vec<Range<usize>>) {
    let mut todo = vec![(value, secret)];
    while let Some((expr, secret)) = todo.pop() {
        match expr.kind() {
            ExprKind::Literal(LiteralKind::String, _) if secret => {
                covered.push(expr.span().range());
            }
            ExprKind::Literal(..) | ExprKind::Ident(_) => {}
            ExprKind::Array(items) => todo.extend(items.iter().map(|item| (item, secret))),
            ExprKind::Object(fields) => {
                todo.extend(fields.iter().map(|f| (f.value(), secret || is_secret_name(f.name()))))
            }
            ExprKind::Access { target, .. } => todo.push((target, false)),
            ExprKind::Index { target, .. } => todo.push((target, secret)),
            // The argument of `sys.env` is a name, not the secret itself.
            ExprKind::Call { target, args } => {
                let names = matches!(target.kind(), ExprKind::Access { name: "env", .. })
                    || matches!(target.kind(), ExprKind::Ident("env"));
                todo.extend(args.iter().map(|arg| (arg, secret && !names)));
            }
            ExprKind::Unary { operand, .. } => todo.push((operand, secret)),
            ExprKind::Binary { left, right, .. } => todo.extend([(left, secret), (right, secret)]),
            ExprKind::Paren(inner) => todo.push((inner, secret)),
        }
    }
}

/// Replaces each character of the ranges by a star, quotes and line breaks kept.
fn cover(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        let (from, to) = (range.start.max(done), range.end);
        if from >= to || !text.is_char_boundary(from) || !text.is_char_boundary(to) {
            continue;
        }
        shown.push_str(&text[done..from]);
        for c in text[from..to].chars() {
            if matches!(c, '\n' | '"' | '\'' | '`') {
                shown.push(c);
            } else {
                // As many bytes as before, so that places behind it stay where they are.
                (0..c.len_utf8()).for_each(|_| shown.push('*'));
            }
        }
        done = to;
    }
    shown.push_str(&text[done..]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, secrets: &[&str]) -> String {
        let secrets = secrets.iter().map(|it| (*it).to_owned()).collect();
        mask(&Source::new("x", text), None, &secrets).text().to_owned()
    }

    #[test]
    fn values_of_secret_names_are_covered() {
        assert_eq!(masked("  password = \"hunter2\"\n", &[]), "  password = \"*******\"\n");
        assert_eq!(masked("prometheus-auth-password: hunter2\n", &[]).matches('*').count(), 7);
        assert_eq!(masked("API_TOKEN='abc'\n", &[]), "API_TOKEN='***'\n");
        assert_eq!(masked("password_file = \"/etc/pw\"\n", &[]), "password_file = \"/etc/pw\"\n");
        assert_eq!(masked("password = local.file.x.content\n", &[]).matches('*').count(), 0);
    }

    #[test]
    fn user_and_password_of_a_url_are_covered() {
        assert_eq!(masked("url: amqp://u:p@h:1/v\n", &[]), "url: amqp://***@h:1/v\n");
    }

    #[test]
    fn known_secrets_are_covered_wherever_they_stand() {
        assert_eq!(masked("// hunter2 is it\n", &["hunter2"]), "// ******* is it\n");
        let secrets = BTreeSet::from(["hunter2".to_owned()]);
        assert_eq!(scrub("got hunter2", &secrets), "got (secret)");
    }

    #[test]
    fn places_behind_a_covered_text_stay() {
        let text = "url: amqp://ä:p@here\n";
        assert_eq!(masked(text, &[]).find("here"), text.find("here"));
        assert_eq!(masked("token = \"x\" // y\nhere", &[]).find("here"), Some(17));
    }
}
