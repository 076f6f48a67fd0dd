//! The JSON that commands print, held to the schemas of docs/schema.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

/// The keywords of JSON Schema that the schemas use, all of which are checked here.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$defs",
    "$ref",
    "title",
    "type",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "minimum",
];

/// The schemas, and command lines whose output they describe.
const OUTPUTS: &[(&str, &[&str])] = &[
    ("check", &["check", "--root", "docs/examples/hosts/drifted", "--format", "json"]),
    ("check", &["check", "--root", "docs/examples/hosts/good", "--format", "json"]),
    ("check", &["check", "tests/cmd/input/wrong.alloy", "--format", "json"]),
    ("check-hosts", &["check", "--hosts", HOSTS, BROKEN, "--format", "json"]),
    ("check-hosts-line", &["check", "--hosts", DRIFTED, "--format", "jsonl"]),
    ("check-hosts-line", &["check", "--hosts", BROKEN, "--format", "jsonl"]),
    ("validate", &["validate", "tests/cmd/input/wrong.alloy", "--format", "json"]),
    ("validate", &["validate", "tests/cmd/input/broken.alloy", "--strict", "--format", "json"]),
    ("diff", &["diff", "--root", "docs/examples/hosts/drifted", "--format", "json"]),
    ("catalog-lint", &["catalog", "lint", "tests/cmd/input/misspelt.yaml", "--format", "json"]),
    ("facts-series", &["facts", "gather", "--root", DRIFTED, "--argument", "series"]),
    ("inspect-graph", &["inspect", "graph", "--root", DRIFTED, "--format", "json"]),
    ("inspect-settings", &["inspect", "settings", "--root", DRIFTED, "--format", "json"]),
    ("inspect-sources", &["inspect", "sources", "--root", DRIFTED, "--format", "json"]),
];

const HOSTS: &str = "docs/examples/hosts";
/// No archive, for all that it is named as one.
const BROKEN: &str = "README.md";
const DRIFTED: &str = "docs/examples/hosts/drifted";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema(name: &str) -> Json {
    let path = root().join(format!("docs/schema/{name}.schema.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    serde_json::from_str(&text).expect("a schema is JSON")
}

#[test]
fn what_commands_print_has_the_shape_of_its_schema() {
    for (name, args) in OUTPUTS {
        let output = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(*args)
            .current_dir(root())
            .env_clear()
            .output()
            .expect("the program runs");
        let value: Json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|it| panic!("{args:?}: {it}: {output:?}"));
        let schema = schema(name);
        let mut faults = Vec::new();
        hold(&value, &schema, &schema, "", &mut faults);
        assert!(faults.is_empty(), "{args:?}: {faults:#?}");
        if let Json::Array(items) = &value {
            assert!(!items.is_empty(), "{args:?} shows no item");
        }
    }
}

#[test]
fn every_schema_is_tested_and_named_on_its_page() {
    let page = fs::read_to_string(root().join("docs/schema/README.md")).expect("the page is there");
    for entry in fs::read_dir(root().join("docs/schema")).expect("the folder is there") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let Some(name) = name.strip_suffix(".schema.json") else { continue };
        assert!(OUTPUTS.iter().any(|(tested, _)| *tested == name), "{name} is not tested");
        assert!(page.contains(&format!("({name}.schema.json)")), "{name} is not on the page");
    }
}

#[test]
fn a_value_of_another_shape_is_noticed() {
    let schema = schema("validate");
    let wrong = serde_json::json!({"schema_version": 2, "ok": "yes", "other": 1});
    let mut faults = Vec::new();
    hold(&wrong, &schema, &schema, "", &mut faults);
    assert_eq!(faults.len(), 4, "{faults:#?}");
}

/// Notes where a value is not as a schema says.
fn hold(value: &Json, schema: &Json, whole: &Json, at: &str, faults: &mut Vec<String>) {
    let object = schema.as_object().expect("a schema is an object");
    for keyword in object.keys() {
        assert!(KEYWORDS.contains(&keyword.as_str()), "{keyword} is not checked by this test");
    }
    if let Some(reference) = object.get("$ref").and_then(Json::as_str) {
        let target = whole.pointer(reference.trim_start_matches('#')).expect("a reference leads");
        return hold(value, target, whole, at, faults);
    }
    if let Some(expected) = object.get("const").filter(|it| *it != value) {
        faults.push(format!("{at} is not {expected}"));
    }
    let listed = object.get("enum").and_then(Json::as_array);
    if listed.is_some_and(|listed| !listed.contains(value)) {
        faults.push(format!("{at} is {value}"));
    }
    if let Some(kinds) = object.get("type")
        && !kinds.as_array().unwrap_or(&vec![kinds.clone()]).iter().any(|it| is_of(value, it))
    {
        faults.push(format!("{at} is {value}, not of type {kinds}"));
    }
    let least = object.get("minimum").and_then(Json::as_i64);
    if least.is_some_and(|least| value.as_i64().is_some_and(|number| number < least)) {
        faults.push(format!("{at} is {value}"));
    }
    if let Some(options) = object.get("anyOf").and_then(Json::as_array) {
        let fits = |option: &Json| {
            let mut faults = Vec::new();
            hold(value, option, whole, at, &mut faults);
            faults.is_empty()
        };
        if !options.iter().any(fits) {
            faults.push(format!("{at} fits none of the shapes: {value}"));
        }
    }
    if let (Some(items), Some(item)) = (value.as_array(), object.get("items")) {
        for (index, one) in items.iter().enumerate() {
            hold(one, item, whole, &format!("{at}/{index}"), faults);
        }
    }
    hold_keys(value, object, whole, at, faults);
}

fn hold_keys(
    value: &Json,
    schema: &serde_json::Map<String, Json>,
    whole: &Json,
    at: &str,
    faults: &mut Vec<String>,
) {
    let Some(keys) = value.as_object() else { return };
    for name in schema.get("required").and_then(Json::as_array).into_iter().flatten() {
        if !name.as_str().is_some_and(|name| keys.contains_key(name)) {
            faults.push(format!("{at} has no {name}"));
        }
    }
    let known = schema.get("properties").and_then(Json::as_object);
    let others = schema.get("additionalProperties");
    for (name, inner) in keys {
        let at = format!("{at}/{name}");
        match (known.and_then(|known| known.get(name)), others) {
            (Some(schema), _) => hold(inner, schema, whole, &at, faults),
            (None, Some(Json::Bool(false))) => faults.push(format!("{at} is not in the schema")),
            (None, Some(schema @ Json::Object(_))) => hold(inner, schema, whole, &at, faults),
            (None, _) => {}
        }
    }
}

fn is_of(value: &Json, kind: &Json) -> bool {
    match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => panic!("the type {kind} is not checked by this test"),
    }
}

/// The schemas say which draft they are written in.
#[test]
fn schemas_name_their_draft() {
    for (name, _) in OUTPUTS {
        let draft = schema(name)["$schema"].as_str().unwrap_or_default().to_owned();
        assert_eq!(draft, "https://json-schema.org/draft/2020-12/schema", "{name}");
    }
    assert!(Path::new(&root().join("docs/schema/README.md")).exists());
}
