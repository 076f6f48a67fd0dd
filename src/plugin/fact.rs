//! Facts and the requests for them, as the agent's gob types.
//!
//! The only place that knows the agent's names of types and the ids we give them. A fact always
//! has a value or an error, and a value has no nil in it: a nil kills the agent.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::GatherError;
use super::gob::{self, Content, Shape, Value, builtin};

/// The type of `Response`, the head of every answer.
pub const RESPONSE: i64 = 64;
/// The type of the empty structure.
pub const EMPTY: i64 = 65;
const FACTS: i64 = 66;
const FACT: i64 = 67;
const GATHERING_ERROR: i64 = 68;
const TEXT: i64 = 69;
const INT: i64 = 70;
const FLOAT: i64 = 71;
const BOOL: i64 = 72;
const LIST: i64 = 73;
const VALUES: i64 = 74;
const MAP: i64 = 75;
const VALUE_MAP: i64 = 76;

/// How deep a value may nest before it becomes an error.
const MAX_DEPTH: usize = 64;

/// The messages that define every type we send, once at the beginning of a stream.
pub static DEFINITIONS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let structures: [(i64, &str, Shape<'_>); 13] = [
        (
            RESPONSE,
            "Response",
            Shape::Struct(&[
                ("ServiceMethod", builtin::STRING),
                ("Seq", builtin::UINT),
                ("Error", builtin::STRING),
            ]),
        ),
        (EMPTY, "", Shape::Struct(&[])),
        (FACTS, "", Shape::Slice(FACT)),
        (
            FACT,
            "Fact",
            Shape::Struct(&[
                ("Name", builtin::STRING),
                ("CheckID", builtin::STRING),
                ("Value", builtin::INTERFACE),
                ("Error", GATHERING_ERROR),
            ]),
        ),
        (
            GATHERING_ERROR,
            "FactGatheringError",
            Shape::Struct(&[("Message", builtin::STRING), ("Type", builtin::STRING)]),
        ),
        (TEXT, "FactValueString", Shape::Struct(&[("Value", builtin::STRING)])),
        (INT, "FactValueInt", Shape::Struct(&[("Value", builtin::INT)])),
        (FLOAT, "FactValueFloat", Shape::Struct(&[("Value", builtin::FLOAT)])),
        (BOOL, "FactValueBool", Shape::Struct(&[("Value", builtin::BOOL)])),
        (LIST, "FactValueList", Shape::Struct(&[("Value", VALUES)])),
        (VALUES, "[]entities.FactValue", Shape::Slice(builtin::INTERFACE)),
        (MAP, "FactValueMap", Shape::Struct(&[("Value", VALUE_MAP)])),
        (VALUE_MAP, "map[string]entities.FactValue", Shape::StringMap(builtin::INTERFACE)),
    ];
    let mut stream = Vec::new();
    for (id, name, shape) in structures {
        gob::message(&mut stream, &gob::definition(id, name, shape));
    }
    stream
});

/// A request for one fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactRequest {
    /// What the check calls the fact.
    pub name: String,
    /// The check that wants it; empty when the administrator asks.
    pub check_id: String,
    /// What is to be gathered.
    pub argument: String,
}

/// Takes the requests out of the decoded body of a gathering.
pub fn requests(items: Vec<Value>) -> Vec<FactRequest> {
    let read = |mut item: Value| FactRequest {
        name: item.take_text("Name"),
        check_id: item.take_text("CheckID"),
        argument: item.take_text("Argument"),
    };
    items.into_iter().map(read).collect()
}

/// A value that a fact can have: there is no nil among them.
#[derive(Clone, Debug)]
pub struct FactValue(Content);

impl FactValue {
    /// Turns JSON into a fact value. Keys of a map whose value is null are left out, as a check
    /// tells a missing key and null apart only by more work; null anywhere else is an error.
    ///
    /// # Errors
    /// The value is or holds a null that cannot be left out, or nests too deeply.
    pub fn from_json(json: &Json) -> Result<FactValue, GatherError> {
        let mut out = Content::new();
        write_value(&mut out, json, 0)?;
        Ok(FactValue(out))
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.0.size()
    }
}

/// Writes a value as an interface: the name of its type, the type, the length, the value.
fn write_value(out: &mut Content, json: &Json, depth: usize) -> Result<(), GatherError> {
    if depth > MAX_DEPTH {
        return Err(unsendable("it is nested too deeply"));
    }
    let mut field = Content::new();
    let (name, kind) = match json {
        Json::Null => return Err(unsendable("it is or holds a null")),
        Json::Bool(is_true) => {
            if *is_true {
                field.uint(1).uint(1);
            }
            ("Bool", BOOL)
        }
        Json::Number(number) => write_number(&mut field, number)?,
        Json::String(text) => {
            field.text_field(&mut 1, text);
            ("String", TEXT)
        }
        Json::Array(items) => {
            if !items.is_empty() {
                field.uint(1).uint(items.len() as u64);
                for item in items {
                    write_value(&mut field, item, depth + 1)?;
                }
            }
            ("List", LIST)
        }
        Json::Object(entries) => {
            let present = entries.iter().filter(|(_, value)| !value.is_null());
            // An empty map is sent as one, not left out: Go would read a nil map.
            field.uint(1).uint(present.clone().count() as u64);
            for (key, value) in present {
                field.text(key);
                write_value(&mut field, value, depth + 1)?;
            }
            ("Map", MAP)
        }
    };
    // The end of the structure that wraps the value.
    field.uint(0);
    out.text(&format!("*entities.FactValue{name}")).int(kind);
    out.uint(field.size() as u64).append(&field);
    Ok(())
}

/// Writes the field of a number, and says which type has it.
fn write_number(
    field: &mut Content,
    number: &serde_json::Number,
) -> Result<(&'static str, i64), GatherError> {
    if let Some(whole) = number.as_i64() {
        if whole != 0 {
            field.uint(1).int(whole);
        }
        return Ok(("Int", INT));
    }
    let float = number.as_f64().filter(|float| float.is_finite());
    let float = float.ok_or_else(|| unsendable("it holds a number without a value"))?;
    if float != 0.0 {
        field.uint(1).float(float);
    }
    Ok(("Float", FLOAT))
}

fn unsendable(why: &str) -> GatherError {
    GatherError::new(
        "alloy-value-error",
        format!("the fact's value cannot be sent to the agent: {why}"),
    )
}

/// A fact, ready to be sent: what was asked for, and its value or why there is none.
#[derive(Clone, Debug)]
pub struct Fact<'a> {
    /// The request that it answers.
    pub request: &'a FactRequest,
    /// What came of it.
    pub outcome: &'a Result<FactValue, GatherError>,
}

/// Writes facts as the body of an answer.
pub fn body<'a>(facts: impl ExactSizeIterator<Item = Fact<'a>>) -> Content {
    let mut out = Content::new();
    out.int(FACTS).uint(0).uint(facts.len() as u64);
    for fact in facts {
        let mut delta = 1;
        out.text_field(&mut delta, &fact.request.name);
        out.text_field(&mut delta, &fact.request.check_id);
        match fact.outcome {
            Ok(FactValue(value)) => out.uint(delta).append(value),
            Err(error) => {
                out.uint(delta + 1);
                let mut delta = 1;
                out.text_field(&mut delta, &error.message);
                out.text_field(&mut delta, &error.kind).uint(0)
            }
        };
        out.uint(0);
    }
    out
}
