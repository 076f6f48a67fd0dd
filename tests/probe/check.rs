//! `check` on this very system, with a configuration whose endpoint is a stand-in.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::thread;

use serde_json::Value as Json;

use crate::servers::{Server, answer, free_port, read_request};

const REACHABILITY: [&str; 7] =
    ["A11050", "A11051", "A11052", "A11053", "A11054", "A11055", "A11056"];

/// The results of the group Reachability, each with its reason or its first finding.
fn results(url: &str, args: &[&str]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.alloy");
    let text = format!(
        "prometheus.remote_write \"trento\" {{\n\tendpoint {{\n\t\turl = \"{url}\"\n\n\
         \t\tbasic_auth {{\n\t\t\tusername = \"u\"\n\t\t\tpassword = \"canary-1\"\n\t\t}}\n\t}}\n}}\n"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.arg("check").arg("--alloy-config").arg(&config).args(["--select", "A1105*"]);
    let output = command.args(["--format", "json"]).args(args).env_clear().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("canary"), "{said}");
    let report: Json = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    REACHABILITY
        .iter()
        .map(|id| {
            let check = report["check_results"]
                .as_array()
                .unwrap()
                .iter()
                .find(|check| check["check_id"] == **id)
                .unwrap();
            let why = check["reason"].as_str().or(check["findings"][0]["message"].as_str());
            (check["result"].as_str().unwrap().to_owned(), why.unwrap_or_default().to_owned())
        })
        .collect()
}

fn names(results: &[(String, String)]) -> Vec<&str> {
    results.iter().map(|(result, _)| result.as_str()).collect()
}

#[test]
fn a_check_probes_as_far_as_it_is_told() {
    let date = format!("Date: {}\r\n", "Mon, 01 Jan 2024 00:00:00 GMT");
    let server = Server::fixed(&answer("204 No Content", &date, ""));
    let url = server.url("/api/v1/write");
    let all = results(&url, &[]);
    let edge = ["critical", "skipped", "passing"];
    assert_eq!(names(&all)[..4], ["passing", "skipped", "passing", "warning"], "{all:?}");
    assert_eq!(names(&all)[4..], edge, "anybody may write here: {all:?}");
    let asked = server.requests.lock().unwrap().len();
    assert!(asked <= 4, "at most four questions an endpoint and run, not {asked}");
    for (step, expected) in [
        ("dns", ["skipped", "skipped", "skipped", "skipped"]),
        ("tcp", ["passing", "skipped", "skipped", "skipped"]),
        ("tls", ["passing", "skipped", "skipped", "skipped"]),
        ("write", ["passing", "skipped", "passing", "warning"]),
    ] {
        let limited = results(&url, &["--probe", step]);
        assert_eq!(names(&limited)[..4], expected, "{step}: {limited:?}");
        assert!(limited[6].1.contains(&format!("--probe {step}")), "{limited:?}");
    }
    let offline = results(&url, &["--offline"]);
    assert!(offline.iter().all(|(result, why)| result == "skipped" && why == "--offline"));
    let more = server.requests.lock().unwrap().len() - asked;
    assert_eq!(more, 1, "a limited probe sends no request but the write it goes to");
}

#[test]
fn what_was_asked_and_is_no_receiver_fails() {
    let page = "<!doctype html><html><body>Trento</body></html>";
    let server = Server::fixed(&answer("200 OK", "Content-Type: text/html\r\n", page));
    let all = results(&server.url("/api/v1/write"), &[]);
    assert_eq!(all[2].0, "critical", "{all:?}");
    let nobody = results(&format!("http://127.0.0.1:{}/", free_port()), &["--probe", "tcp"]);
    assert_eq!(names(&nobody)[..4], ["critical", "skipped", "skipped", "skipped"], "{nobody:?}");
    let nowhere = results("http://no-such-host.invalid/", &["--probe", "dns", "--timeout", "2"]);
    assert_eq!(names(&nowhere)[..4], ["critical", "skipped", "skipped", "skipped"], "{nowhere:?}");
}

#[test]
fn credentials_that_would_travel_in_clear_are_not_sent() {
    // No packet is sent: this only asks which address of ours would be used.
    let outside = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let Some(own) = outside.ok().map(|it| it.ip()).filter(|it| !it.is_loopback()) else {
        eprintln!("skipped: this machine has no address but loopback");
        return;
    };
    let listener = TcpListener::bind(SocketAddr::new(own, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            if read_request(&mut stream).is_some() {
                let _ = stream.write_all(answer("204 No Content", "", "").as_bytes());
            }
        }
    });
    let all = results(&format!("http://{address}/api/v1/write"), &[]);
    assert_eq!(names(&all)[..4], ["passing", "skipped", "skipped", "skipped"], "{all:?}");
    assert!(all[2].1.contains("unencrypted") && all[2].1.contains("A11034"), "{all:?}");
}
