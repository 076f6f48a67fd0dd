//! gob, facts, the log and the handshake, each for itself.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use super::super::fact::{self, DEFINITIONS, Fact, FactRequest, FactValue};
use super::super::gob::{self, Content, Decoder, Invalid};
use super::super::log::Log;
use super::super::{GatherError, handshake};
use super::{bytes, json as to_json, shared, values};

#[test]
fn recorded_gob_streams_decode_to_the_values_go_wrote() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("gob-vectors.txt")).unwrap();
    let mut count = 0;
    for case in text.split("\n\n") {
        let field = |name: &str| case.lines().find_map(|line| line.strip_prefix(name));
        let Some(name) = field("name ") else { continue };
        let stream = bytes(field("hex ").unwrap());
        let want: Json = serde_json::from_str(field("want ").unwrap()).unwrap();
        let got: Json = values(&stream).iter().map(to_json).collect();
        assert_eq!(got, want, "{name}");
        count += 1;
    }
    eprintln!("gob streams decoded: {count}");
    assert!(count >= 52);
}

#[test]
fn definitions_are_those_the_agents_accepted() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("preamble.txt")).unwrap();
    let want: Vec<u8> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| bytes(line.split(' ').next().unwrap()))
        .collect();
    assert_eq!(*DEFINITIONS, want);
    assert_eq!(DEFINITIONS.len(), 510);
}

#[test]
fn numbers_take_as_few_bytes_as_they_need() {
    let written = |number: u64| {
        let mut out = Vec::new();
        gob::message(&mut out, Content::new().uint(number));
        out[1..].to_vec()
    };
    assert_eq!(written(0), [0]);
    assert_eq!(written(127), [127]);
    assert_eq!(written(128), [0xff, 0x80]);
    assert_eq!(written(256), [0xfe, 1, 0]);
    assert_eq!(written(u64::MAX), [0xf8, 255, 255, 255, 255, 255, 255, 255, 255]);
}

#[test]
fn values_survive_the_way_through_gob() {
    let value = json!({
        "text": "żółw 🐢", "empty": "", "zero": 0, "least": i64::MIN, "most": i64::MAX,
        "half": 0.5, "yes": true, "no": false, "list": [1, "a", [], {}], "map": {"a": {"b": [[]]}},
    });
    let request = FactRequest { name: "n".into(), ..FactRequest::default() };
    let outcome = Ok(FactValue::from_json(&value).unwrap());
    let mut stream = DEFINITIONS.clone();
    let facts = [Fact { request: &request, outcome: &outcome }];
    gob::message(&mut stream, &fact::body(facts.into_iter()));
    let read = to_json(&values(&stream)[0]);
    assert_eq!(plain(&read[0]["Value"]), value);
}

/// A fact value without the names of its types.
pub fn plain(value: &Json) -> Json {
    let name = value["$type"].as_str().unwrap_or_default();
    let inner = &value["$value"]["Value"];
    match name.trim_start_matches("*entities.FactValue") {
        "String" => json!(inner.as_str().unwrap_or_default()),
        "Int" => json!(inner.as_i64().unwrap_or_default()),
        "Float" if inner.is_null() => json!(0),
        "Float" => inner.clone(),
        "Bool" => json!(inner.as_bool().unwrap_or_default()),
        "List" => inner.as_array().into_iter().flatten().map(plain).collect(),
        "Map" => inner
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => panic!("a fact value of type {other:?}: {value}"),
    }
}

#[test]
fn null_never_leaves() {
    let refused = |value: Json| FactValue::from_json(&value).unwrap_err().kind;
    assert_eq!(refused(json!(null)), "alloy-value-error");
    assert_eq!(refused(json!([1, null])), "alloy-value-error");
    assert_eq!(refused(json!({"a": [null]})), "alloy-value-error");
    assert!(FactValue::from_json(&json!({"a": null, "b": 1})).is_ok());
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(refused(deep), "alloy-value-error");
}

#[test]
fn an_error_fact_has_no_value_and_a_fact_with_value_no_error() {
    let request = FactRequest { check_id: "C".into(), ..FactRequest::default() };
    let failed = Err(GatherError::new("kind", "why"));
    let empty = Err(GatherError::new("", ""));
    let mut stream = DEFINITIONS.clone();
    let facts = [&failed, &empty].map(|outcome| Fact { request: &request, outcome });
    gob::message(&mut stream, &fact::body(facts.into_iter()));
    let want = json!([
        {"CheckID": "C", "Error": {"Message": "why", "Type": "kind"}},
        {"CheckID": "C", "Error": {}},
    ]);
    assert_eq!(to_json(&values(&stream)[0]), want);
}

#[test]
fn a_message_may_not_hold_more_values_than_memory_bears() {
    // A list of a million empty strings: one byte each on the wire, far more in memory.
    let mut stream = Vec::new();
    gob::message(&mut stream, &gob::definition(64, "", gob::Shape::Slice(6)));
    let mut content = Content::new();
    content.int(64).uint(0).uint(1 << 20);
    for _ in 0..1 << 20 {
        content.uint(0);
    }
    gob::message(&mut stream, &content);
    let read = Decoder::default().next(&stream);
    assert_eq!(read, Err(Invalid("a message holds too many values")));
}

#[test]
fn a_type_that_holds_itself_ends_at_the_depth_limit() {
    let mut stream = Vec::new();
    gob::message(&mut stream, &gob::definition(64, "", gob::Shape::Slice(64)));
    let mut content = Content::new();
    content.int(64).uint(0);
    for _ in 0..10_000 {
        content.uint(1);
    }
    gob::message(&mut stream, &content);
    let read = Decoder::default().next(&stream);
    assert_eq!(read, Err(Invalid("values are nested too deeply")));
}

#[test]
fn definitions_may_not_fill_the_memory() {
    let name = "x".repeat(100_000);
    let mut decoder = Decoder::default();
    let mut refused = None;
    for id in 64..80 {
        let mut stream = Vec::new();
        gob::message(&mut stream, &gob::definition(id, "", gob::Shape::Struct(&[(&name, 6)])));
        refused = refused.or(decoder.next(&stream).err());
    }
    assert_eq!(refused, Some(Invalid("the type definitions are too long")));
}

#[test]
fn a_message_longer_than_the_limit_is_refused_before_it_arrives() {
    let read = Decoder::default().next(&[0xfb, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(read, Err(Invalid("a message is too long")));
}

/// A writer that others can look into.
#[derive(Clone, Default)]
pub struct Shared(pub Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_of_the_log_is_one_line_with_a_level() {
    let written = Shared::default();
    let log = Log::new(Box::new(written.clone()));
    log.warn("one\ntwo\u{1b}[31m");
    log.error(&"x".repeat(100_000));
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r"[WARN] alloy: one\ntwo\u{1b}[31m");
    assert!(lines[1].starts_with("[ERROR] alloy: xxx") && lines[1].len() < 5000);
    assert_eq!(lines.len(), 2);
}

fn environment<'a>(entries: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| entries.iter().find(|entry| entry.0 == name).map(|entry| entry.1.to_owned())
}

#[test]
fn the_line_names_a_socket_in_a_private_folder_that_vanishes() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().to_str().unwrap();
    let entries = [("TRENTO_PLUGIN", "gatherer"), ("TMPDIR", base)];
    let listener = handshake::listen(&environment(&entries)).unwrap();
    let mut line = Vec::new();
    listener.announce(&mut line).unwrap();
    let line = String::from_utf8(line).unwrap();
    let fields: Vec<&str> = line.strip_suffix('\n').unwrap().split('|').collect();
    assert_eq!(fields.len(), 6);
    assert_eq!((fields[0], fields[1], fields[2]), ("1", "1", "unix"));
    assert_eq!((fields[4], fields[5]), ("netrpc", ""));
    let socket = std::path::Path::new(fields[3]);
    assert!(socket.starts_with(base));
    let mode = socket.parent().unwrap().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    drop(listener);
    assert_eq!(std::fs::read_dir(base).unwrap().count(), 0);
}

#[test]
fn without_the_cookie_or_with_tls_it_does_not_begin() {
    let no_cookie = handshake::listen(&environment(&[])).unwrap_err();
    assert!(no_cookie.contains("plugins folder"));
    let entries = [("TRENTO_PLUGIN", "gatherer"), ("PLUGIN_CLIENT_CERT", "-----BEGIN")];
    assert!(handshake::listen(&environment(&entries)).unwrap_err().contains("TLS"));
}

#[test]
fn a_folder_too_long_for_a_socket_is_passed_over() {
    let long = format!("/tmp/{}", "x".repeat(120));
    let entries = [("TRENTO_PLUGIN", "gatherer"), ("PLUGIN_UNIX_SOCKET_DIR", long.as_str())];
    assert!(handshake::listen(&environment(&entries)).is_ok());
}
