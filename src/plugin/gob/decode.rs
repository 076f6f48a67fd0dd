//! Reads gob: messages to values, by the types the stream itself defines.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cursor::{Cursor, Read, Stop};
use super::{Invalid, MAX_DEPTH, MAX_TYPE_BYTES, MAX_TYPES, Value, builtin};

/// The first id that a stream may define itself.
const FIRST_USER_ID: i64 = 64;
/// How often a value that is split over messages is tried again as more of them arrive.
const MAX_RETRIES: usize = 256;

// Ids of the types that describe types; Go fixes them, except the last, which is ours.
const WIRE_TYPE: i64 = 16;
const ARRAY_TYPE: i64 = 17;
const COMMON_TYPE: i64 = 18;
const SLICE_TYPE: i64 = 19;
const STRUCT_TYPE: i64 = 20;
const FIELD_TYPE: i64 = 21;
const FIELD_TYPES: i64 = 22;
const MAP_TYPE: i64 = 23;
const OPAQUE_TYPE: i64 = 24;

/// One direction of a stream: the types it has defined so far.
#[derive(Debug)]
pub struct Decoder {
    types: BTreeMap<i64, Arc<Type>>,
    type_bytes: usize,
    retries: usize,
    /// Where the message begins that a split value waits for, counted from the value's first.
    waits_at: usize,
}

/// What a call of [`Decoder::next`] came to.
#[derive(Debug, PartialEq)]
pub struct Progress {
    /// How many bytes of the input are done with.
    pub consumed: usize,
    /// The value, if the input held a whole one.
    pub value: Option<Value>,
}

#[derive(Debug)]
enum Type {
    Struct(Vec<(Arc<str>, i64)>),
    Slice(i64),
    Array(i64, u64),
    Map(i64, i64),
    /// A type with its own encoding: bytes to us.
    Opaque,
}

/// A type that was defined in the middle of a value.
struct Learnt {
    id: i64,
    bytes: usize,
}

impl Default for Decoder {
    fn default() -> Decoder {
        let structure = |fields: &[(&str, i64)]| {
            Arc::new(Type::Struct(
                fields.iter().map(|(name, id)| (Arc::from(*name), *id)).collect(),
            ))
        };
        let common = ("CommonType", COMMON_TYPE);
        let types = BTreeMap::from([
            (
                WIRE_TYPE,
                structure(&[
                    ("ArrayT", ARRAY_TYPE),
                    ("SliceT", SLICE_TYPE),
                    ("StructT", STRUCT_TYPE),
                    ("MapT", MAP_TYPE),
                    ("GobEncoderT", OPAQUE_TYPE),
                    ("BinaryMarshalerT", OPAQUE_TYPE),
                    ("TextMarshalerT", OPAQUE_TYPE),
                ]),
            ),
            (ARRAY_TYPE, structure(&[common, ("Elem", builtin::INT), ("Len", builtin::INT)])),
            (COMMON_TYPE, structure(&[("Name", builtin::STRING), ("Id", builtin::INT)])),
            (SLICE_TYPE, structure(&[common, ("Elem", builtin::INT)])),
            (STRUCT_TYPE, structure(&[common, ("Field", FIELD_TYPES)])),
            (FIELD_TYPE, structure(&[("Name", builtin::STRING), ("Id", builtin::INT)])),
            (FIELD_TYPES, Arc::new(Type::Slice(FIELD_TYPE))),
            (MAP_TYPE, structure(&[common, ("Key", builtin::INT), ("Elem", builtin::INT)])),
            (OPAQUE_TYPE, structure(&[common])),
        ]);
        Decoder { types, type_bytes: 0, retries: 0, waits_at: 0 }
    }
}

impl Decoder {
    /// Reads the definitions and the one value that the input begins with.
    ///
    /// # Errors
    /// The input is no gob, or breaks a limit.
    pub fn next(&mut self, input: &[u8]) -> Result<Progress, Invalid> {
        let mut consumed = 0;
        if self.waits_at > 0 {
            let mut cursor = Cursor::at(input, self.waits_at);
            if matches!(cursor.enter_message(), Err(Stop::Incomplete)) {
                return Ok(Progress { consumed, value: None });
            }
            self.waits_at = 0;
        }
        loop {
            let mut cursor = Cursor::at(&input[consumed..], 0);
            let mut learnt = Vec::new();
            match self.message(&mut cursor, &mut learnt) {
                Ok(value) => {
                    consumed += cursor.next;
                    if value.is_some() {
                        self.retries = 0;
                        return Ok(Progress { consumed, value });
                    }
                }
                Err(Stop::Invalid(invalid)) => return Err(invalid),
                Err(Stop::Incomplete) => {
                    self.forget(&learnt);
                    self.waits_at = cursor.next;
                    self.retries += usize::from(cursor.next > 0);
                    if self.retries > MAX_RETRIES {
                        return Err(Invalid("a value is split over too many messages"));
                    }
                    return Ok(Progress { consumed, value: None });
                }
            }
        }
    }

    /// Reads one message: a definition, or a value with the messages it goes on in.
    fn message(
        &mut self,
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
    ) -> Read<Option<Value>> {
        cursor.enter_message()?;
        let id = cursor.int()?;
        if id < 0 {
            self.define(id, cursor, learnt)?;
            return match cursor.message.is_empty() {
                true => Ok(None),
                false => Err(Invalid("bytes follow a type definition").into()),
            };
        }
        self.top_level(id, cursor, learnt, 0).map(Some)
    }

    /// Reads a type definition and remembers it.
    fn define(&mut self, id: i64, cursor: &mut Cursor<'_>, learnt: &mut Vec<Learnt>) -> Read<()> {
        let id = id.checked_neg().ok_or(Invalid("a type id is out of range"))?;
        if id < FIRST_USER_ID || self.types.contains_key(&id) {
            return Err(Invalid("a type is defined twice").into());
        }
        if self.types.len() >= MAX_TYPES {
            return Err(Invalid("too many types are defined").into());
        }
        let before = cursor.message.len();
        let wire = self.value(WIRE_TYPE, cursor, learnt, 0)?;
        let bytes = before - cursor.message.len();
        if self.type_bytes + bytes > MAX_TYPE_BYTES {
            return Err(Invalid("the type definitions are too long").into());
        }
        self.types.insert(id, Arc::new(Type::from_wire(wire)?));
        self.type_bytes += bytes;
        learnt.push(Learnt { id, bytes });
        Ok(())
    }

    /// Forgets what was learnt from a value that has to be read again.
    fn forget(&mut self, learnt: &[Learnt]) {
        for Learnt { id, bytes } in learnt {
            self.types.remove(id);
            self.type_bytes -= bytes;
        }
    }

    /// Reads a value as it stands at top level and in an interface.
    fn top_level(
        &mut self,
        id: i64,
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
        depth: usize,
    ) -> Read<Value> {
        let is_struct = matches!(self.types.get(&id).map(|known| &**known), Some(Type::Struct(_)));
        if !is_struct && cursor.byte()? != 0 {
            return Err(Invalid("a value does not begin with its zero byte").into());
        }
        self.value(id, cursor, learnt, depth)
    }

    fn value(
        &mut self,
        id: i64,
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
        depth: usize,
    ) -> Read<Value> {
        if depth > MAX_DEPTH {
            return Err(Invalid("values are nested too deeply").into());
        }
        cursor.count_value()?;
        match id {
            builtin::BOOL => Ok(Value::Bool(cursor.uint()? != 0)),
            builtin::INT => Ok(Value::Int(cursor.int()?)),
            builtin::UINT => Ok(Value::Uint(cursor.uint()?)),
            builtin::FLOAT => Ok(Value::Float(cursor.float()?)),
            builtin::BYTES => Ok(Value::Bytes(cursor.bytes()?.to_vec())),
            builtin::STRING => Ok(Value::Text(cursor.text()?)),
            builtin::COMPLEX => Ok(Value::Complex(cursor.float()?, cursor.float()?)),
            builtin::INTERFACE => self.interface(cursor, learnt, depth),
            _ => {
                let known = self.types.get(&id).ok_or(Invalid("a type is not defined"))?;
                let known = Arc::clone(known);
                self.composite(&known, cursor, learnt, depth)
            }
        }
    }

    fn composite(
        &mut self,
        known: &Type,
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
        depth: usize,
    ) -> Read<Value> {
        match known {
            Type::Struct(fields) => self.structure(fields, cursor, learnt, depth),
            Type::Slice(element) => self.list(*element, cursor, learnt, depth),
            Type::Array(element, length) => match self.list(*element, cursor, learnt, depth)? {
                Value::List(items) if items.len() as u64 != *length => {
                    Err(Invalid("an array has the wrong length").into())
                }
                list => Ok(list),
            },
            Type::Map(key, element) => {
                let mut entries = Vec::new();
                for _ in 0..cursor.uint()? {
                    let name = self.value(*key, cursor, learnt, depth + 1)?;
                    entries.push((name, self.value(*element, cursor, learnt, depth + 1)?));
                }
                Ok(Value::Map(entries))
            }
            Type::Opaque => Ok(Value::Bytes(cursor.bytes()?.to_vec())),
        }
    }

    fn structure(
        &mut self,
        fields: &[(Arc<str>, i64)],
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
        depth: usize,
    ) -> Read<Value> {
        let mut present = Vec::new();
        let mut next = 0_usize;
        loop {
            let delta = cursor.uint()?;
            if delta == 0 {
                return Ok(Value::Struct(present));
            }
            let field = usize::try_from(delta)
                .ok()
                .and_then(|delta| (next + delta).checked_sub(1).filter(|_| delta <= fields.len()))
                .and_then(|at| fields.get(at).map(|field| (at, field)));
            let Some((at, (name, id))) = field else {
                return Err(Invalid("a structure has no such field").into());
            };
            next = at + 1;
            present.push((Arc::clone(name), self.value(*id, cursor, learnt, depth + 1)?));
        }
    }

    fn list(
        &mut self,
        element: i64,
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
        depth: usize,
    ) -> Read<Value> {
        // Not reserved in advance: the count is the sender's word, the elements are its deed.
        let mut items = Vec::new();
        for _ in 0..cursor.uint()? {
            items.push(self.value(element, cursor, learnt, depth + 1)?);
        }
        Ok(Value::List(items))
    }

    /// Reads an interface value. Definitions may stand in its middle, and each that Go wrote to
    /// the stream itself ended the message, so that the value goes on in the next one.
    fn interface(
        &mut self,
        cursor: &mut Cursor<'_>,
        learnt: &mut Vec<Learnt>,
        depth: usize,
    ) -> Read<Value> {
        let name = cursor.text()?;
        if name.is_empty() {
            return Ok(Value::Interface(None));
        }
        let id = loop {
            if cursor.message.is_empty() {
                cursor.enter_message()?;
            }
            let id = cursor.int()?;
            if id >= 0 {
                break id;
            }
            self.define(id, cursor, learnt)?;
            if !cursor.message.is_empty() {
                cursor.uint()?;
            }
        };
        // The byte count is for readers that skip.
        cursor.uint()?;
        let value = self.top_level(id, cursor, learnt, depth + 1)?;
        Ok(Value::Interface(Some(Box::new((name, value)))))
    }
}

impl Type {
    /// Makes a type of its description.
    fn from_wire(mut wire: Value) -> Result<Type, Invalid> {
        if let Some(mut array) = wire.take("ArrayT") {
            let length = u64::try_from(int_field(&mut array, "Len"))
                .map_err(|_| Invalid("an array has a negative length"))?;
            return Ok(Type::Array(int_field(&mut array, "Elem"), length));
        }
        if let Some(mut slice) = wire.take("SliceT") {
            return Ok(Type::Slice(int_field(&mut slice, "Elem")));
        }
        if let Some(mut structure) = wire.take("StructT") {
            let fields = structure.take_list("Field");
            return Ok(Type::Struct(
                fields
                    .into_iter()
                    .map(|mut field| {
                        (Arc::from(field.take_text("Name")), int_field(&mut field, "Id"))
                    })
                    .collect(),
            ));
        }
        if let Some(mut map) = wire.take("MapT") {
            return Ok(Type::Map(int_field(&mut map, "Key"), int_field(&mut map, "Elem")));
        }
        match wire {
            Value::Struct(fields) if !fields.is_empty() => Ok(Type::Opaque),
            _ => Err(Invalid("a type definition is empty")),
        }
    }
}

fn int_field(value: &mut Value, name: &str) -> i64 {
    match value.take(name) {
        Some(Value::Int(number)) => number,
        _ => 0,
    }
}
