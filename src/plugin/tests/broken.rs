//! Broken, hostile and enormous input: an error, never a panic, never unbounded memory.

use std::time::Duration;

use serde_json::json;

use super::super::connection::{Connection, STALL_LIMIT};
use super::super::gather;
use super::super::gob::{Content, Decoder, Value};
use super::super::{Gathered, Gathering, Serve};
use super::host::{Host, call, call_types, frame, gathering, text, yes};
use super::{Side, Table, bytes, conversations, own, shared};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    /// Breaks bytes in one of a few ways.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match self.roll(5) {
                _ if bytes.is_empty() => {}
                0 => bytes[at] ^= 1 << self.roll(8),
                1 => bytes[at] = self.roll(256) as u8,
                2 => bytes.truncate(at),
                3 => bytes.insert(at, self.roll(256) as u8),
                _ => {
                    let end = (at + self.roll(64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
    }
}

#[test]
fn broken_conversations_end_in_an_error_or_not_at_all() {
    let folders = shared().into_iter().chain([own()]);
    let recorded: Vec<_> = folders.flat_map(|folder| conversations(&folder)).collect();
    let table = Table::of(&[("", json!(1)), ("str:hello", json!("hello"))]);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut total) = (0, 0);
    for (name, chunks) in &recorded {
        let host = chunks.iter().filter(|(side, _)| *side == Side::Host);
        let whole: Vec<u8> = host.flat_map(|(_, bytes)| bytes.clone()).collect();
        for _ in 0..200 {
            let mut broken = whole.clone();
            dice.mutate(&mut broken);
            let mut connection = Connection::default();
            for part in broken.chunks(1 + dice.roll(400)) {
                if connection.receive(part).is_err() {
                    refused += 1;
                    break;
                }
                for _ in 0..32 {
                    let Some(job) = connection.take_job() else { break };
                    if let Some(facts) = gather::run(&job, &table) {
                        connection.finish_job(job.id, &facts);
                    }
                }
                assert!(connection.pull().len() < 4 << 20, "{name}");
            }
            total += 1;
        }
    }
    eprintln!("broken conversations: {total}, of which {refused} broke the protocol");
    assert_eq!(total, 200 * recorded.len());
    assert!(total > 0, "no conversation was found");
}

#[test]
fn broken_gob_streams_end_in_an_error_or_not_at_all() {
    let mut streams = vec![[call_types(), call(3, "Plugin.Gather", &text("x"))].concat()];
    if let Some(folder) = shared() {
        let text = std::fs::read_to_string(folder.join("gob-vectors.txt")).unwrap();
        streams.extend(text.lines().filter_map(|line| line.strip_prefix("hex ")).map(bytes));
    }
    let mut dice = Dice(42);
    let mut total = 0;
    let mut decode = |stream: &[u8]| {
        let (mut decoder, mut rest) = (Decoder::default(), stream);
        while let Ok(progress) = decoder.next(rest) {
            rest = &rest[progress.consumed..];
            if progress.value.is_none() {
                break;
            }
        }
        total += 1;
    };
    for stream in &streams {
        for end in 0..stream.len() {
            decode(&stream[..end]);
        }
        for _ in 0..500 {
            let mut broken = stream.clone();
            dice.mutate(&mut broken);
            decode(&broken);
        }
    }
    eprintln!("broken gob streams: {total}");
}

#[test]
fn violations_are_refused_with_a_farewell() {
    let cases: [(&str, Vec<u8>); 8] = [
        ("version", vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("type", frame(9, 0, 0, 0)),
        ("even id", frame(1, 1, 2, 0)),
        ("zero id", frame(1, 1, 0, 0)),
        ("twice", [frame(1, 1, 1, 0), frame(1, 1, 1, 0)].concat()),
        ("window", [frame(1, 1, 1, 0), frame(0, 0, 1, (256 << 10) + 1)].concat()),
        ("two ends", [frame(1, 1, 1, 0), frame(1, 4, 1, 0), frame(1, 4, 1, 0)].concat()),
        ("late data", [frame(1, 1, 1, 0), frame(1, 4, 1, 0), frame(0, 0, 1, 1)].concat()),
    ];
    for (name, wire) in cases {
        let mut connection = Connection::default();
        assert!(connection.receive(&wire).is_err(), "{name}");
        let farewell = connection.pull();
        assert!(farewell.chunks(12).any(|sent| sent == frame(3, 0, 0, 1)), "{name}");
    }
}

#[test]
fn data_for_a_stream_that_is_gone_is_skipped() {
    let table = Table::default();
    let mut host = Host::new(&table);
    host.raw(&[frame(0, 0, 99, 5), b"12345".to_vec()].concat());
    host.send(1, &call(0, "Control.Ping", &yes()));
    assert_eq!(host.answers(1).len(), 1);
}

#[test]
fn streams_beyond_the_limit_are_reset() {
    let table = Table::default();
    let mut host = Host::new(&table);
    for id in (7..207).step_by(2) {
        host.open(id);
    }
    assert_eq!(host.broken.len(), 39);
    host.send(1, &call(0, "Control.Ping", &yes()));
    assert_eq!(host.answers(1).len(), 1);
}

#[test]
fn a_stream_that_nobody_dispensed_is_reset() {
    let table = Table::default();
    let mut host = Host::new(&table);
    host.open(7);
    host.send(7, &9_u32.to_le_bytes());
    assert_eq!(host.broken, [7]);
}

#[test]
fn ten_thousand_requests_in_one_gathering_are_answered() {
    let table = Table::of(&[("known", json!({"a": [1, 2, 3]}))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    let names: Vec<String> = (0..10_000).map(|number| format!("fact{number}")).collect();
    let argument = |number: usize| if number.is_multiple_of(2) { "known" } else { "unknown" };
    let requests: Vec<(&str, &str, &str)> = names
        .iter()
        .enumerate()
        .map(|(number, name)| (name.as_str(), "CHECK", argument(number)))
        .collect();
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&requests, "id")));
    let answers = host.answers(7);
    let facts = super::json(&answers[0].1);
    let facts = facts.as_array().unwrap();
    assert_eq!(facts.len(), 10_000);
    for (number, fact) in facts.iter().enumerate() {
        assert_eq!(fact["Name"], names[number].as_str());
        assert_eq!(fact["Value"].is_object(), number % 2 == 0);
        assert_eq!(fact["Error"]["Type"] == "alloy-unknown-argument", number % 2 == 1);
    }
}

#[test]
fn ten_thousand_gatherings_are_answered() {
    let table = Table::of(&[("known", json!("x"))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    let mut wire = Vec::new();
    for number in 0..10_000 {
        let body = gathering(&[("n", "C", "known")], &format!("id{number}"));
        wire.extend(call(number, "Plugin.ServeGathering", &body));
    }
    host.send(7, &wire);
    assert_eq!(host.answers(7).len(), 10_000);
}

#[test]
fn requests_that_nobody_does_fill_the_window_and_no_more() {
    let mut connection = Connection::default();
    let mut wire: Vec<u8> = [1, 3, 5, 7].iter().flat_map(|id| frame(1, 1, *id, 0)).collect();
    let mut send = |id: u32, data: &[u8]| {
        wire.extend(frame(0, 0, id, data.len() as u32));
        wire.extend(data);
    };
    send(1, &[call_types(), call(0, "Dispenser.Dispense", &text("gatherer"))].concat());
    send(7, &1_u32.to_le_bytes());
    send(7, &call_types());
    connection.receive(&wire).unwrap();
    let body = gathering(&[("n", "C", "a")], "id");
    let mut sent = 0;
    for number in 0..100_000 {
        let data = call(number, "Plugin.ServeGathering", &body);
        let mut bytes = frame(0, 0, 7, data.len() as u32);
        bytes.extend(&data);
        if connection.receive(&bytes).is_err() {
            break;
        }
        sent += data.len();
    }
    // A thousand jobs and the window; a host that keeps to the window would wait.
    assert!(sent < 1 << 20, "{sent} bytes were taken");
    assert!(connection.waiting_jobs() <= 1024);
}

#[test]
fn large_requests_and_large_answers_pass_the_windows() {
    let large = "y".repeat(1_600_000);
    let table = Table::of(&[("large", json!(large))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    let name = "x".repeat(1_600_000);
    let body = gathering(&[(&name, "C", "large"), ("n", "C", "large")], "id");
    host.send(7, &call(0, "Plugin.ServeGathering", &body));
    let facts = super::json(&host.answers(7)[0].1);
    assert_eq!(facts[0]["Name"].as_str().unwrap().len(), 1_600_000);
    assert_eq!(facts[1]["Value"]["$value"]["Value"].as_str().unwrap().len(), 1_600_000);
}

#[test]
fn an_answer_that_grows_too_large_says_so_in_its_facts() {
    let table = Table::of(&[("large", json!("y".repeat(1 << 20)))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    let requests = vec![("n", "C", "large"); 100];
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&requests, "id")));
    let facts = super::json(&host.answers(7)[0].1);
    let facts = facts.as_array().unwrap();
    let failed = facts.iter().filter(|fact| fact["Error"]["Type"] == "alloy-answer-too-large");
    assert_eq!((facts.len(), failed.count()), (100, 85));
}

#[test]
fn a_panic_is_the_fault_of_one_fact() {
    let table = Table::of(&[("known", json!(1))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    let requests = [("a", "C", "known"), ("b", "C", "panic"), ("c", "C", "known")];
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&requests, "id")));
    let facts = super::json(&host.answers(7)[0].1);
    assert_eq!(facts[1]["Error"]["Type"], "alloy-internal-error");
    assert!(facts[0]["Value"].is_object() && facts[2]["Value"].is_object());
}

#[test]
fn a_check_that_does_not_apply_gets_no_fact_and_a_person_the_reason() {
    let mut table = Table::of(&[("known", json!(1))]);
    table.add("elsewhere", Gathered::NotApplicable("pull mode".to_owned()));
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    let checks = [("a", "C1", "known"), ("b", "C1", "elsewhere"), ("c", "C2", "known")];
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&checks, "id")));
    let person = [("elsewhere", "", "elsewhere"), ("known", "", "known")];
    host.send(7, &call(1, "Plugin.ServeGathering", &gathering(&person, "id")));
    let answers = host.answers(7);
    let facts = super::json(&answers[0].1);
    assert_eq!(facts.as_array().unwrap().len(), 1);
    assert_eq!(facts[0]["CheckID"], "C2");
    let facts = super::json(&answers[1].1);
    let error = json!({"Message": "pull mode", "Type": "alloy-not-applicable"});
    assert_eq!(facts[0]["Error"], error);
    assert!(facts[1]["Value"].is_object());
}

/// A source of facts that cannot even begin.
struct Faulty;

impl Serve for Faulty {
    fn arguments(&self) -> Vec<String> {
        vec!["known".to_owned()]
    }

    fn gathering(&self, _work: &mut dyn FnMut(&mut dyn Gathering)) {
        panic!("as it was asked to")
    }
}

#[test]
fn a_panic_before_the_first_fact_is_told_in_every_fact() {
    let mut host = Host::new(&Faulty);
    host.dispense(0, 7);
    let requests = [("a", "C", "known"), ("b", "C", "known")];
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&requests, "id")));
    let facts = super::json(&host.answers(7)[0].1);
    assert_eq!(facts[1]["Error"]["Type"], "alloy-internal-error");
}

#[test]
fn a_stream_that_stands_still_is_broken_off() {
    let table = Table::of(&[("large", json!("y".repeat(1 << 20)))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    host.is_generous = false;
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&[("n", "C", "large")], "id")));
    assert!(host.connection.tick(Duration::ZERO));
    assert!(host.connection.tick(STALL_LIMIT - Duration::from_secs(1)));
    host.turn();
    assert!(host.broken.is_empty());
    assert!(host.connection.tick(STALL_LIMIT));
    host.turn();
    assert_eq!(host.broken, [7]);
    assert_eq!(host.connection.take_complaints().len(), 1);
}

#[test]
fn a_hundred_idle_minutes_leave_nothing_behind() {
    let table = Table::of(&[("known", json!(1))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    for second in 0..6000_u32 {
        if second % 30 == 0 {
            host.raw(&frame(2, 1, 0, second / 30));
            let (_, reply) = host.transcript.last().unwrap();
            assert_eq!(*reply, frame(2, 2, 0, second / 30));
        }
        assert!(host.connection.tick(Duration::from_secs(u64::from(second))));
        assert!(host.connection.pull().is_empty());
    }
    assert_eq!(host.connection.kept(), 0);
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&[("n", "C", "known")], "id")));
    assert_eq!(host.answers(7).len(), 1);
}

#[test]
fn a_stream_ends_once_and_after_its_answers() {
    let table = Table::of(&[("known", json!(1))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    host.send(7, &call(0, "Plugin.ServeGathering", &gathering(&[("n", "C", "known")], "id")));
    assert!(!host.is_finished(7));
    host.raw(&frame(1, 4, 7, 0));
    assert!(host.is_finished(7));
    host.send(1, &call(1, "Control.Quit", &yes()));
    host.raw(&frame(1, 4, 1, 0));
    assert!(host.is_finished(1));
}

#[test]
fn after_quit_the_connection_does_not_last() {
    let table = Table::default();
    let mut host = Host::new(&table);
    host.send(1, &call(0, "Control.Quit", &yes()));
    assert_eq!(host.answers(1).len(), 1);
    assert!(host.connection.tick(Duration::from_secs(100)));
    assert!(!host.connection.tick(Duration::from_secs(111)));
}

#[test]
fn a_call_without_a_head_breaks_its_stream_and_no_other() {
    let table = Table::of(&[("known", json!(1))]);
    let mut host = Host::new(&table);
    host.dispense(0, 7);
    host.dispense(1, 9);
    let mut nonsense = Vec::new();
    super::super::gob::message(&mut nonsense, Content::new().uint(6).uint(0).uint(9));
    host.send(7, &nonsense);
    assert_eq!(host.broken, [7]);
    host.send(9, &call(0, "Plugin.ServeGathering", &gathering(&[("n", "C", "known")], "id")));
    assert!(matches!(host.answers(9)[0].1, Value::List(_)));
}
