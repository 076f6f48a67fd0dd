//! One connection with the agent: streams, calls and the gatherings they ask for.
//!
//! A value without threads, sockets and time. Bytes go in, bytes and jobs come out, and the
//! results of jobs go in again; `serve` turns the wheel. Everything it keeps has a bound: a
//! stream whose answers are not fetched, or that asks while too much is asked already, is not
//! read any further until there is room, and then the host's window on it is used up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::fact::{self, FactRequest};
use super::gob::{Content, Value};
use super::rpc::{self, Call, CallId, Calls};
use super::yamux::{Event, Session, Violation};

/// How many gatherings may wait.
const MAX_JOBS: usize = 1 << 10;
/// How many bytes of requests may wait.
const MAX_JOB_BYTES: usize = 32 << 20;
/// How many facts one gathering may ask for; a server asks for a few hundred.
const MAX_REQUESTS: usize = 100_000;
/// How many bytes of answers a stream may have queued before it is neither read nor served.
const MAX_QUEUED: usize = 1 << 20;
/// How many bytes of answers all streams may have queued before no further job is begun.
const MAX_QUEUED_IN_ALL: usize = 64 << 20;
/// How many bytes of incomplete calls all streams may hold.
const MAX_INPUT: usize = 96 << 20;
/// How many dispensed brokers may wait for the host to come.
const MAX_BROKERS: usize = 64;
/// How long a stream with something queued may stand still.
pub const STALL_LIMIT: Duration = Duration::from_secs(75);
/// How long after a quit the connection may last.
pub const QUIT_LIMIT: Duration = Duration::from_secs(10);

/// The state of a connection.
#[derive(Default)]
pub struct Connection {
    session: Session,
    roles: BTreeMap<u32, Role>,
    accepted: u32,
    brokers: BTreeSet<u32>,
    last_broker: u32,
    waiting: VecDeque<Job>,
    open: BTreeMap<u64, OpenJob>,
    last_job: u64,
    job_bytes: usize,
    /// Streams that have input which there was no room for.
    held: BTreeSet<u32>,
    stalled: BTreeMap<u32, (u64, Duration)>,
    has_quit: bool,
    quit_at: Option<Duration>,
    complaints: Vec<String>,
}

/// What a stream is for: the host opens three of its own first.
enum Role {
    /// Ping, quit and dispense.
    Control(Calls),
    /// The plugin's standard output or standard error, which we never use.
    Sink,
    /// A stream that has not said whose it is.
    Broker,
    /// Gatherings.
    Gathering(Calls),
}

/// A gathering to be done.
#[derive(Clone, Debug)]
pub struct Job {
    /// Names it when its result comes in.
    pub id: u64,
    /// What to gather.
    pub requests: Arc<Vec<FactRequest>>,
    /// Whether nobody wants the result any more.
    pub is_cancelled: Arc<AtomicBool>,
    stream: u32,
}

/// A gathering that has not been answered.
struct OpenJob {
    stream: u32,
    call: CallId,
    request_id: String,
    bytes: usize,
    is_cancelled: Arc<AtomicBool>,
}

impl Connection {
    /// Takes in bytes from the host.
    ///
    /// # Errors
    /// The host broke the protocol: what is still to be sent is the farewell.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let mut events = Vec::new();
        let received = self.session.receive(bytes, &mut events);
        for event in events {
            match event {
                Event::Opened(id) => self.accept(id),
                Event::Data(id) | Event::Finished(id) => self.read(id),
                Event::Reset(id) => self.forget(id),
            }
        }
        received
    }

    /// Takes the next bytes for the host; empty where there are none that may be sent.
    pub fn pull(&mut self) -> Vec<u8> {
        let bytes = self.session.pull();
        if !bytes.is_empty() {
            self.read_held();
        }
        bytes
    }

    /// How many bytes wait for nothing but a host that reads the socket.
    pub fn backlog(&self) -> usize {
        self.session.backlog()
    }

    /// How many things are kept for later; none while nothing is asked.
    #[cfg(test)]
    pub fn kept(&self) -> usize {
        self.waiting.len()
            + self.open.len()
            + self.held.len()
            + self.brokers.len()
            + self.stalled.len()
            + self.session.held_input()
            + self.session.queued_in_all()
    }

    /// How many gatherings wait to be done.
    pub fn waiting_jobs(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the next gathering to be done.
    pub fn take_job(&mut self) -> Option<Job> {
        if self.session.queued_in_all() > MAX_QUEUED_IN_ALL {
            return None;
        }
        let is_ready = |job: &Job| self.session.queued(job.stream) <= MAX_QUEUED;
        let at = self.waiting.iter().position(is_ready)?;
        self.waiting.remove(at)
    }

    /// Answers a gathering with the facts; one that was cancelled has been answered already.
    pub fn finish_job(&mut self, id: u64, facts: &Content) {
        let Some(job) = self.open.remove(&id) else { return };
        self.job_bytes -= job.bytes;
        if let Some(Role::Gathering(calls)) = self.roles.get_mut(&job.stream) {
            let answer = calls.answer(&job.call, Ok(facts));
            self.session.send(job.stream, &answer);
        }
        self.close_if_done(job.stream);
        self.read_held();
    }

    /// Looks at the time: a stream that stands still is broken off. Says whether the connection
    /// may go on.
    pub fn tick(&mut self, now: Duration) -> bool {
        let busy: BTreeMap<u32, u64> = self.session.busy().collect();
        self.stalled.retain(|id, (sent, _)| busy.get(id) == Some(sent));
        for (id, sent) in busy {
            let (_, since) = *self.stalled.entry(id).or_insert((sent, now));
            if now.saturating_sub(since) >= STALL_LIMIT {
                self.break_off(id, "the agent does not fetch its answers");
            }
        }
        self.read_held();
        if self.has_quit {
            let quit_at = *self.quit_at.get_or_insert(now);
            return now.saturating_sub(quit_at) < QUIT_LIMIT;
        }
        true
    }

    /// What went wrong and was not the agent's to know; one line each.
    pub fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// Gives a new stream its role. The first three are what go-plugin opens before anything
    /// else, in this order.
    fn accept(&mut self, id: u32) {
        self.accepted = self.accepted.saturating_add(1);
        let role = match self.accepted {
            1 => Role::Control(Calls::default()),
            2 | 3 => Role::Sink,
            _ => Role::Broker,
        };
        self.roles.insert(id, role);
    }

    fn forget(&mut self, id: u32) {
        self.roles.remove(&id);
        self.held.remove(&id);
        self.waiting.retain(|job| job.stream != id);
        for job in self.open.values().filter(|job| job.stream == id) {
            job.is_cancelled.store(true, Ordering::Relaxed);
            self.job_bytes -= job.bytes;
        }
        self.open.retain(|_, job| job.stream != id);
    }

    fn break_off(&mut self, id: u32, why: &str) {
        if self.complaints.len() < 16 {
            self.complaints.push(format!("stream {id} is broken off: {why}"));
        }
        self.session.reset(id);
        self.forget(id);
    }

    fn has_room(&self, id: u32, role: &Role) -> bool {
        let has_room_for_jobs = self.open.len() < MAX_JOBS && self.job_bytes < MAX_JOB_BYTES;
        self.session.queued(id) <= MAX_QUEUED
            && (has_room_for_jobs || !matches!(role, Role::Gathering(_)))
    }

    /// Reads the streams again that were left because there was no room.
    fn read_held(&mut self) {
        for id in std::mem::take(&mut self.held) {
            self.read(id);
        }
    }

    /// Reads what a stream has received, as long as there is room for what it asks.
    fn read(&mut self, id: u32) {
        let Some(mut role) = self.roles.remove(&id) else { return };
        let mut input = self.session.take_input(id);
        let mut used = 0;
        let read = loop {
            if !self.has_room(id, &role) {
                self.held.insert(id);
                break Ok(());
            }
            match self.step(id, &mut role, &input[used..]) {
                Ok(0) => break Ok(()),
                Ok(step) => used += step,
                Err(why) => break Err(why),
            }
        };
        self.roles.insert(id, role);
        match read {
            Err(why) => self.break_off(id, why),
            Ok(()) if self.held.contains(&id) => {
                input.drain(..used);
                self.session.put_back_input(id, input);
            }
            Ok(()) => {
                input.drain(..used);
                self.session.give_back_input(id, input);
                if self.session.held_input() > MAX_INPUT {
                    self.break_off(id, "too many requests are incomplete");
                }
            }
        }
        self.close_if_done(id);
    }

    /// Ends our side of a stream when the host has ended its own and nothing is left to do.
    fn close_if_done(&mut self, id: u32) {
        let is_done = self.session.is_finished(id)
            && !self.held.contains(&id)
            && !self.open.values().any(|job| job.stream == id);
        if is_done {
            self.session.finish(id);
        }
    }

    /// Does the next thing that a stream's input asks for. Says how much of it is used up; none
    /// where more has to arrive.
    fn step(&mut self, id: u32, role: &mut Role, input: &[u8]) -> Result<usize, &'static str> {
        match role {
            Role::Sink => Ok(input.len()),
            Role::Broker => {
                let Some(name) = input.first_chunk::<4>() else { return Ok(0) };
                if !self.brokers.remove(&u32::from_le_bytes(*name)) {
                    return Err("the agent asks for something that was not dispensed");
                }
                self.session.send(id, name);
                *role = Role::Gathering(Calls::default());
                Ok(name.len())
            }
            Role::Control(calls) => {
                let (used, call) = calls.read(input).map_err(|invalid| invalid.0)?;
                if let Some(call) = call {
                    let answer = self.control(&call);
                    let answer = calls.answer(&call.id, answer.as_ref().map_err(String::as_str));
                    self.session.send(id, &answer);
                }
                Ok(used)
            }
            Role::Gathering(calls) => {
                let (used, call) = calls.read(input).map_err(|invalid| invalid.0)?;
                if let Some(call) = call {
                    self.gathering(id, calls, call, used);
                }
                Ok(used)
            }
        }
    }

    /// Answers a call on the control stream.
    fn control(&mut self, call: &Call) -> Result<Content, String> {
        match call.id.method.as_str() {
            "Control.Ping" => Ok(rpc::nothing()),
            "Control.Quit" => {
                self.has_quit = true;
                Ok(rpc::nothing())
            }
            "Dispenser.Dispense" => match &call.body {
                Value::Text(name) if name == "gatherer" => {
                    if self.brokers.len() >= MAX_BROKERS {
                        return Err("too many plugins are dispensed and not used".to_owned());
                    }
                    self.last_broker = self.last_broker.wrapping_add(1);
                    self.brokers.insert(self.last_broker);
                    Ok(rpc::number(u64::from(self.last_broker)))
                }
                Value::Text(name) => {
                    let name: String = name.chars().take(256).collect();
                    Err(format!("unknown plugin type: {name}"))
                }
                _ => Err("unknown plugin type: ".to_owned()),
            },
            method => Err(unknown_method(method)),
        }
    }

    /// Begins or cancels a gathering.
    fn gathering(&mut self, stream: u32, calls: &mut Calls, mut call: Call, bytes: usize) {
        let (requests, request_id) = match call.id.method.as_str() {
            "Plugin.ServeGathering" => {
                (call.body.take_list("FactRequests"), call.body.take_text("RequestID"))
            }
            // What agents before 2.5 call.
            "Plugin.Gather" => match call.body {
                Value::List(requests) => (requests, String::new()),
                _ => (Vec::new(), String::new()),
            },
            "Plugin.Cancel" => {
                let answer = calls.answer(&call.id, Ok(&fact::body([].into_iter())));
                self.session.send(stream, &answer);
                if let Value::Text(request_id) = call.body {
                    self.cancel(stream, calls, &request_id);
                }
                return;
            }
            method => {
                let answer = calls.answer(&call.id, Err(&unknown_method(method)));
                self.session.send(stream, &answer);
                return;
            }
        };
        if requests.len() > MAX_REQUESTS {
            let answer = calls.answer(&call.id, Err("too many facts are asked for at once"));
            self.session.send(stream, &answer);
            return;
        }
        let bytes = bytes + requests.len() * size_of::<FactRequest>();
        self.last_job += 1;
        self.job_bytes += bytes;
        let is_cancelled = Arc::new(AtomicBool::new(false));
        self.waiting.push_back(Job {
            id: self.last_job,
            requests: Arc::new(fact::requests(requests)),
            is_cancelled: Arc::clone(&is_cancelled),
            stream,
        });
        let job = OpenJob { stream, call: call.id, request_id, bytes, is_cancelled };
        self.open.insert(self.last_job, job);
    }

    /// Answers the gatherings with this id at once; what is under way stops at its next fact.
    fn cancel(&mut self, stream: u32, calls: &mut Calls, request_id: &str) {
        let is_meant = |job: &OpenJob| job.stream == stream && job.request_id == request_id;
        let meant: Vec<u64> =
            self.open.iter().filter(|(_, job)| is_meant(job)).map(|(id, _)| *id).collect();
        for id in meant {
            let Some(job) = self.open.remove(&id) else { continue };
            job.is_cancelled.store(true, Ordering::Relaxed);
            self.job_bytes -= job.bytes;
            self.waiting.retain(|waiting| waiting.id != id);
            let answer = calls.answer(&job.call, Err("context canceled"));
            self.session.send(stream, &answer);
        }
    }
}

fn unknown_method(method: &str) -> String {
    format!("rpc: can't find method {method}")
}
