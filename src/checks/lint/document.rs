//! The file as a whole: whether it can be read as a check, and habits of YAML that mislead.

use std::collections::BTreeSet;

use crate::checks::lint::{Reporter, dialect, place};
use crate::checks::load::REQUIRED;
use crate::checks::model::Severity::{Critical, Warning};
use crate::yaml::wanda::{self, Scalar};
use crate::yaml::{Kind, Node};

/// Whether the file can be read as a check at all. If not, nothing else is worth saying.
pub fn readable(documents: &[Node], report: &mut Reporter<'_>) -> bool {
    if let [.., before, last] = documents {
        let message = "the file holds several documents, of which a server takes the last";
        report.add("several-documents", Critical, message, "", place::beginning(last));
        let line = report.loaded.source.at(before.span).map_or(1, |at| at.line);
        report.help(format!("put the one that begins in line {line} into a file of its own"));
        return false;
    }
    let Some(root) = documents.last() else {
        let message = "the file is empty: missing field `id`";
        report.add("shape", Critical, message, "", alloy_grammar::span::Span::NONE);
        return false;
    };
    let before = report.findings.len();
    top(root, report);
    report.findings.len() == before
}

fn top(root: &Node, report: &mut Reporter<'_>) {
    if root.mapping().is_none() {
        let message = "a check is a map with the keys id, name, group, …";
        report.add("shape", Critical, message, "", root.span);
        return;
    }
    struct_keys(root, "", &[&REQUIRED[..], &["metadata", "when"]].concat(), report);
    for name in ["id", "name", "group", "description", "remediation", "when"] {
        text(root, "", name, report);
    }
    for name in REQUIRED {
        need(root, "", name, report);
    }
    if let Some(metadata) = place::field(root, "metadata")
        && metadata.mapping().is_none()
        && !dialect::value(metadata).is_null()
    {
        report.at("shape", Critical, "`metadata` must be a map", root, "/metadata");
    }
    items(root, "facts", &["name", "gatherer"], &["argument"], report);
    let texts = ["expect", "expect_same", "expect_enum", "failure_message", "warning_message"];
    items(root, "expectations", &["name"], &texts, report);
}

/// Looks at the maps of a list: the fields they need, and the fields that must be texts.
fn items(root: &Node, list: &str, needed: &[&str], texts: &[&str], report: &mut Reporter<'_>) {
    let Some(node) = place::field(root, list) else { return };
    if dialect::value(node).is_null() {
        return;
    }
    let Some(entries) = node.sequence() else {
        report.at("shape", Critical, format!("`{list}` must be a list"), root, &format!("/{list}"));
        return;
    };
    for (index, item) in entries.iter().enumerate() {
        let path = format!("/{list}/{index}");
        if item.mapping().is_none() {
            report.add("shape", Critical, "this must be a map", path, item.span);
            continue;
        }
        struct_keys(item, &path, &[needed, texts].concat(), report);
        for name in needed {
            need(item, &path, name, report);
        }
        for name in needed.iter().chain(texts) {
            text(item, &path, name, report);
        }
    }
}

fn need(node: &Node, path: &str, name: &str, report: &mut Reporter<'_>) {
    if place::field(node, name).is_none() {
        let message = format!("missing field `{name}`");
        report.add("shape", Critical, message, path, place::beginning(node));
    }
}

fn text(node: &Node, path: &str, name: &str, report: &mut Reporter<'_>) {
    if let Some(value) = place::field(node, name)
        && value.scalar().is_none()
    {
        let message = format!("`{name}` must be a text");
        report.add("shape", Critical, message, format!("{path}/{name}"), value.span);
    }
}

/// Keys that stand twice in a map whose keys are fixed: the two readers disagree on what counts.
fn struct_keys(node: &Node, path: &str, known: &[&str], report: &mut Reporter<'_>) {
    for (name, key) in repeated(node) {
        if known.contains(&name.as_str()) {
            let message = format!("the key `{name}` stands here twice; a server takes the first");
            report.add("duplicate-key", Critical, message, path, key.span);
        }
    }
}

fn repeated(node: &Node) -> Vec<(String, &Node)> {
    let mut seen = BTreeSet::new();
    let entries = node.mapping().unwrap_or_default();
    entries
        .iter()
        .map(|(key, _)| (dialect::key_text(key), key))
        .filter(|(name, _)| !seen.insert(name.clone()))
        .collect()
}

/// Habits of YAML that mean something else to the server, anywhere in the file.
pub fn habits(root: &Node, report: &mut Reporter<'_>) {
    let mut open = vec![(root, String::new())];
    while let Some((node, path)) = open.pop() {
        match &node.kind {
            Kind::Scalar { .. } => number(node, &path, report),
            Kind::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    open.push((item, format!("{path}/{index}")));
                }
            }
            Kind::Mapping(entries) => {
                for (name, key) in repeated(node) {
                    let message = format!("the key `{name}` stands here twice");
                    report.add("duplicate-key", Warning, message, path.as_str(), key.span);
                    report.help("remove one of them; a server takes the first");
                }
                for (key, entry) in entries {
                    let name = dialect::key_text(key);
                    if name == "<<" {
                        let message = "a server does not merge `<<`; the fields must be written";
                        report.add("merge-key", Warning, message, path.as_str(), key.span);
                    }
                    let escaped = name.replace('~', "~0").replace('/', "~1");
                    open.push((entry, format!("{path}/{escaped}")));
                }
            }
        }
    }
}

/// A scalar that the server reads as a number and other readers as text.
fn number(node: &Node, path: &str, report: &mut Reporter<'_>) {
    let Ok(Some(Scalar::Integer(_) | Scalar::BigInteger(_) | Scalar::Float(_))) =
        wanda::scalar(node)
    else {
        return;
    };
    if let Some(text) = dialect::value(node).as_str() {
        let read = wanda::value(node).map(|value| value.json.to_string()).unwrap_or_default();
        let message = format!("a server reads `{text}` as the number {read}");
        report.add("yaml-number", Warning, message, path, node.span);
        report.help(format!("write \"{text}\" if it is a text, {read} if it is a number"));
    }
}
