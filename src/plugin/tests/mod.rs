//! Replays recorded conversations, breaks them, and plays the agent.

mod broken;
mod formats;
mod host;
mod replay;
mod sockets;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Value as Json, json};

use super::gob::{Decoder, Value};
use super::{Gathered, Gathering, Serve};

/// The shared acceptance data beside the checkout, if it is there.
fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/plugin/fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no shared acceptance data beside the checkout");
    None
}

/// The conversations that we recorded ourselves.
fn own() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire")
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Which side spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Host,
    Plugin,
}

/// What was said, chunk by chunk.
type Conversation = Vec<(Side, Vec<u8>)>;

/// The conversations in a folder, with their names.
fn conversations(folder: &std::path::Path) -> Vec<(String, Conversation)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("session-") && name.ends_with(".txt")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap()["session-".len()..].to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let chunks = text.lines().filter_map(|line| {
                let side = match line.split_once(' ')? {
                    (">", hex) => (Side::Host, hex),
                    ("<", hex) => (Side::Plugin, hex),
                    _ => return None,
                };
                Some((side.0, bytes(side.1)))
            });
            (name, chunks.collect())
        })
        .collect();
    found.sort_by(|a: &(String, _), b| a.0.cmp(&b.0));
    found
}

/// Puts a side's frames apart: what it sent on each stream, and its other frames.
fn streams(wire: &[u8]) -> (BTreeMap<u32, Vec<u8>>, Vec<[u8; 12]>) {
    let (mut data, mut others) = (BTreeMap::<u32, Vec<u8>>::new(), Vec::new());
    let mut rest = wire;
    while let Some((header, after)) = rest.split_first_chunk::<12>() {
        let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        rest = after;
        if header[1] == 0 {
            let (body, after) = rest.split_at(rest.len().min(number(8) as usize));
            data.entry(number(4)).or_default().extend(body);
            rest = after;
        } else {
            others.push(*header);
        }
    }
    (data, others)
}

/// Every value of one direction of a stream.
fn values(mut stream: &[u8]) -> Vec<Value> {
    let mut decoder = Decoder::default();
    let mut values = Vec::new();
    loop {
        let progress = decoder.next(stream).unwrap();
        stream = &stream[progress.consumed..];
        match progress.value {
            Some(value) => values.push(value),
            None => return values,
        }
    }
}

/// A decoded value as JSON, in the notation of the recordings.
fn json(value: &Value) -> Json {
    match value {
        Value::Bool(is_true) => json!(is_true),
        Value::Int(number) => json!(number),
        Value::Uint(number) => json!(number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            json!(*number as i64)
        }
        Value::Float(number) => json!(number),
        Value::Bytes(bytes) => {
            json!({"$hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()})
        }
        Value::Text(text) => json!(text),
        Value::Complex(real, imaginary) => {
            json!({"$complex": [json(&Value::Float(*real)), json(&Value::Float(*imaginary))]})
        }
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| match key {
                Value::Text(key) => (key.clone(), json(value)),
                other => (format!("{other:?}"), json(value)),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Struct(fields) => fields
            .iter()
            .map(|(name, value)| (name.to_string(), json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Interface(None) => Json::Null,
        Value::Interface(Some(inner)) => json!({"$type": inner.0, "$value": json(&inner.1)}),
    }
}

/// A source of facts that answers what a table says: an argument's outcomes one after another,
/// the last of them for good.
#[derive(Default)]
struct Table(BTreeMap<String, Mutex<VecDeque<Gathered>>>);

impl Table {
    fn of(entries: &[(&str, Json)]) -> Table {
        let mut table = Table::default();
        for (argument, value) in entries {
            table.add(argument, Gathered::Value(value.clone()));
        }
        table
    }

    fn add(&mut self, argument: &str, outcome: Gathered) {
        self.0.entry(argument.to_owned()).or_default().get_mut().unwrap().push_back(outcome);
    }
}

impl Serve for Table {
    fn arguments(&self) -> Vec<String> {
        self.0.keys().cloned().chain(["panic".to_owned()]).collect()
    }

    fn gathering(&self, work: &mut dyn FnMut(&mut dyn Gathering)) {
        work(&mut Row(self));
    }
}

struct Row<'a>(&'a Table);

impl Gathering for Row<'_> {
    fn gather(&mut self, argument: &str) -> Gathered {
        let Some(outcomes) = self.0.0.get(argument) else { panic!("as it was asked to") };
        let mut outcomes = outcomes.lock().unwrap();
        let first = outcomes.pop_front().unwrap();
        if outcomes.is_empty() {
            outcomes.push_back(first.clone());
        }
        first
    }
}
