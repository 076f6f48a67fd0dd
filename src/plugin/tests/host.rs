//! The agent's side of a connection, with the windows as strict as the agent keeps them.

use std::collections::BTreeMap;

use super::super::Serve;
use super::super::connection::Connection;
use super::super::gather;
use super::super::gob::{self, Content, Shape, Value, builtin};

const CALL: i64 = 70;
const ARGUMENTS: i64 = 71;
const REQUESTS: i64 = 72;
const REQUEST: i64 = 73;

/// The bytes that define the types of calls, once at the beginning of a stream.
pub fn call_types() -> Vec<u8> {
    let text = builtin::STRING;
    let mut stream = Vec::new();
    let head = [("ServiceMethod", text), ("Seq", builtin::UINT)];
    let arguments = [("FactRequests", REQUESTS), ("RequestID", text)];
    let request = [("Argument", text), ("CheckID", text), ("Gatherer", text), ("Name", text)];
    for (id, name, shape) in [
        (CALL, "Request", Shape::Struct(&head)),
        (ARGUMENTS, "GatheringArgs", Shape::Struct(&arguments)),
        (REQUESTS, "", Shape::Slice(REQUEST)),
        (REQUEST, "FactRequest", Shape::Struct(&request)),
    ] {
        gob::message(&mut stream, &gob::definition(id, name, shape));
    }
    stream
}

/// The bytes of a call.
pub fn call(number: u64, method: &str, body: &Content) -> Vec<u8> {
    let mut head = Content::new();
    head.int(CALL).uint(1).text(method);
    if number > 0 {
        head.uint(1).uint(number);
    }
    head.uint(0);
    let mut stream = Vec::new();
    gob::message(&mut stream, &head);
    gob::message(&mut stream, body);
    stream
}

/// The body of a gathering of `(name, check, argument)`.
pub fn gathering(requests: &[(&str, &str, &str)], request_id: &str) -> Content {
    let mut body = Content::new();
    body.int(ARGUMENTS);
    let mut delta = 1;
    if requests.is_empty() {
        delta += 1;
    } else {
        body.uint(1).uint(requests.len() as u64);
        for (name, check, argument) in requests {
            let mut delta = 1;
            body.text_field(&mut delta, argument).text_field(&mut delta, check);
            body.text_field(&mut delta, "alloy@v1").text_field(&mut delta, name).uint(0);
        }
    }
    body.text_field(&mut delta, request_id).uint(0);
    body
}

/// The body of a string.
pub fn text(text: &str) -> Content {
    let mut body = Content::new();
    body.int(builtin::STRING).uint(0).text(text);
    body
}

/// The body of `true`.
pub fn yes() -> Content {
    let mut body = Content::new();
    body.int(builtin::BOOL).uint(0).uint(1);
    body
}

pub fn frame(kind: u8, flags: u16, stream: u32, length: u32) -> Vec<u8> {
    let mut out = vec![0, kind];
    out.extend(flags.to_be_bytes());
    out.extend(stream.to_be_bytes());
    out.extend(length.to_be_bytes());
    out
}

/// A host on top of a [`Connection`], without sockets. Fails the test where the connection
/// breaks the protocol.
pub struct Host<'a> {
    pub connection: Connection,
    serve: &'a dyn Serve,
    /// What arrived on each stream.
    pub received: BTreeMap<u32, Vec<u8>>,
    /// What may be sent on each stream.
    windows: BTreeMap<u32, u32>,
    /// What may still arrive on each stream.
    credits: BTreeMap<u32, u32>,
    acknowledged: BTreeMap<u32, u32>,
    finished: BTreeMap<u32, u32>,
    /// Streams that were reset.
    pub broken: Vec<u32>,
    /// Whether windows are given back.
    pub is_generous: bool,
    /// Everything that was sent and received, as a recording has it.
    pub transcript: Vec<(char, Vec<u8>)>,
}

impl<'a> Host<'a> {
    /// A host that has opened the three streams of go-plugin.
    pub fn new(serve: &'a dyn Serve) -> Host<'a> {
        let mut host = Host {
            connection: Connection::default(),
            serve,
            received: BTreeMap::new(),
            windows: BTreeMap::new(),
            credits: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            finished: BTreeMap::new(),
            broken: Vec::new(),
            is_generous: true,
            transcript: Vec::new(),
        };
        for id in [1, 3, 5] {
            host.open(id);
        }
        host.send(1, &call_types());
        host
    }

    pub fn open(&mut self, id: u32) {
        self.windows.insert(id, 256 << 10);
        self.credits.insert(id, 256 << 10);
        self.raw(&frame(1, 1, id, 0));
        assert!(self.acknowledged.get(&id) == Some(&1) || self.broken.contains(&id));
    }

    /// Dispenses the gatherer and opens its stream.
    pub fn dispense(&mut self, number: u64, id: u32) {
        self.send(1, &call(number, "Dispenser.Dispense", &text("gatherer")));
        let answers = super::values(&self.received[&1]);
        let Some(Value::Uint(broker)) = answers.last() else { panic!("{answers:?}") };
        let broker = (*broker as u32).to_le_bytes();
        self.open(id);
        self.send(id, &broker);
        assert_eq!(self.received.remove(&id).unwrap(), broker);
        self.send(id, &call_types());
    }

    /// Sends data, as far as the window goes and further when it grows.
    pub fn send(&mut self, id: u32, mut data: &[u8]) {
        while !data.is_empty() {
            let window = self.windows.get_mut(&id).expect("an open stream");
            let length = data.len().min(*window as usize);
            assert!(length > 0, "the window of stream {id} does not grow");
            *window -= length as u32;
            let mut bytes = frame(0, 0, id, length as u32);
            bytes.extend(&data[..length]);
            data = &data[length..];
            self.raw(&bytes);
        }
    }

    /// Sends bytes as they are, and lets the other side do what it has to do.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.transcript.push(('>', bytes.to_vec()));
        self.connection.receive(bytes).unwrap();
        self.turn();
    }

    /// Does jobs and reads answers until nothing moves.
    pub fn turn(&mut self) {
        loop {
            while let Some(job) = self.connection.take_job() {
                if let Some(facts) = gather::run(&job, self.serve) {
                    self.connection.finish_job(job.id, &facts);
                }
            }
            let bytes = self.connection.pull();
            if bytes.is_empty() {
                return;
            }
            self.hear(&bytes);
            self.transcript.push(('<', bytes));
        }
    }

    fn hear(&mut self, wire: &[u8]) {
        let mut rest = wire;
        let mut replies = Vec::new();
        while !rest.is_empty() {
            let (header, after) = rest.split_first_chunk::<12>().expect("whole frames");
            rest = after;
            let id = u32::from_be_bytes(header[4..8].try_into().unwrap());
            let length = u32::from_be_bytes(header[8..12].try_into().unwrap());
            match (header[1], header[3]) {
                (0, 0) => {
                    assert!(!self.finished.contains_key(&id), "data after the end");
                    let (body, after) = rest.split_at(length as usize);
                    rest = after;
                    let credit = self.credits.get_mut(&id).expect("data on an open stream");
                    *credit = credit.checked_sub(length).expect("data within the window");
                    if self.is_generous && *credit < 128 << 10 {
                        replies.extend(frame(1, 0, id, (256 << 10) - *credit));
                        *credit = 256 << 10;
                    }
                    self.received.entry(id).or_default().extend(body);
                }
                (1, 0) => *self.windows.entry(id).or_default() += length,
                (1, 2) => {
                    *self.acknowledged.entry(id).or_default() += 1;
                    assert_eq!(self.acknowledged[&id], 1, "a stream is acknowledged once");
                }
                (1, 4) => {
                    *self.finished.entry(id).or_default() += 1;
                    assert_eq!(self.finished[&id], 1, "a stream is ended once");
                }
                (1, 8) => self.broken.push(id),
                (2, 2) => {}
                other => panic!("an unexpected frame: {other:?}"),
            }
        }
        if !replies.is_empty() {
            self.transcript.push(('>', replies.clone()));
            self.connection.receive(&replies).unwrap();
        }
    }

    /// Whether our side of a stream has ended.
    pub fn is_finished(&self, id: u32) -> bool {
        self.finished.contains_key(&id)
    }

    /// The answers on a stream: heads and bodies.
    pub fn answers(&self, id: u32) -> Vec<(Value, Value)> {
        let values = super::values(self.received.get(&id).map_or(&[], Vec::as_slice));
        values.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    }
}
