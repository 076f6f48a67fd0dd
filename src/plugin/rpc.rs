//! Go's `net/rpc` over gob: calls and answers on one stream.
//!
//! A call is two values, the head and the body; an answer too. Which methods there are, and what
//! they do, is `connection`'s business.

use super::fact::{DEFINITIONS, EMPTY, RESPONSE};
use super::gob::{self, Content, Decoder, Invalid, Value};

/// The longest name of a method that is worth an answer.
const MAX_METHOD: usize = 256;

/// What an answer has to repeat of its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallId {
    /// The method, as `Type.Method`.
    pub method: String,
    /// The number of the call on its stream.
    pub number: u64,
}

/// A call.
#[derive(Debug, PartialEq)]
pub struct Call {
    /// Which one.
    pub id: CallId,
    /// Its one argument.
    pub body: Value,
}

/// The two directions of one stream.
#[derive(Debug, Default)]
pub struct Calls {
    decoder: Decoder,
    head: Option<CallId>,
    has_answered: bool,
}

impl Calls {
    /// Reads the next call from the stream's input. Says how much of it is used up, and the call
    /// if it has arrived whole.
    ///
    /// # Errors
    /// The input is no gob or no call; the stream cannot go on.
    pub fn read(&mut self, input: &[u8]) -> Result<(usize, Option<Call>), Invalid> {
        let mut used = 0;
        loop {
            let progress = self.decoder.next(&input[used..])?;
            used += progress.consumed;
            let Some(mut value) = progress.value else { return Ok((used, None)) };
            if let Some(id) = self.head.take() {
                return Ok((used, Some(Call { id, body: value })));
            }
            if !matches!(value, Value::Struct(_)) {
                return Err(Invalid("a call has no head"));
            }
            let number = match value.take("Seq") {
                None => 0,
                Some(Value::Uint(number)) => number,
                Some(_) => return Err(Invalid("the number of a call is no number")),
            };
            let method = value.take_text("ServiceMethod");
            if method.len() > MAX_METHOD {
                return Err(Invalid("the name of a method is too long"));
            }
            self.head = Some(CallId { method, number });
        }
    }

    /// Writes the answer to a call, both values in one piece: nothing may come between them.
    pub fn answer(&mut self, id: &CallId, outcome: Result<&Content, &str>) -> Vec<u8> {
        let mut stream = Vec::new();
        if !self.has_answered {
            self.has_answered = true;
            stream.extend_from_slice(&DEFINITIONS);
        }
        let mut head = Content::new();
        let mut delta = 1;
        head.int(RESPONSE).text_field(&mut delta, &id.method);
        match id.number {
            0 => delta += 1,
            number => {
                head.uint(delta).uint(number);
                delta = 1;
            }
        }
        head.text_field(&mut delta, outcome.err().unwrap_or_default()).uint(0);
        gob::message(&mut stream, &head);
        match outcome {
            Ok(body) => gob::message(&mut stream, body),
            Err(_) => gob::message(&mut stream, &nothing()),
        }
        stream
    }
}

/// The body that says nothing: an empty structure.
pub fn nothing() -> Content {
    let mut body = Content::new();
    body.int(EMPTY).uint(0);
    body
}

/// The body of a number.
pub fn number(number: u64) -> Content {
    let mut body = Content::new();
    body.int(gob::builtin::UINT).uint(0).uint(number);
    body
}
