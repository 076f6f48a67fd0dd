//! From extracted facts (JSON) to `facts.tsv`: one fact a line, fields separated by tabs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

/// What stands above the facts.
const HEAD: &str = "\
# Facts about Grafana Alloy: names, types, defaults and accepted values of its configuration.
# Extracted from the sources of github.com/grafana/alloy, Copyright Grafana Labs, Apache-2.0.
# One fact a line, separated by tabs; README.md beside this file describes the columns.
";

/// Reads `versions/components.jsonl` and `components-main-*.json` and writes the lines.
pub fn facts(from: &Path) -> io::Result<String> {
    let lines = fs::read_to_string(from.join("versions/components.jsonl"))?;
    let mut lines = lines.lines().map(serde_json::from_str::<Value>);
    let head = lines.next().ok_or_else(|| io::Error::other("no first line"))??;
    let newest = newest(from)?;
    let mut out = HEAD.to_owned();
    for version in head["versions"].as_array().into_iter().flatten() {
        let name = text(version);
        line(
            &mut out,
            &["version", name, text(&head["dates"][name]), text(&head["commits"][name])],
        );
    }
    let mut rest: Vec<Value> = lines.collect::<Result<_, _>>()?;
    rest.sort_by_key(|fact| (rank(text(&fact["e"])), text(&fact["id"]).to_owned()));
    for fact in &rest {
        match text(&fact["e"]) {
            "components" => entry(&mut out, "component", fact, &newest["deprecated_in_docs"]),
            "config_blocks" => entry(&mut out, "config", fact, &Value::Null),
            "services" => entry(&mut out, "service", fact, &Value::Null),
            "stdlib" => function(&mut out, fact, &newest["stdlib"][text(&fact["id"])]),
            "codecs" => codec(&mut out, fact, &newest["codecs"][text(&fact["id"])]),
            _ => body(&mut out, fact, &newest["types"][text(&fact["id"])]),
        }
    }
    Ok(out)
}

fn newest(from: &Path) -> io::Result<Value> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("components-main-") {
            return Ok(serde_json::from_slice(&fs::read(&path)?)?);
        }
    }
    Err(io::Error::other("no components-main-*.json"))
}

fn rank(section: &str) -> usize {
    let order = ["components", "config_blocks", "services", "stdlib", "codecs", "types"];
    order.iter().position(|name| *name == section).unwrap_or(order.len())
}

fn entry(out: &mut String, kind: &str, fact: &Value, deprecated: &Value) {
    let id = text(&fact["id"]);
    let deprecated: Vec<&str> = deprecated[id].as_array().into_iter().flatten().map(text).collect();
    let community = fact["community"].as_bool() == Some(true);
    line(
        out,
        &[
            kind,
            id,
            within(fact),
            if community { "community" } else { text(&fact["stability"]) },
            text(&fact["args"]),
            text(&fact["exports"]),
            text(&fact["label"]),
            text(&fact["note"]),
            &deprecated.join(" "),
        ],
    );
}

fn function(out: &mut String, fact: &Value, newest: &Value) {
    let mut flags = Vec::new();
    for flag in ["deprecated", "experimental"] {
        if fact[flag].as_bool() == Some(true) {
            flags.push(flag);
        }
    }
    let arguments: Vec<&str> = newest["args"].as_array().into_iter().flatten().map(text).collect();
    let value = if fact["t"].is_string() { text(&fact["t"]) } else { text(&newest["returns"]) };
    line(
        out,
        &[
            "function",
            text(&fact["id"]),
            within(fact),
            text(&fact["k"]),
            &flags.join(" "),
            &arguments.join(", "),
            value,
        ],
    );
}

fn codec(out: &mut String, fact: &Value, newest: &Value) {
    let errors = &newest["errors"];
    let is_capsule = text(&fact["alloy"]) == "capsule";
    let mut flags: Vec<&str> = Vec::new();
    for flag in ["fold", "open", "random"] {
        if newest[flag].as_bool() == Some(true) {
            flags.push(flag);
        }
    }
    let is_known = is_capsule && errors.is_object();
    for (literal, flag) in [("{}", "from_object"), ("\"zzz\"", "from_string")] {
        if is_known && errors[literal].is_null() {
            flags.push(flag);
        }
    }
    let probe = text(&errors["\"zzz\""]);
    let message = match probe.replace("\"zzz\"", "%q") {
        quoted if quoted != probe => quoted,
        _ => probe.replace("zzz", "%s"),
    };
    let accepts: Vec<&str> = newest["accepts"].as_array().into_iter().flatten().map(text).collect();
    let into: Vec<&str> = newest["into"].as_array().into_iter().flatten().map(text).collect();
    line(
        out,
        &[
            "codec",
            text(&fact["id"]),
            within(fact),
            text(&fact["alloy"]),
            text(&fact["kind"]),
            &flags.join(" "),
            if accepts.is_empty() { "" } else { &message },
            text(&errors["null"]),
            text(&fact["elem"]),
            &into.join(" "),
            &accepts.join("|"),
        ],
    );
}

fn body(out: &mut String, fact: &Value, newest: &Value) {
    line(out, &["type", text(&fact["id"]), within(fact), &methods(&fact["is"])]);
    let known: BTreeMap<&str, &Value> = newest["f"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|field| (text(&field["n"]), field))
        .collect();
    for field in fact["f"].as_array().into_iter().flatten() {
        let name = text(&field["n"]);
        let same = known.get(name).filter(|known| known["t"] == field["t"]);
        let of_newest = |key: &str| same.map_or("", |known| text(&known[key]));
        let repeat = match &field["m"] {
            Value::Bool(true) => "*".to_owned(),
            Value::Number(count) => count.to_string(),
            _ => String::new(),
        };
        let required = if field["r"].as_bool() == Some(true) { "!" } else { "" };
        line(
            out,
            &[
                "",
                name,
                text(&field["k"]),
                &format!("{required}{repeat}"),
                within(field),
                text(&field["t"]),
                of_newest("d"),
                of_newest("absent"),
                text(&field["deprecated"]),
            ],
        );
    }
}

/// `default validate` everywhere, or `default@..v1.11.3,v1.12.0.. …` where it changed.
fn methods(is: &Value) -> String {
    let mut ranges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    match is {
        Value::Array(names) => return names.iter().map(text).collect::<Vec<&str>>().join(" "),
        Value::Object(by_range) => {
            for (range, names) in by_range {
                for name in names.as_array().into_iter().flatten() {
                    ranges.entry(text(name)).or_default().push(range);
                }
            }
        }
        _ => {}
    }
    let mut out = String::new();
    for (name, ranges) in ranges {
        let gap = if out.is_empty() { "" } else { " " };
        let _ = write!(out, "{gap}{name}@{}", ranges.join(","));
    }
    out
}

fn within(fact: &Value) -> &str {
    text(&fact["in"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn line(out: &mut String, columns: &[&str]) {
    let columns: Vec<String> =
        columns.iter().map(|column| column.replace(['\t', '\n'], " ")).collect();
    out.push_str(columns.join("\t").trim_end_matches('\t'));
    out.push('\n');
}
