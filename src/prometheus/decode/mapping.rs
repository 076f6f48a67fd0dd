//! Mappings: structs with their keys, and maps with any.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Decoder, Fail, Fields, Item, Value, go_name};
use crate::prometheus::check;
use crate::prometheus::fields::Struct;
use crate::yaml::{Kind, Node, go2};
use alloy_grammar::literal::quote;

/// Parts of the names that credentials have; other unknown names may be credentials themselves.
const HARMLESS: &[&str] = &[
    "user", "pass", "name", "file", "cred", "token", "type", "key", "cert", "ca", "server", "tls",
    "insecure", "secret", "id", "url", "scope", "bearer", "realm", "login", "auth", "version",
];

impl Decoder<'_> {
    /// Puts a mapping into a struct's fields; whether it is a mapping.
    pub(super) fn fill(
        &mut self,
        node: &Node,
        of: &'static Struct,
        fields: &mut Fields,
    ) -> Result<bool, Fail> {
        let Kind::Mapping(entries) = &node.kind else {
            let is_secret = holds_credentials(of.name);
            let into = if of.name == "Group" { check::GROUP } else { of.go };
            self.wrong_type(node, into, is_secret)?;
            return Ok(false);
        };
        let mut done = BTreeSet::new();
        for (key, value) in entries {
            if go2::is_merge(key) {
                for mapping in merged(value)? {
                    self.fill(mapping, of, fields)?;
                }
                continue;
            }
            let Some(name) = self.text(key, "string")? else { continue };
            let Some(field) = of.field(&name, self.version) else {
                let go = if of.name == "Group" { check::GROUP } else { of.go };
                let shown = self.shown_key(&name, of);
                self.note(key.span, format!("field {shown} not found in type {go}"));
                continue;
            };
            if !done.insert(field.name) {
                let message = format!("field {name} already set in type {}", of.go);
                self.note(key.span, message);
                continue;
            }
            if let Some(item) = self.decode(value, field.kind)? {
                fields.entries.insert(field.name, item);
            }
        }
        Ok(true)
    }

    /// An unknown key; covered where it may be a credential that lost its place.
    fn shown_key<'k>(&self, name: &'k str, of: &Struct) -> &'k str {
        let lower = name.to_lowercase();
        let is_harmless = HARMLESS.iter().any(|word| lower.contains(word));
        let is_near = of.names().any(|known| strsim::levenshtein(known, &lower) <= 2);
        if !holds_credentials(of.name) || is_harmless || is_near { name } else { "***" }
    }

    /// A map of any keys.
    pub(super) fn map(&mut self, node: &Node, kind: &'static str) -> Result<Option<Value>, Fail> {
        let Kind::Mapping(_) = &node.kind else {
            self.wrong_type(node, go_name(kind), matches!(kind, "headers" | "header" | "map"))?;
            return Ok(None);
        };
        let mut items: Vec<(Arc<str>, Item)> = Vec::new();
        self.fill_map(node, kind, &mut items)?;
        Ok(Some(Value::Map(items)))
    }

    fn fill_map(
        &mut self,
        node: &Node,
        kind: &'static str,
        items: &mut Vec<(Arc<str>, Item)>,
    ) -> Result<(), Fail> {
        let Kind::Mapping(entries) = &node.kind else { return Ok(()) };
        let inner = match kind {
            "params" => "[]text",
            "headers" => "http.Header",
            "header" => "[]secret",
            "label_set" => "label_value",
            _ => "text",
        };
        for (key, value) in entries {
            if go2::is_merge(key) {
                for mapping in merged(value)? {
                    self.fill_map(mapping, kind, items)?;
                }
                continue;
            }
            let key_kind = if kind == "label_set" { "label_name" } else { "string" };
            let Some(name) = self.text(key, key_kind)? else { continue };
            let Some(item) = self.decode(value, inner)? else { continue };
            if items.iter().any(|(known, _)| *known == name) {
                self.note(value.span, format!("key {} already set in map", quote(&name)));
                continue;
            }
            items.push((name, item));
        }
        Ok(())
    }
}

/// Whether a struct's values are credentials.
fn holds_credentials(name: &str) -> bool {
    matches!(
        name,
        "http.BasicAuth"
            | "http.Authorization"
            | "http.OAuth2"
            | "http.Header"
            | "http.TLSConfig"
            | "SigV4Config"
            | "AzureADConfig"
            | "OAuthConfig"
    )
}

/// The mappings that a merge key brings in, those that count least first.
fn merged(value: &Node) -> Result<Vec<&Node>, Fail> {
    let refuse = || {
        let message = "yaml: map merge requires map or sequence of maps as the value";
        Fail::new(message, value.span)
    };
    match &value.kind {
        Kind::Mapping(_) => Ok(vec![value]),
        Kind::Sequence(items) if items.iter().all(|item| item.mapping().is_some()) => {
            Ok(items.iter().rev().collect())
        }
        _ => Err(refuse()),
    }
}
