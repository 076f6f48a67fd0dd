//! Recorded conversations, played to a connection: the answers must be the recorded ones.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::connection::Connection;
use super::super::{GatherError, Gathered, gather};
use super::formats::plain;
use super::{Side, Table, conversations, json as to_json, own, shared, streams, values};

/// Plays the host's part. After each of its turns the jobs are done.
fn play(chunks: &[(Side, Vec<u8>)], table: &Table) -> Vec<u8> {
    let mut connection = Connection::default();
    let mut wire = Vec::new();
    for (at, (side, bytes)) in chunks.iter().enumerate() {
        if *side == Side::Plugin {
            continue;
        }
        connection.receive(bytes).unwrap();
        wire.extend(connection.pull());
        if chunks.get(at + 1).is_none_or(|(side, _)| *side == Side::Plugin) {
            finish(&mut connection, table);
        }
        loop {
            let bytes = connection.pull();
            if bytes.is_empty() {
                break;
            }
            wire.extend(bytes);
        }
    }
    wire
}

fn finish(connection: &mut Connection, table: &Table) {
    while let Some(job) = connection.take_job() {
        if let Some(facts) = gather::run(&job, table) {
            connection.finish_job(job.id, &facts);
        }
    }
}

/// What one side sent.
fn said(chunks: &[(Side, Vec<u8>)], side: Side) -> Vec<u8> {
    let chunks = chunks.iter().filter(|(speaker, _)| *speaker == side);
    chunks.flat_map(|(_, bytes)| bytes.clone()).collect()
}

/// Without the four bytes by which a stream says whose it is.
fn after_broker(id: u32, stream: &[u8]) -> &[u8] {
    if id >= 7 { &stream[4..] } else { stream }
}

/// The calls or answers of a stream by their number: head and body.
fn by_number(id: u32, stream: &[u8]) -> BTreeMap<u64, (Json, Json)> {
    let values: Vec<Json> = values(after_broker(id, stream)).iter().map(to_json).collect();
    let pairs = values.chunks_exact(2);
    pairs
        .map(|pair| (pair[0]["Seq"].as_u64().unwrap_or(0), (pair[0].clone(), pair[1].clone())))
        .collect()
}

/// The requests of a call: what came in, whichever method brought it.
fn requests(call: &(Json, Json)) -> Vec<Json> {
    match call.0["ServiceMethod"].as_str() {
        Some("Plugin.ServeGathering") => call.1["FactRequests"].as_array().cloned(),
        Some("Plugin.Gather") => call.1.as_array().cloned(),
        _ => None,
    }
    .unwrap_or_default()
}

/// A table that answers as the recorded plugin did.
fn table(host: &BTreeMap<u32, Vec<u8>>, plugin: &BTreeMap<u32, Vec<u8>>) -> Table {
    let mut table = Table::default();
    for (id, stream) in host.iter().filter(|(id, _)| **id >= 7) {
        let answers = by_number(*id, &plugin[id]);
        for (number, call) in by_number(*id, stream) {
            let facts = answers.get(&number).and_then(|answer| answer.1.as_array());
            for (at, request) in requests(&call).iter().enumerate() {
                let argument = request["Argument"].as_str().unwrap_or_default();
                let outcome = match facts.and_then(|facts| facts.get(at)) {
                    Some(fact) if fact["Value"].is_object() => {
                        Gathered::Value(exact(&fact["Value"]))
                    }
                    Some(fact) if fact["Error"].is_object() => Gathered::Error(GatherError::new(
                        fact["Error"]["Type"].as_str().unwrap_or_default(),
                        fact["Error"]["Message"].as_str().unwrap_or_default(),
                    )),
                    _ => Gathered::Value(Json::Null),
                };
                table.add(argument, outcome);
            }
        }
    }
    table
}

/// A recorded value as a gatherer would give it: floats stay floats.
fn exact(value: &Json) -> Json {
    match value["$type"].as_str() {
        Some("*entities.FactValueFloat") => {
            json!(value["$value"]["Value"].as_f64().unwrap_or_default())
        }
        _ => plain(value),
    }
}

/// A body in a form in which recordings of Go and of ours are the same: without the names that
/// one field less or a nil map makes.
fn comparable(method: &str, body: &Json) -> Json {
    let Some(facts) = body.as_array() else { return json!({"method": method, "body": body}) };
    facts
        .iter()
        .map(|fact| match fact["Value"].is_object() {
            true => json!([
                fact["Name"],
                fact["CheckID"],
                plain(&fact["Value"]),
                fact["Value"]["$type"]
            ]),
            false => json!([fact["Name"], fact["CheckID"], fact["Error"]]),
        })
        .collect()
}

#[test]
fn recorded_conversations_get_the_recorded_answers() {
    let Some(folder) = shared() else { return };
    let (mut sessions, mut answers, mut exact) = (0, 0, 0);
    for (name, chunks) in conversations(&folder) {
        let (host, _) = streams(&said(&chunks, Side::Host));
        let (recorded, _) = streams(&said(&chunks, Side::Plugin));
        let (ours, others) = streams(&play(&chunks, &table(&host, &recorded)));
        for (id, stream) in recorded.iter().filter(|(id, _)| **id == 1 || **id >= 7) {
            let want = by_number(*id, stream);
            let got = by_number(*id, &ours[id]);
            for (number, (head, body)) in &want {
                let method = head["ServiceMethod"].as_str().unwrap();
                let got = &got[number];
                assert_eq!(got.0["ServiceMethod"], head["ServiceMethod"], "{name}");
                compare(&name, method, (head, body), got);
                answers += 1;
            }
            let is_ours = name.starts_with("rust-") || name == "oldgather";
            if is_ours && !["rust-types", "rust-fail"].contains(&name.as_str()) {
                assert_eq!(&ours[id], stream, "{name}: the bytes of stream {id}");
                exact += 1;
            }
        }
        let acknowledged = others.iter().filter(|header| header[1] == 1 && header[3] == 2).count();
        assert_eq!(acknowledged, host_streams(&chunks), "{name}: one ACK a stream");
        sessions += 1;
    }
    eprintln!("conversations: {sessions}, answers: {answers}, streams equal to the byte: {exact}");
    assert!(sessions >= 18 && answers >= 60 && exact >= 8);
}

fn host_streams(chunks: &[(Side, Vec<u8>)]) -> usize {
    let (_, others) = streams(&said(chunks, Side::Host));
    others.iter().filter(|header| header[1] == 1 && header[3] & 1 == 1).count()
}

fn compare(name: &str, method: &str, want: (&Json, &Json), got: &(Json, Json)) {
    let is_gathering = matches!(method, "Plugin.ServeGathering" | "Plugin.Gather");
    let is_cancelled = want.0["Error"] == "context canceled";
    if is_gathering && want.0["Error"].is_string() && !is_cancelled {
        // The agent's service would drop the requests: we answer each with a fact.
        assert!(got.0["Error"].is_null() && got.1.is_array(), "{name}");
        return;
    }
    if name == "cancel" && is_gathering {
        // The recorded plugin answers with no facts, ours with the reason.
        assert_eq!(got.0["Error"], "context canceled");
        return;
    }
    assert_eq!(got.0["Error"], want.0["Error"], "{name} {method}");
    let (mut want, mut got) = (comparable(method, want.1), comparable(method, &got.1));
    if let (Some(want), Some(got)) = (want.as_array_mut(), got.as_array_mut()) {
        // A request without a fact leaves its check without a verdict, and a fact with neither
        // value nor error kills the agent: ours are errors.
        want.resize(got.len(), Json::Null);
        for (want, got) in want.iter_mut().zip(got.iter()) {
            if want[2].is_null() && want[3].is_null() {
                assert_eq!(got[2]["Type"], "alloy-value-error", "{name}");
                *want = got.clone();
            }
        }
    }
    assert_eq!(got, want, "{name} {method}");
}

#[test]
fn our_own_recordings_get_the_same_bytes() {
    let table = Table::of(&[("answer", json!({"number": 42, "list": ["a", 0.5, true]}))]);
    let mut count = 0;
    for (name, chunks) in conversations(&own()) {
        let (recorded, _) = streams(&said(&chunks, Side::Plugin));
        let (ours, _) = streams(&play(&chunks, &table));
        assert_eq!(ours, recorded, "{name}");
        count += 1;
    }
    eprintln!("own conversations: {count}");
    assert!(count >= 3);
}
