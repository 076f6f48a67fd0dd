//! YAML as Go's yaml.v2 understands it, which Prometheus uses: YAML 1.1's truth values.
//!
//! Says what a scalar means; what it may be put into is the reader's decision.

use std::sync::Arc;

use crate::yaml::go::{self, Scalar};
use crate::yaml::{Kind, Node, Style};

/// The meaning of a scalar node; none for a list or a map.
///
/// # Errors
/// Its tag says what it cannot be.
pub fn scalar(node: &Node) -> Result<Option<Scalar>, String> {
    let Some((text, style)) = node.scalar() else { return Ok(None) };
    let literal = || Scalar::Text(Arc::from(text));
    let found = match node.tag.as_deref() {
        None if style == Style::Plain => plain(text),
        None => literal(),
        Some(tag) => match tag.strip_prefix("tag:yaml.org,2002:") {
            Some("str") => literal(),
            Some("binary") => {
                Scalar::Binary(go::binary(text).map_err(|why| format!("yaml: {why}"))?)
            }
            Some(expected @ ("bool" | "int" | "float" | "null" | "timestamp")) => {
                tagged(text, expected)?
            }
            _ => literal(),
        },
    };
    Ok(Some(found))
}

/// Whether a reader leaves a node's field at nothing without looking at its type.
pub fn is_null(node: &Node) -> bool {
    if node.core_tag() == Some("null") {
        return true;
    }
    node.tag.is_none()
        && node.scalar().is_some_and(|(text, style)| match text {
            "null" | "~" => true,
            "" => style == Style::Plain,
            _ => false,
        })
}

/// What an error calls the type of a scalar.
pub fn tag(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::Null => "!!null",
        Scalar::Bool(_) => "!!bool",
        Scalar::Int(_) | Scalar::Uint(_) => "!!int",
        Scalar::Float(_) => "!!float",
        Scalar::Time(_) => "!!timestamp",
        Scalar::Binary(_) => "!!binary",
        Scalar::Text(_) => "!!str",
    }
}

fn plain(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        text => go::plain(text),
    }
}

fn tagged(text: &str, expected: &str) -> Result<Scalar, String> {
    let found = plain(text);
    let name = tag(&found);
    match found {
        Scalar::Int(number) if expected == "float" => Ok(Scalar::Float(number as f64)),
        found if name.strip_prefix("!!") == Some(expected) => Ok(found),
        _ => Err(format!("yaml: cannot decode {name} `{text}` as a !!{expected}")),
    }
}

/// Refuses tabs where yaml.v3 looks for the start of a token: at the beginning of a line, or
/// behind a `-`, outside of scalars and of `[…]` and `{…}`.
///
/// # Errors
/// There is such a tab.
pub fn check_tabs(text: &str, documents: &[Node]) -> Result<(), String> {
    if !text.contains('\t') {
        return Ok(());
    }
    let mut spans = Vec::new();
    let mut todo: Vec<&Node> = documents.iter().collect();
    while let Some(node) = todo.pop() {
        let flow = text[node.span.start as usize..].starts_with(['[', '{']);
        match &node.kind {
            Kind::Sequence(items) if !flow => todo.extend(items),
            Kind::Mapping(entries) if !flow => {
                todo.extend(entries.iter().flat_map(|(key, value)| [key, value]));
            }
            _ => spans.push(node.span.range()),
        }
    }
    spans.sort_by_key(|span| span.start);
    let inside = |at: usize| {
        let after = spans.partition_point(|span| span.start <= at);
        after > 0 && spans[after - 1].end > at
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lead = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'-')).count();
        let lead = &line[..lead];
        if let Some(tab) = lead.find('\t')
            && !inside(start + tab)
        {
            return Err("yaml: found character that cannot start any token".to_owned());
        }
        start += line.len();
    }
    Ok(())
}

/// Whether a key merges another map into its own: `<<`.
pub fn is_merge(key: &Node) -> bool {
    match &key.kind {
        Kind::Scalar { text, style } => {
            &**text == "<<"
                && (*style == Style::Plain || key.core_tag() == Some("merge"))
                && matches!(key.core_tag(), None | Some("merge"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_is_refused_where_a_token_could_start() {
        let check = |text: &str| check_tabs(text, &crate::yaml::parse(text).unwrap());
        assert!(check("\t- x").is_err());
        assert!(check("a: 1\n\t\nb: 2\n").is_err());
        assert!(check("b: [1,\n\t2]\nc: |\n  x\n  \ty\n").is_ok());
    }

    #[test]
    fn truth_is_that_of_yaml_1_1() {
        for (text, expected) in [("on", true), ("No", false), ("y", true), ("true", true)] {
            assert_eq!(plain(text), Scalar::Bool(expected), "{text}");
        }
        assert_eq!(plain("oN"), Scalar::Text("oN".into()));
    }
}
