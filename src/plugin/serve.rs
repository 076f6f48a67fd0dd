//! Turns the wheel: threads, the socket and the clock around a [`Connection`].
//!
//! One thread reads, one writes, and up to eight gather. Whichever way the agent goes away, the
//! process ends: threads are not waited for.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::Serve;
use super::connection::{Connection, STALL_LIMIT};
use super::gather;
use super::handshake::Listener;
use super::log::Log;

/// How many gatherings are done at once.
const MAX_WORKERS: usize = 8;
/// How many bytes may wait for a host that does not read before nothing more is read from it.
const MAX_BACKLOG: usize = 64 << 10;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long the agent may take to connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(90);

/// How serving came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The agent quit or went away.
    Done,
    /// The agent broke the protocol, or did not come.
    Failed,
    /// It could not begin.
    Refused,
}

impl Ended {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        u8::from(self == Ended::Refused)
    }
}

/// Says where we listen, and serves the one connection that comes.
pub fn until_end(
    listener: Listener,
    serve: Arc<dyn Serve>,
    out: &mut dyn Write,
    log: &Log,
) -> Ended {
    let parent = rustix::process::getppid();
    let accepted = wait_for_connection(&listener.socket);
    if let Err(why) = listener.announce(out) {
        log.error(&format!("the line for the agent cannot be written: {why}"));
        return Ended::Refused;
    }
    let started = Instant::now();
    let socket = loop {
        match accepted.recv_timeout(TICK) {
            Ok(Ok(socket)) => break socket,
            Ok(Err(why)) => {
                log.error(&format!("the agent's connection cannot be taken: {why}"));
                return Ended::Failed;
            }
            Err(_) if rustix::process::getppid() != parent => return Ended::Done,
            Err(_) if started.elapsed() >= CONNECT_LIMIT => {
                log.warn("the agent has not connected");
                return Ended::Failed;
            }
            Err(_) => {}
        }
    };
    // One connection is all there is; the socket need not be found again.
    drop(listener);
    let is_orphan = move || rustix::process::getppid() != parent;
    converse(&socket, serve, log, &is_orphan)
}

/// Accepts in a thread of its own, as accepting knows no time limit.
fn wait_for_connection(listener: &UnixListener) -> mpsc::Receiver<io::Result<UnixStream>> {
    let (sender, receiver) = mpsc::channel();
    match listener.try_clone() {
        Ok(listener) => {
            thread::spawn(move || sender.send(listener.accept().map(|(socket, _)| socket)));
        }
        Err(why) => {
            let _ = sender.send(Err(why));
        }
    }
    receiver
}

/// Serves one connection.
pub fn converse(
    socket: &UnixStream,
    serve: Arc<dyn Serve>,
    log: &Log,
    is_orphan: &dyn Fn() -> bool,
) -> Ended {
    let wheel = Arc::new(Wheel::default());
    let ended = socket
        .set_read_timeout(Some(TICK))
        .and_then(|()| socket.set_write_timeout(Some(STALL_LIMIT)))
        .and_then(|()| socket.try_clone())
        .map(|writer| {
            let writing = Arc::clone(&wheel);
            thread::spawn(move || writing.write(&writer));
            wheel.read(socket, &serve, log, is_orphan)
        });
    wheel.lock().is_over = true;
    wheel.turned.notify_all();
    ended.unwrap_or_else(|why| {
        log.error(&format!("the connection cannot be used: {why}"));
        Ended::Failed
    })
}

/// What the threads share.
#[derive(Default)]
struct Wheel {
    state: Mutex<State>,
    /// Something changed.
    turned: Condvar,
}

#[derive(Default)]
struct State {
    connection: Connection,
    workers: usize,
    idle: usize,
    /// The connection is of no use any more.
    is_over: bool,
    /// What is queued is the last.
    is_closing: bool,
}

impl Wheel {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.turned.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until the connection ends.
    fn read(
        self: &Arc<Self>,
        mut socket: &UnixStream,
        serve: &Arc<dyn Serve>,
        log: &Log,
        is_orphan: &dyn Fn() -> bool,
    ) -> Ended {
        let started = Instant::now();
        let mut last_tick = Duration::ZERO;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match socket.read(&mut buffer) {
                Ok(0) => return Ended::Done,
                Ok(read) => read,
                Err(why) if is_temporary(&why) => 0,
                // An agent that is killed does not say goodbye.
                Err(why) => {
                    log.debug(&format!("the connection has ended: {why}"));
                    return Ended::Done;
                }
            };
            let mut state = self.lock();
            if let Err(violation) = state.connection.receive(&buffer[..read]) {
                state.is_closing = true;
                self.turned.notify_all();
                drop(state);
                log.error(&format!("the connection is closed: {violation}"));
                return self.say_goodbye(socket);
            }
            self.hire(&mut state, serve);
            self.turned.notify_all();
            while state.connection.backlog() > MAX_BACKLOG && !state.is_over {
                state = self.wait(state);
            }
            let now = started.elapsed();
            let may_go_on = now < last_tick + TICK || {
                last_tick = now;
                state.connection.tick(now) && !is_orphan()
            };
            let complaints = state.connection.take_complaints();
            let is_over = state.is_over;
            drop(state);
            complaints.iter().for_each(|complaint| log.warn(complaint));
            if is_over || !may_go_on {
                return Ended::Done;
            }
        }
    }

    /// Waits until the writer has sent the farewell, then closes.
    fn say_goodbye(&self, socket: &UnixStream) -> Ended {
        let mut state = self.lock();
        while !state.is_over {
            state = self.wait(state);
        }
        drop(state);
        let _ = socket.shutdown(Shutdown::Both);
        Ended::Failed
    }

    /// Writes what there is to write until the connection ends.
    fn write(&self, mut socket: &UnixStream) {
        loop {
            let mut state = self.lock();
            let bytes = loop {
                if state.is_over {
                    return;
                }
                let bytes = state.connection.pull();
                if !bytes.is_empty() || state.is_closing {
                    break bytes;
                }
                state = self.wait(state);
            };
            let is_last = state.is_closing;
            drop(state);
            // Room was made: the reader and the workers may go on.
            self.turned.notify_all();
            if socket.write_all(&bytes).is_err() || is_last {
                let _ = socket.shutdown(Shutdown::Both);
                self.lock().is_over = true;
                self.turned.notify_all();
                return;
            }
        }
    }

    /// Makes sure that somebody does the jobs.
    fn hire(self: &Arc<Self>, state: &mut State, serve: &Arc<dyn Serve>) {
        let wanted = state.connection.waiting_jobs();
        while state.idle < wanted && state.workers < MAX_WORKERS {
            let (wheel, serve) = (Arc::clone(self), Arc::clone(serve));
            let hired = thread::Builder::new().spawn(move || wheel.work(&*serve));
            if hired.is_err() {
                break;
            }
            state.workers += 1;
            state.idle += 1;
        }
    }

    /// Does jobs until the connection ends.
    fn work(&self, serve: &dyn Serve) {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return;
            }
            let Some(job) = state.connection.take_job() else {
                state = self.wait(state);
                continue;
            };
            state.idle -= 1;
            drop(state);
            let facts = gather::run(&job, serve);
            state = self.lock();
            state.idle += 1;
            if let Some(facts) = facts {
                state.connection.finish_job(job.id, &facts);
            }
            self.turned.notify_all();
        }
    }
}

fn is_temporary(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}
