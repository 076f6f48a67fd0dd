//! The threads: real sockets, several gatherings at once, a host that does not read.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::super::log::Log;
use super::super::serve::{Ended, converse};
use super::super::{Gathered, Gathering, Serve};
use super::Table;
use super::formats::Shared;
use super::host::{call, call_types, frame, gathering, text, yes};

fn start(serve: Arc<dyn Serve>) -> (UnixStream, JoinHandle<Ended>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let log = Log::new(Box::new(Shared::default()));
    let served = thread::spawn(move || converse(&theirs, serve, &log, &|| false));
    (ours, served)
}

fn data(id: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = frame(0, 0, id, bytes.len() as u32);
    out.extend(bytes);
    out
}

/// What a host sends before its first gathering on stream 7.
fn opening() -> Vec<u8> {
    let mut wire: Vec<u8> = [1, 3, 5].iter().flat_map(|id| frame(1, 1, *id, 0)).collect();
    let dispense = call(0, "Dispenser.Dispense", &text("gatherer"));
    wire.extend(data(1, &[call_types(), dispense].concat()));
    wire.extend(frame(1, 1, 7, 0));
    wire.extend(data(7, &[1_u32.to_le_bytes().to_vec(), call_types()].concat()));
    wire
}

/// Reads until a stream has had so many answers.
fn answers(socket: &mut UnixStream, count: usize) -> Vec<(Json, Json)> {
    let mut wire = Vec::new();
    let mut buffer = [0; 1 << 16];
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    loop {
        let (streams, _) = super::streams(&wire);
        let stream = streams.get(&7).and_then(|stream| stream.get(4..)).unwrap_or_default();
        let values = super::values(stream);
        if values.len() >= 2 * count {
            let json: Vec<Json> = values.iter().map(super::json).collect();
            return json.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        }
        let read = socket.read(&mut buffer).unwrap();
        assert!(read > 0, "the plugin has gone");
        wire.extend(&buffer[..read]);
    }
}

#[test]
fn gathers_and_quits() {
    let (mut socket, served) = start(Arc::new(Table::of(&[("known", json!("value"))])));
    socket.write_all(&opening()).unwrap();
    let body = gathering(&[("n", "C", "known")], "id");
    socket.write_all(&data(7, &call(0, "Plugin.ServeGathering", &body))).unwrap();
    let facts = &answers(&mut socket, 1)[0].1;
    assert_eq!(facts[0]["Value"]["$value"]["Value"], "value");
    socket.write_all(&data(1, &call(1, "Control.Quit", &yes()))).unwrap();
    drop(socket);
    assert_eq!(served.join().unwrap(), Ended::Done);
}

/// Gatherings that take their time.
struct Slow;

impl Serve for Slow {
    fn arguments(&self) -> Vec<String> {
        vec!["slow".to_owned(), "quick".to_owned()]
    }

    fn gathering(&self, work: &mut dyn FnMut(&mut dyn Gathering)) {
        work(&mut Slow);
    }
}

impl Gathering for Slow {
    fn gather(&mut self, argument: &str) -> Gathered {
        if argument == "slow" {
            thread::sleep(Duration::from_secs(3));
        }
        Gathered::Value(json!(argument))
    }
}

#[test]
fn a_slow_gathering_holds_up_no_other_and_can_be_cancelled() {
    let (mut socket, served) = start(Arc::new(Slow));
    socket.write_all(&opening()).unwrap();
    let slow = gathering(&[("a", "C", "slow")], "first");
    let quick = gathering(&[("b", "C", "quick")], "second");
    let started = Instant::now();
    for bytes in [
        call(0, "Plugin.ServeGathering", &slow),
        call(1, "Plugin.ServeGathering", &quick),
        call(2, "Plugin.Cancel", &text("first")),
    ] {
        socket.write_all(&data(7, &bytes)).unwrap();
    }
    let answers = answers(&mut socket, 3);
    assert!(started.elapsed() < Duration::from_secs(2));
    let find = |number: u64| {
        answers.iter().find(|answer| answer.0["Seq"].as_u64().unwrap_or(0) == number).unwrap()
    };
    assert_eq!(find(0).0["Error"], "context canceled");
    assert_eq!(find(1).1[0]["Name"], "b");
    assert_eq!(find(2).1, json!([]));
    drop(socket);
    assert_eq!(served.join().unwrap(), Ended::Done);
}

#[test]
fn ten_thousand_gatherings_at_once_are_answered_over_a_socket() {
    let (mut socket, served) = start(Arc::new(Table::of(&[("known", json!("value"))])));
    socket.write_all(&opening()).unwrap();
    let mut writer = socket.try_clone().unwrap();
    let body = gathering(&[("n", "C", "known")], "id");
    // 2,000 fit into the window, which this host does not follow; five rounds of them.
    let mut total = 0;
    for round in 0..5_u64 {
        let calls = (0..2_000).flat_map(|at| call(round * 2_000 + at, "Plugin.Gather", &body));
        let calls: Vec<u8> = calls.collect();
        total += calls.len();
        for part in calls.chunks(30_000) {
            writer.write_all(&data(7, part)).unwrap();
        }
        if round == 4 {
            break;
        }
        writer.write_all(&frame(1, 0, 7, 1 << 20)).unwrap();
        thread::sleep(Duration::from_millis(300));
    }
    writer.write_all(&frame(1, 0, 7, 1 << 20)).unwrap();
    assert!(total > 256 << 10);
    assert_eq!(answers(&mut socket, 10_000).len(), 10_000);
    drop((socket, writer));
    assert_eq!(served.join().unwrap(), Ended::Done);
}

#[test]
fn a_host_that_never_reads_is_not_read_any_more_either() {
    let (mut socket, served) = start(Arc::new(Table::default()));
    socket.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let pings: Vec<u8> = (0..1000).flat_map(|id| frame(2, 1, 0, id)).collect();
    let mut written = 0;
    while written < 64 << 20 && socket.write_all(&pings).is_ok() {
        written += pings.len();
    }
    assert!(written < 8 << 20, "{written} bytes were taken");
    drop(socket);
    assert_eq!(served.join().unwrap(), Ended::Done);
}

#[test]
fn a_host_that_speaks_nonsense_is_told_and_left() {
    let (mut socket, served) = start(Arc::new(Table::default()));
    socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut farewell = Vec::new();
    socket.read_to_end(&mut farewell).unwrap();
    assert_eq!(farewell, frame(3, 0, 0, 1));
    assert_eq!(served.join().unwrap(), Ended::Failed);
}
