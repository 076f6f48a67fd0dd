//! Configurations made by a program: a marked word in every place of Alloy's schema that takes a
//! secret, and beside every character that could end one too early.

use std::fmt::Write;

use alloy_grammar::literal::quote;
use trento_alloy::inside::graph::schema::{FieldKind, Schema, Type, Words};

/// How deep blocks are written.
const DEEPEST: usize = 7;

/// Characters that end a word, a URL or a quote somewhere.
const ODD: &[char] = &[
    '/', '?', '#', '@', ':', '%', '&', '=', '+', ';', ',', ' ', '"', '\'', '`', '\\', '\n', '\t',
    '<', '>', '{', '}', '[', ']', '|', '^', '$', '!', 'é', '\u{200b}',
];

/// Every component with the word in each argument that is a secret, a header or a URL.
pub fn every_secret_argument(word: &str) -> (String, usize) {
    let mut text = String::new();
    let mut places = 0;
    let schema = Schema::latest();
    for component in schema.components().chain(schema.services()) {
        let Some(arguments) = component.arguments() else { continue };
        let body = body(arguments, word, 1, &mut places);
        if body.is_empty() {
            continue;
        }
        let label = if component.has_label() { " \"every\"" } else { "" };
        let _ = writeln!(text, "{}{label} {{\n{body}}}\n", component.name());
    }
    (text, places)
}

fn body(of: Type, word: &str, depth: usize, places: &mut usize) -> String {
    let mut text = String::new();
    let indent = "\t".repeat(depth);
    for field in of.fields() {
        let name = field.name();
        if let (FieldKind::Block, Some(inner)) = (field.kind(), field.body())
            && depth < DEEPEST
        {
            let inner = body(inner, word, depth + 1, places);
            if !inner.is_empty() {
                let _ = writeln!(text, "{indent}{name} {{\n{inner}{indent}}}");
            }
        }
        let Some(words) = field.value().filter(|_| field.kind() == FieldKind::Attr) else {
            continue;
        };
        let is_url = name == "url" || name.ends_with("_url");
        let value = match words.pointee().kind() {
            Words::String | Words::Text(_) if is_url => {
                Some(quote(&format!("https://u:a/{word}@h/")))
            }
            Words::OptionalSecret => Some(quote(&format!("a: b\npassword: {word}\n"))),
            kind => secret(kind, word),
        };
        if let Some(value) = value {
            *places += 1;
            let _ = writeln!(text, "{indent}{name} = {value}");
        }
    }
    text
}

/// A value of a type, if that holds secrets.
fn secret(kind: Words, word: &str) -> Option<String> {
    match kind {
        Words::Secret => Some(quote(word)),
        Words::List(inner) => Some(format!("[{}]", secret(inner.pointee().kind(), word)?)),
        Words::Map(inner) => {
            Some(format!("{{ \"X-Some\" = {} }}", secret(inner.pointee().kind(), word)?))
        }
        _ => None,
    }
}

/// Passwords with the word in them, beside each odd character, in URLs, headers and comments.
pub fn beside_odd_characters(word: &str) -> String {
    let mut text = String::new();
    for (number, odd) in ODD.iter().enumerate() {
        let password = format!("a{odd}{word}{odd}b");
        let url = quote(&format!("https://user:{password}@host.example.com/write"));
        let (password, header) = (quote(&password), quote(&format!("Token {password}")));
        let _ = writeln!(
            text,
            "prometheus.remote_write \"odd_{number}\" {{\n\tendpoint {{\n\t\turl = {url}\n\t\t\
             headers = {{ \"X-Some\" = {header} }}\n\t\tbasic_auth {{\n\t\t\tusername = \"u\"\n\
             password = {password}\n\t\t}}\n\t}}\n}}"
        );
    }
    let _ = writeln!(text, "// the old one, {word}, is no longer used");
    text
}
