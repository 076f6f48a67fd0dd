//! How Go's `fmt` writes one value under a verb, with its flags, width and precision.

use crate::eval::stdlib::goquote;
use crate::eval::{Number, OptionalSecret, Unknown, Value};

/// More than this is not written.
const LARGEST_TEXT: usize = 32 << 20;

/// The text so far, and the flags of the directive at hand.
#[derive(Default)]
pub struct Printer {
    out: Vec<u8>,
    unknown: Option<Unknown>,
    /// `+`
    pub plus: bool,
    /// `-`
    pub minus: bool,
    /// `#`
    pub sharp: bool,
    /// A blank.
    pub space: bool,
    /// `0`
    pub zero: bool,
    /// `%+v`
    plus_v: bool,
    /// `%#v`
    sharp_v: bool,
    /// The width to fill.
    pub width: Option<usize>,
    /// The precision.
    pub precision: Option<usize>,
}

impl Printer {
    /// Forgets flags, width and precision.
    pub fn reset(&mut self) {
        let (out, unknown) = (std::mem::take(&mut self.out), self.unknown.take());
        *self = Printer { out, unknown, ..Printer::default() };
    }

    /// Adds bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        if self.out.len() + bytes.len() > LARGEST_TEXT {
            self.give_up("the text is too large");
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    /// The text, unless something in it is not known.
    pub fn finish(self) -> Result<Vec<u8>, Unknown> {
        self.unknown.map_or(Ok(self.out), Err)
    }

    /// Go's complaint about a directive: `%!d(MISSING)`.
    pub fn complain(&mut self, verb: char, what: &str) {
        self.write(format!("%!{verb}({what})").as_bytes());
    }

    /// A value with its Go type, as in complaints: `int=4`.
    pub fn typed(&mut self, arg: &Value) {
        if let Value::Null = arg {
            self.write(b"<nil>");
            return;
        }
        self.write(type_name(arg).as_bytes());
        self.write(b"=");
        self.value(arg, 'v', false);
    }

    /// Writes an argument under a verb.
    pub fn arg(&mut self, arg: &Value, verb: char) {
        if verb == 'v' || verb == 'w' {
            (self.sharp_v, self.sharp) = (self.sharp, false);
            (self.plus_v, self.plus) = (self.plus, false);
        }
        match (verb, arg) {
            ('T' | 'v', Value::Null) => self.pad(b"<nil>"),
            (_, Value::Null) => self.complain(verb, "<nil>"),
            ('T', _) => self.string(type_name(arg).as_bytes()),
            ('p', Value::Array(_) | Value::Bytes(_) | Value::Object(_)) => {
                self.give_up("an address in memory is not known");
            }
            ('p', _) => self.bad_verb(arg, verb),
            ('w', Value::Array(_) | Value::Bytes(_) | Value::Object(_)) => {
                self.bad_verb(arg, verb);
            }
            _ => self.value(arg, verb, false),
        }
    }

    /// Writes a value at any depth.
    fn value(&mut self, value: &Value, verb: char, inside: bool) {
        match value {
            Value::Null if self.sharp_v && inside => self.write(b"interface {}(nil)"),
            Value::Null => self.write(b"<nil>"),
            Value::Bool(truth) => match verb {
                't' | 'v' => self.pad(truth.to_string().as_bytes()),
                _ => self.bad_verb(value, verb),
            },
            Value::Number(Number::Float(number)) => self.float(*number, verb, value),
            Value::Number(number) => self.integer_verb(*number, verb, value),
            Value::String(text) => self.text_verb(text.as_bytes(), verb, value),
            Value::Secret(text) => self.text_verb(text.expose().as_bytes(), verb, value),
            Value::OptionalSecret(text) => self.optional_secret(text, verb),
            Value::Bytes(_) | Value::Array(_) => self.array(value, verb),
            Value::Object(object) => {
                let fields = object.iter().map(|(key, value)| (key.as_bytes(), value));
                self.map(fields, verb);
            }
            Value::Function(_) => self.give_up("the address of a function is not known"),
            Value::Capsule(_) => self.give_up("what a capsule looks like is not known"),
            Value::Unknown(reason) => {
                self.unknown.get_or_insert_with(|| reason.clone());
            }
        }
    }

    pub(super) fn bad_verb(&mut self, value: &Value, verb: char) {
        self.write(format!("%!{verb}(").as_bytes());
        self.typed(value);
        self.write(b")");
    }

    fn array(&mut self, value: &Value, verb: char) {
        let (open, between, close): (&[u8], &[u8], &[u8]) =
            if self.sharp_v { (b"[]interface {}{", b", ", b"}") } else { (b"[", b" ", b"]") };
        self.write(open);
        for (place, item) in value.elements().unwrap_or_default().iter().enumerate() {
            if place > 0 {
                self.write(between);
            }
            if self.unknown.is_some() {
                return;
            }
            self.value(item, verb, true);
        }
        self.write(close);
    }

    fn map<'v>(&mut self, fields: impl Iterator<Item = (&'v [u8], &'v Value)>, verb: char) {
        let (open, between, close): (&[u8], &[u8], &[u8]) = if self.sharp_v {
            (b"map[string]interface {}{", b", ", b"}")
        } else {
            (b"map[", b" ", b"]")
        };
        self.write(open);
        for (place, (key, value)) in fields.enumerate() {
            if place > 0 {
                self.write(between);
            }
            if self.unknown.is_some() {
                return;
            }
            self.text_verb(key, verb, &Value::string(key));
            self.write(b":");
            self.value(value, verb, true);
        }
        self.write(close);
    }

    /// Go sees a structure of two fields here.
    fn optional_secret(&mut self, text: &OptionalSecret, verb: char) {
        let named = self.plus_v || self.sharp_v;
        if self.sharp_v {
            self.write(b"alloytypes.OptionalSecret");
        }
        self.write(b"{");
        if named {
            self.write(b"IsSecret:");
        }
        self.value(&Value::Bool(text.is_secret()), verb, true);
        self.write(if self.sharp_v { b", " } else { b" " });
        if named {
            self.write(b"Value:");
        }
        self.value(&Value::String(text.expose().clone()), verb, true);
        self.write(b"}");
    }

    fn text_verb(&mut self, text: &[u8], verb: char, value: &Value) {
        match verb {
            'v' if self.sharp_v => self.quoted(text),
            'v' | 's' => self.string(text),
            'x' => self.hex(text, b"0123456789abcdefx"),
            'X' => self.hex(text, b"0123456789ABCDEFX"),
            'q' => self.quoted(text),
            _ => self.bad_verb(value, verb),
        }
    }

    fn string(&mut self, text: &[u8]) {
        let cut = self.cut(text).to_vec();
        self.pad(&cut);
    }

    /// As many characters as the precision allows.
    fn cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.precision {
            Some(most) => {
                let end: usize = goquote::runes(text).take(most).map(|(_, length)| length).sum();
                &text[..end]
            }
            None => text,
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.cut(text);
        let quoted = if self.sharp && goquote::can_backquote(text) {
            [b"`", text, b"`"].concat()
        } else {
            goquote::string(text, self.plus).into_bytes()
        };
        self.pad(&quoted);
    }

    fn hex(&mut self, text: &[u8], digits: &[u8; 17]) {
        let length = self.precision.map_or(text.len(), |most| most.min(text.len()));
        let mut shown = Vec::with_capacity(2 * length);
        for (place, byte) in text[..length].iter().enumerate() {
            if self.space && place > 0 {
                shown.push(b' ');
            }
            if self.sharp && (place == 0 || self.space) {
                shown.extend([b'0', digits[16]]);
            }
            shown.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
        self.pad(&shown);
    }

    fn integer_verb(&mut self, number: Number, verb: char, value: &Value) {
        let (negative, magnitude) = match number {
            Number::Int(number) => (number < 0, number.unsigned_abs()),
            _ => (false, number.to_i64().cast_unsigned()),
        };
        // What Go calls unsigned here: more than a signed integer holds.
        let unsigned = matches!(number, Number::Uint(number) if i64::try_from(number).is_err());
        let code = number.to_i64().cast_unsigned();
        match verb {
            'v' if self.sharp_v && unsigned => {
                self.sharp = true;
                self.integer(negative, magnitude, 16, verb);
                self.sharp = false;
            }
            'v' | 'd' => self.integer(negative, magnitude, 10, verb),
            'b' => self.integer(negative, magnitude, 2, verb),
            'o' | 'O' => self.integer(negative, magnitude, 8, verb),
            'x' | 'X' => self.integer(negative, magnitude, 16, verb),
            'c' => self.pad(goquote::rune_of(code).to_string().as_bytes()),
            'q' => self.pad(goquote::character(goquote::rune_of(code), self.plus).as_bytes()),
            'U' => self.code_point(code),
            _ => self.bad_verb(value, verb),
        }
    }

    fn integer(&mut self, negative: bool, magnitude: u64, base: u32, verb: char) {
        if self.precision == Some(0) && magnitude == 0 {
            self.unzeroed(b"");
            return;
        }
        let digits = match (base, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let signed = negative || self.plus || self.space;
        let least = match (self.precision, self.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.zero && !self.minus => {
                width.saturating_sub(usize::from(signed))
            }
            _ => 0,
        };
        let zeros = least.saturating_sub(digits.len());
        let prefix = match (base, verb) {
            (2, _) if self.sharp => "0b",
            (8, _) if self.sharp && zeros == 0 && !digits.starts_with('0') => "0",
            (16, 'X') if self.sharp => "0X",
            (16, _) if self.sharp => "0x",
            _ => "",
        };
        let octal = if verb == 'O' { "0o" } else { "" };
        let sign = match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        self.unzeroed(format!("{sign}{octal}{prefix}{:0<zeros$}{digits}", "").as_bytes());
    }

    fn code_point(&mut self, code: u64) {
        let digits = self.precision.unwrap_or(0).max(4);
        let mut shown = format!("U+{code:0digits$X}");
        if let Some(c) = u32::try_from(code).ok().and_then(char::from_u32)
            && self.sharp
            && goquote::is_printable(c)
        {
            shown.push_str(&format!(" '{c}'"));
        }
        self.unzeroed(shown.as_bytes());
    }

    /// Pads, but never with zeros.
    pub(super) fn unzeroed(&mut self, shown: &[u8]) {
        let zero = std::mem::take(&mut self.zero);
        self.pad(shown);
        self.zero = zero;
    }

    /// Fills up to the width, counting characters.
    pub(super) fn pad(&mut self, shown: &[u8]) {
        let missing = match self.width {
            Some(width) if width > 0 => width.saturating_sub(goquote::runes(shown).count()),
            _ => 0,
        };
        if self.minus {
            self.write(shown);
        }
        if missing > 0 {
            let fill = if self.zero && !self.minus { b'0' } else { b' ' };
            self.write(&vec![fill; missing]);
        }
        if !self.minus {
            self.write(shown);
        }
    }

    fn give_up(&mut self, reason: &str) {
        self.unknown.get_or_insert_with(|| Unknown::new(reason));
    }
}

/// The Go type of a value that was decoded without a wish.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Unknown(_) => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(Number::Float(_)) => "float64",
        Value::Number(Number::Uint(number)) if i64::try_from(*number).is_err() => "uint64",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Bytes(_) | Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
        Value::Function(function) => function.signature(),
        Value::Secret(_) => "alloytypes.Secret",
        Value::OptionalSecret(_) => "alloytypes.OptionalSecret",
        Value::Capsule(_) => "interface {}",
    }
}
