//! yamux: many streams over one connection, each with its own flow control.
//!
//! A value without I/O: bytes go in by [`Session::receive`] and come out by [`Session::pull`], so
//! that a test needs neither sockets nor time. What the streams carry is not known here.

use std::collections::{BTreeMap, VecDeque};

/// What each side may send on a stream before the other has said that it took something.
pub const WINDOW: u32 = 256 << 10;
/// How many streams may be open; go-plugin needs three and one for each user of a plugin.
const MAX_STREAMS: usize = 64;
/// The largest body of one frame of ours.
const MAX_BODY: usize = 64 << 10;
const HEADER: usize = 12;

const DATA: u8 = 0;
const WINDOW_UPDATE: u8 = 1;
const PING: u8 = 2;
const GO_AWAY: u8 = 3;

const SYN: u16 = 1;
const ACK: u16 = 2;
const FIN: u16 = 4;
const RST: u16 = 8;

/// What a connection cannot go on for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub &'static str);

/// What came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The host opened a stream.
    Opened(u32),
    /// A stream has more input.
    Data(u32),
    /// The host sends no more on a stream.
    Finished(u32),
    /// A stream is gone.
    Reset(u32),
}

/// One side of a connection: the one that never opens streams.
#[derive(Debug, Default)]
pub struct Session {
    header: Vec<u8>,
    body: Option<Body>,
    streams: BTreeMap<u32, Stream>,
    last_opened: u32,
    control: Vec<u8>,
    last_served: u32,
}

#[derive(Debug)]
struct Body {
    stream: u32,
    left: usize,
}

#[derive(Debug)]
struct Stream {
    /// What arrived and was not taken.
    input: Vec<u8>,
    /// What arrived and was not yet given back to the host's window.
    held: u32,
    receive_window: u32,
    output: VecDeque<u8>,
    send_window: u64,
    sent: u64,
    is_finished: bool,
    is_closing: bool,
}

impl Session {
    /// Takes in bytes and says what they meant.
    ///
    /// # Errors
    /// The host broke the protocol; a farewell is in the output, and the connection is to be
    /// closed after it.
    pub fn receive(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Violation> {
        while !bytes.is_empty() {
            if let Some(body) = &mut self.body {
                let (part, rest) = bytes.split_at(body.left.min(bytes.len()));
                if let Some(stream) = self.streams.get_mut(&body.stream) {
                    stream.input.extend_from_slice(part);
                    stream.held += part.len() as u32;
                    events.push(Event::Data(body.stream));
                }
                body.left -= part.len();
                let stream = body.stream;
                if body.left == 0 {
                    self.body = None;
                    if self.streams.get(&stream).is_some_and(|stream| stream.is_finished) {
                        events.push(Event::Finished(stream));
                    }
                }
                bytes = rest;
                continue;
            }
            let (part, rest) = bytes.split_at((HEADER - self.header.len()).min(bytes.len()));
            self.header.extend_from_slice(part);
            bytes = rest;
            if self.header.len() == HEADER {
                let frame = Frame::parse(&self.header);
                self.header.clear();
                self.accept(&frame, events).inspect_err(|_| self.say_farewell())?;
            }
        }
        Ok(())
    }

    fn accept(&mut self, frame: &Frame, events: &mut Vec<Event>) -> Result<(), Violation> {
        if frame.version != 0 {
            return Err(Violation("the host speaks another version of yamux"));
        }
        match frame.kind {
            DATA | WINDOW_UPDATE => self.accept_for_stream(frame, events),
            PING => {
                if frame.flags & SYN != 0 {
                    self.control(PING, ACK, 0, frame.length);
                }
                Ok(())
            }
            // The host closes the connection itself.
            GO_AWAY => Ok(()),
            _ => Err(Violation("the host sent a frame of an unknown type")),
        }
    }

    fn accept_for_stream(
        &mut self,
        frame: &Frame,
        events: &mut Vec<Event>,
    ) -> Result<(), Violation> {
        let id = frame.stream;
        if frame.flags & SYN != 0 {
            self.open(id, events)?;
        }
        if frame.flags & RST != 0 && self.streams.remove(&id).is_some() {
            events.push(Event::Reset(id));
        }
        if frame.kind == WINDOW_UPDATE {
            if let Some(stream) = self.streams.get_mut(&id) {
                stream.send_window = stream.send_window.saturating_add(u64::from(frame.length));
            }
        } else if frame.length > 0 {
            if let Some(stream) = self.streams.get_mut(&id) {
                if stream.is_finished {
                    return Err(Violation("the host sent data after the end of a stream"));
                }
                stream.receive_window = stream
                    .receive_window
                    .checked_sub(frame.length)
                    .ok_or(Violation("the host sent more than the receive window holds"))?;
            }
            self.body = Some(Body { stream: id, left: frame.length as usize });
        }
        if frame.flags & FIN != 0
            && let Some(stream) = self.streams.get_mut(&id)
        {
            if stream.is_finished {
                return Err(Violation("the host ended a stream twice"));
            }
            stream.is_finished = true;
            if self.body.is_none() {
                events.push(Event::Finished(id));
            }
        }
        Ok(())
    }

    /// Opens a stream and says so at once: a stream that is not acknowledged for 75 s makes the
    /// host close the whole connection, also one that never carries anything.
    fn open(&mut self, id: u32, events: &mut Vec<Event>) -> Result<(), Violation> {
        if id.is_multiple_of(2) {
            return Err(Violation("the host opened a stream with an even id"));
        }
        if id <= self.last_opened {
            return Err(Violation("the host opened a stream twice"));
        }
        self.last_opened = id;
        if self.streams.len() >= MAX_STREAMS {
            self.control(WINDOW_UPDATE, RST, id, 0);
            return Ok(());
        }
        self.streams.insert(
            id,
            Stream {
                input: Vec::new(),
                held: 0,
                receive_window: WINDOW,
                output: VecDeque::new(),
                send_window: u64::from(WINDOW),
                sent: 0,
                is_finished: false,
                is_closing: false,
            },
        );
        self.control(WINDOW_UPDATE, ACK, id, 0);
        events.push(Event::Opened(id));
        Ok(())
    }

    /// What a stream has received and nobody has taken; taking it leaves the stream empty.
    pub fn take_input(&mut self, id: u32) -> Vec<u8> {
        self.streams
            .get_mut(&id)
            .map(|stream| std::mem::take(&mut stream.input))
            .unwrap_or_default()
    }

    /// Puts back what there was no room for; the host's window stays as used up as it is.
    pub fn put_back_input(&mut self, id: u32, rest: Vec<u8>) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.input = rest;
        }
    }

    /// Whether the host has said all it had to say on a stream.
    pub fn is_finished(&self, id: u32) -> bool {
        let is_last = self.body.as_ref().is_none_or(|body| body.stream != id);
        is_last && self.streams.get(&id).is_some_and(|stream| stream.is_finished)
    }

    /// Puts back what of the input could not be used yet, and lets the host send as much more as
    /// it has sent.
    pub fn give_back_input(&mut self, id: u32, rest: Vec<u8>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.input = rest;
        if stream.held >= WINDOW / 2 && !stream.is_finished {
            let delta = std::mem::take(&mut stream.held);
            stream.receive_window += delta;
            self.control(WINDOW_UPDATE, 0, id, delta);
        }
    }

    /// How many bytes of input all streams hold.
    pub fn held_input(&self) -> usize {
        self.streams.values().map(|stream| stream.input.len()).sum()
    }

    /// Queues bytes on a stream; on one that is gone or closing they are dropped.
    pub fn send(&mut self, id: u32, bytes: &[u8]) {
        if let Some(stream) = self.streams.get_mut(&id).filter(|stream| !stream.is_closing) {
            stream.output.extend(bytes);
        }
    }

    /// Ends our side of a stream after what is queued.
    pub fn finish(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.is_closing = true;
        }
    }

    /// Breaks a stream off.
    pub fn reset(&mut self, id: u32) {
        if self.streams.remove(&id).is_some() {
            self.control(WINDOW_UPDATE, RST, id, 0);
        }
    }

    /// How many bytes are queued on a stream.
    pub fn queued(&self, id: u32) -> usize {
        self.streams.get(&id).map_or(0, |stream| stream.output.len())
    }

    /// How many bytes are queued on all streams.
    pub fn queued_in_all(&self) -> usize {
        self.streams.values().map(|stream| stream.output.len()).sum()
    }

    /// How many bytes wait for the socket alone: nothing but a host that reads moves them.
    pub fn backlog(&self) -> usize {
        self.control.len()
    }

    /// The streams that have something queued, with how much they have sent so far.
    pub fn busy(&self) -> impl Iterator<Item = (u32, u64)> {
        let has_output = |(_, stream): &(&u32, &Stream)| !stream.output.is_empty();
        self.streams.iter().filter(has_output).map(|(id, stream)| (*id, stream.sent))
    }

    /// Takes the next bytes for the socket: what the connection itself has to say, then a frame
    /// of each stream in turn. Empty where nothing may be sent now.
    pub fn pull(&mut self) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.control);
        let after = self.last_served.wrapping_add(1);
        let turn = self.streams.range(after..).chain(self.streams.range(..after));
        let ids: Vec<u32> = turn.map(|(id, _)| *id).collect();
        for id in ids {
            if out.len() >= MAX_BODY {
                break;
            }
            self.pull_stream(id, &mut out);
        }
        out
    }

    fn pull_stream(&mut self, id: u32, out: &mut Vec<u8>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let window = usize::try_from(stream.send_window).unwrap_or(usize::MAX);
        let length = stream.output.len().min(window).min(MAX_BODY);
        if length > 0 {
            self.last_served = id;
            stream.send_window -= length as u64;
            stream.sent += length as u64;
            Frame { version: 0, kind: DATA, flags: 0, stream: id, length: length as u32 }
                .write(out);
            out.extend(stream.output.drain(..length));
        }
        if stream.is_closing && stream.output.is_empty() {
            // The one end of our side; the host must have ended its own for a stream to close.
            Frame { version: 0, kind: WINDOW_UPDATE, flags: FIN, stream: id, length: 0 }.write(out);
            self.streams.remove(&id);
        }
    }

    fn control(&mut self, kind: u8, flags: u16, stream: u32, length: u32) {
        Frame { version: 0, kind, flags, stream, length }.write(&mut self.control);
    }

    /// Says that the host broke the protocol.
    fn say_farewell(&mut self) {
        self.control(GO_AWAY, 0, 0, 1);
    }
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    version: u8,
    kind: u8,
    flags: u16,
    stream: u32,
    length: u32,
}

impl Frame {
    fn parse(header: &[u8]) -> Frame {
        let number = |at: usize| header[at..at + 4].iter().fold(0, |n, b| n << 8 | u32::from(*b));
        Frame {
            version: header[0],
            kind: header[1],
            flags: u16::from_be_bytes([header[2], header[3]]),
            stream: number(4),
            length: number(8),
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend([self.version, self.kind]);
        out.extend(self.flags.to_be_bytes());
        out.extend(self.stream.to_be_bytes());
        out.extend(self.length.to_be_bytes());
    }
}
