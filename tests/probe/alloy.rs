//! The host's view of Alloy's HTTP server: the recorded states of the real one, replayed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use trento_alloy::inside::deploy::{Expected, Live, RunningSender};
use trento_alloy::inside::host::alloy_http::{
    self, Access, Address, Answers, Patience, Reload, Server,
};
use trento_alloy::inside::host::components::components;
use trento_alloy::inside::host::delivery::delivery;
use trento_alloy::inside::host::process::{self, Process};
use trento_alloy::inside::host::recording::record;
use trento_alloy::inside::host::running::running;
use trento_alloy::inside::host::{Seen, service, storage};
use trento_alloy::inside::load::AlloyArgs;
use trento_alloy::inside::secret::Secret;
use trento_alloy::inside::system::System;

use crate::certificates::self_signed;
use crate::servers::{self, answer};

/// The recorded states of the shared acceptance data beside the checkout.
fn states() -> BTreeMap<String, Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/alloy-http/answers.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return BTreeMap::new();
    };
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|state: Value| (state["state"].as_str().unwrap().to_owned(), state))
        .collect()
}

/// A server that answers as recorded.
fn replay(state: &Value) -> servers::Server {
    let answers = state["answers"].clone();
    let reload = state["steps"]
        .as_array()
        .and_then(|steps| steps.last())
        .map(|step| step["answer to POST /-/reload"].clone());
    servers::Server::http(move |request| {
        let question = request.split(" HTTP/").next().unwrap();
        let found = if question == "POST /-/reload" {
            reload.clone().unwrap_or(Value::Null)
        } else {
            answers[question].clone()
        };
        let status = found["status"].as_u64().unwrap_or(404);
        let kind = found["content_type"].as_str().unwrap_or("text/plain");
        let body = found["body"].as_str().unwrap_or("404 page not found\n");
        answer(&format!("{status} X"), &format!("Content-Type: {kind}\r\n"), body).into_bytes()
    })
}

fn at(server: &servers::Server) -> Server {
    Server { address: Address::Tcp(server.address), ..Server::default() }
}

fn live(server: &Server) -> Answers {
    match alloy_http::answers(&System::live(), server, Patience::default()) {
        Seen::Known(answers) => answers,
        other => panic!("{other:?}"),
    }
}

/// A root folder with a snapshot of these keys.
fn root(keys: Value) -> (tempfile::TempDir, System) {
    let folder = tempfile::tempdir().unwrap();
    let mut snapshot = json!({"version": 1});
    snapshot.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    fs::write(folder.path().join("snapshot.json"), snapshot.to_string()).unwrap();
    let system = System::rooted(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
    (folder, system)
}

#[test]
fn each_recorded_state_is_understood_live_and_from_a_snapshot() {
    for (name, state) in states() {
        let stand_in = replay(&state);
        let arguments: Vec<String> = serde_json::from_value(state["args"].clone()).unwrap();
        let mut server = Server::of(&AlloyArgs::parse(&arguments));
        let (_folder, rooted) = root(json!({"alloy_http": {"answers": state["answers"]}}));
        let recorded = alloy_http::answers(&rooted, &server, Patience::default()).known().unwrap();
        server.address = Address::Tcp(stand_in.address);
        let live = live(&server);
        assert_eq!(running(&live), running(&recorded), "{name}");
        assert_eq!(components(&live), components(&recorded), "{name}");
        assert_eq!(delivery(&live), delivery(&recorded), "{name}");
        check_state(&name, &live);
    }
}

fn check_state(name: &str, answers: &Answers) {
    if name == "http-auth" {
        assert!(running(answers).unwrap_err().contains("credentials"));
        assert!(components(answers).is_err() && delivery(answers).is_err());
        return;
    }
    let running = running(answers).unwrap();
    assert_eq!(running.version.as_deref(), Some("1.18.0-devel"), "{name}");
    assert_eq!(running.config_hash.map(|hash| hash.len()), Some(64), "{name}");
    assert_eq!(running.last_load_successful, Some(name != "reload-syntax"), "{name}");
    assert!(running.is_ready && running.started_at > Some(1_700_000_000));
    assert_eq!(running.is_healthy, name != "reload-evaluation", "{name}");
    let found = components(answers).unwrap();
    let expected = match name {
        "empty" | "import-raw" => 0,
        "declare" => 1,
        _ => 4,
    };
    assert_eq!(found.len(), expected, "{name}");
    let unwell: Vec<_> = found.iter().filter(|found| found.health != "healthy").collect();
    assert_eq!(unwell.len(), usize::from(name == "reload-evaluation"));
    let queues = delivery(answers).unwrap();
    let numbers: Vec<_> =
        queues.iter().map(|queue| (queue.accepted, queue.failed, queue.retried)).collect();
    match name {
        "running" => assert_eq!(numbers, [(490, 0, 0)]),
        "unauthorized" => assert_eq!(numbers, [(0, 490, 0)]),
        "unreachable" => assert_eq!((numbers[0].0, numbers[0].2 > 0), (0, true)),
        "declare" => assert_eq!(queues[0].module, "trento.host"),
        "empty" | "import-raw" => assert!(numbers.is_empty()),
        _ => assert_eq!(numbers.len(), 1, "{name}"),
    }
}

#[test]
fn the_answer_to_a_reload_counts() {
    for (name, state) in states() {
        let server = replay(&state);
        let answered = alloy_http::reload(
            System::live().alloy_http().unwrap(),
            &at(&server),
            Duration::from_secs(5),
        );
        match (name.as_str(), answered) {
            ("reload-good", answered) => assert_eq!(answered, Reload::Done),
            (name, Reload::Refused(why)) => {
                assert!(name.starts_with("reload-") && why.contains(".alloy"), "{name}: {why}");
            }
            (name, Reload::Unanswered(_)) => assert!(!name.starts_with("reload-")),
            (name, Reload::Done) => panic!("{name} is no good reload"),
        }
    }
}

const LISTED: &str = r#"[{"localID":"a.b","moduleID":"","health":{"state":"healthy"},
    "createdModuleIDs":["a.b","../../secret?x"]}]"#;
const INNER: &str = r#"[{"localID":"c.d","moduleID":"a.b","health":{"state":"unhealthy",
    "message":"bad\u001b[31m"},"arguments":[{"value":"canary"}]}]"#;

#[test]
fn modules_are_looked_into_and_only_what_is_read_is_kept() {
    let server = servers::Server::http(|request| {
        let path = request.split(' ').nth(1).unwrap();
        let body = match path {
            "/ui/api/v0/web/components" => LISTED,
            "/ui/api/v0/web/modules/a.b/components" => INNER,
            "/metrics" => "go_goroutines 4\nalloy_config_last_load_successful 1\nbroken{\n",
            _ => "",
        };
        answer("200 OK", "", body).into_bytes()
    });
    let answers = live(&Server { prefix: "/ui".to_owned(), ..at(&server) });
    let found = components(&answers).unwrap();
    assert_eq!(found.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["a.b", "c.d"]);
    assert_eq!(found[1].message, "bad [31m");
    assert!(!format!("{answers:?}").contains("canary"));
    assert_eq!(answers.metrics(), Some("alloy_config_last_load_successful 1\n"));
    let asked = server.requests.lock().unwrap().join("");
    assert!(!asked.contains("secret?x"), "a strange module id went into a path");
}

#[test]
fn basic_authentication_and_the_pinned_certificate_are_used() {
    let server = servers::Server::http(|request| {
        let known = request.to_ascii_lowercase().contains("authorization: basic b3bzomnhbmfyeq==");
        let status = if known { "200 OK" } else { "401 Unauthorized" };
        answer(status, "", "alloy_config_last_load_successful 1\n").into_bytes()
    });
    assert!(running(&live(&at(&server))).is_err());
    let basic = Some(("ops".to_owned(), Secret::new("canary")));
    let known = Server { access: Access { basic, ..Access::default() }, ..at(&server) };
    assert!(running(&live(&known)).is_ok());
    assert!(!format!("{known:?}").contains("canary"));
    // Plain HTTP where the configuration says TLS: nothing is sent in clear text.
    let certificate = self_signed(&["alloy"], false).certificate;
    let access = Access { certificate: Some(certificate.into_bytes()), ..Access::default() };
    let before = server.requests.lock().unwrap().len();
    let patience = Patience { timeout: Duration::from_millis(300), watch: None };
    let hidden = alloy_http::answers(&System::live(), &Server { access, ..at(&server) }, patience);
    assert!(matches!(hidden, Seen::Hidden(_)));
    let obstacle = Some("it wants a client certificate".to_owned());
    let access = Access { obstacle, ..Access::default() };
    let hidden = alloy_http::answers(&System::live(), &Server { access, ..at(&server) }, patience);
    assert!(matches!(hidden, Seen::Hidden(_)));
    assert_eq!(server.requests.lock().unwrap().len(), before);
}

#[test]
fn a_bad_server_is_given_up_and_ten_thousand_components_are_not() {
    let begun = Instant::now();
    let patience = Patience { timeout: Duration::from_millis(300), watch: None };
    let silent = servers::Server::new(|_stream| sleep(Duration::from_secs(2)));
    let seen = alloy_http::answers(&System::live(), &at(&silent), patience);
    let Seen::Hidden(hidden) = seen else { panic!("{seen:?}") };
    assert!(hidden.reason.contains("in time") && begun.elapsed() < Duration::from_secs(2));

    let huge = servers::Server::new(|mut stream| {
        let _ = servers::read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let patience = Patience { timeout: Duration::from_secs(20), watch: None };
    let seen = alloy_http::answers(&System::live(), &at(&huge), patience);
    assert!(matches!(seen, Seen::Hidden(hidden) if hidden.reason.contains("64 MiB")));

    let many: Vec<Value> = (0..10_000)
        .map(|n| {
            json!({"localID": format!("x.c{n:05}"), "moduleID": "", "arguments": ["long"],
            "health": {"state": "healthy", "message": "started component"}})
        })
        .collect();
    let many = Value::Array(many).to_string();
    let server = servers::Server::http(move |request| {
        let list = request.contains("/api/");
        answer("200 OK", "", if list { &many } else { "" }).into_bytes()
    });
    assert_eq!(components(&live(&at(&server))).unwrap().len(), 10_000);
    let nobody = Server {
        address: Address::Tcp(([127, 0, 0, 1], servers::free_port()).into()),
        ..Server::default()
    };
    let seen = alloy_http::answers(&System::live(), &nobody, Patience::default());
    assert!(matches!(seen, Seen::Hidden(hidden) if hidden.reason.contains("refused")));
}

#[test]
fn a_recording_can_be_replayed() {
    let keys = json!({
        "units": {"alloy.service": {"Id": "alloy.service", "ActiveState": "active",
            "UnitFileState": "enabled", "NeedDaemonReload": "no", "MainPID": "812"}},
        "processes": {"alloy.service": {"pid": 812, "executable": "/usr/bin/alloy",
            "executable_deleted": true, "arguments": ["alloy", "run", "--storage.path=/d", "/etc/alloy"],
            "user": "alloy", "started": 1000, "hidden": []}},
        "storage": {"path": "/d", "exists": true, "user": "alloy", "mode": "0750",
            "read_only": false, "free_bytes": 1, "total_bytes": 2, "free_files": null},
        "alloy_http": {"answers": {"GET /metrics": {"status": 200, "body":
            "alloy_config_last_load_successful 1\n"}}},
    });
    let (_folder, system) = root(keys.clone());
    let services = service::services(&system, &["alloy.service"]).known().unwrap();
    let alloy = &services["alloy.service"];
    assert_eq!((alloy.main_pid, alloy.active_state.as_str()), (Some(812), "active"));
    let process: Process =
        process::alloy(&system, "alloy.service", Some(alloy)).known().unwrap().unwrap();
    assert!(process.executable_deleted);
    assert_eq!(process.alloy_args().storage_path(), "/d");
    assert_eq!(process::alloy(&system, "b.service", None).known().map(|p| p.is_some()), None);
    // What was replayed and recorded once more is the same recording.
    let again = record(&system, "alloy.service", None, Patience::default());
    assert!(again.hidden.is_empty(), "{:?}", again.hidden);
    let mut again = Value::Object(again.keys);
    again["alloy_http"]["answers"]["GET /metrics"].as_object_mut().unwrap().remove("content_type");
    assert_eq!(again, keys);
}

#[test]
fn without_a_recording_nothing_is_known_and_a_broken_one_is_said() {
    let (_folder, system) = root(json!({}));
    assert_eq!(service::services(&system, &["alloy.service"]), Seen::NotRecorded);
    let seen = alloy_http::answers(&system, &Server::default(), Patience::default());
    assert_eq!(seen, Seen::NotRecorded);
    let broken =
        json!({"units": 1, "alloy_http": [], "processes": {"a.service": 3}, "storage": ""});
    let (_folder, system) = root(broken);
    assert!(matches!(service::services(&system, &["a.service"]), Seen::Hidden(_)));
    assert!(matches!(process::alloy(&system, "a.service", None), Seen::Hidden(_)));
    assert!(matches!(storage::storage(&system, &Utf8PathBuf::from("/")), Seen::Hidden(_)));
}

#[test]
fn this_very_system_can_be_looked_at() {
    // Whatever runs the tests: systemd or none, there is an answer and no panic.
    let system = System::live();
    match service::services(&system, &["alloy.service", "no-such-thing.service"]) {
        Seen::Known(found) => assert_eq!(found.len(), 2),
        Seen::Hidden(hidden) => assert!(!hidden.reason.is_empty()),
        Seen::NotRecorded => panic!("a live system is not recorded"),
    }
    let storage = storage::storage(&system, Utf8Path::new("/no/such/folder")).known().unwrap();
    assert!(!storage.exists && storage.total_bytes > 0);
}

#[test]
fn a_deployment_trusts_only_what_the_running_alloy_shows() {
    let system = System::live();
    for (name, state) in states() {
        let server = replay(&state);
        let recorded = live(&at(&server));
        let hash = running(&recorded).ok().and_then(|running| running.config_hash);
        let expected = Expected {
            hash: hash.clone(),
            components: vec!["prometheus.scrape.trento_system".to_owned()],
            ..Expected::default()
        };
        let alloy = |expected: Expected| Live {
            system: &system,
            programs: system.programs().unwrap(),
            alloy: system.alloy_http().unwrap(),
            unit: "no-such-unit.service",
            server: at(&server),
            restart: false,
            unasked: false,
            expected,
        };
        let verified = alloy(expected.clone()).verify(&mut |_| {});
        let runs = !["empty", "import-raw", "declare", "ui-prefix", "http-auth"]
            .contains(&name.as_str())
            && !["reload-evaluation", "reload-syntax"].contains(&name.as_str());
        assert_eq!(verified.is_ok(), runs, "{name}: {verified:?}");
        let other = Expected { hash: Some("0".repeat(63)), ..expected.clone() };
        assert!(alloy(other).verify(&mut |_| {}).is_err(), "{name}");
        // The counters of a recording never grow: no delivery is seen.
        let delivery = Expected { delivery: Some(Duration::ZERO), ..expected };
        assert!(alloy(delivery).verify(&mut |_| {}).is_err(), "{name}");
        let reloaded = alloy(Expected::default()).reload(&mut |_| {});
        assert_eq!(reloaded.is_ok(), name == "reload-good", "{name}: {reloaded:?}");
    }
}
