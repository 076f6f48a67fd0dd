//! The edge of a Trento server, seen from a host: the shared records of real edges, tried against
//! the real nginx and Prometheus where they are installed, and of answers to the query for the
//! host's series, tried against a stand-in. Everything runs on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::certificates::{Authority, Identity};
use crate::real::{Running, installed, start};
use crate::servers::{Server, answer, free_port};

const AGENT: &str = "15f04cb2-4033-51b9-9cc5-611b8af5d8fd";

/// The records of these kinds; none where there are none beside the checkout.
fn given(kind: &str) -> Vec<Json> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/edge/given.jsonl");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("skipped: no shared acceptance data beside this checkout");
        return Vec::new();
    };
    let records = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    records.filter(|record| record["kind"] == kind).collect()
}

/// Runs `probe` with an agent.yaml and gives its one report.
fn probe(folder: &Path, settings: &str, args: &[&str]) -> Json {
    let config = folder.join("agent.yaml");
    fs::write(&config, settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trento-alloy"));
    command.arg("probe").arg("--config").arg(&config).args(["--format", "json"]).args(args);
    let output = command.env_clear().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("canary"), "a secret was shown: {said}");
    let mut report: Json = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    report["probes"][0].take()
}

/// The findings as `rule severity`, sorted, as far as their rule is one of these.
fn rules(findings: &Json, of: impl Fn(&str) -> bool) -> Vec<String> {
    let text = |finding: &Json, key: &str| finding[key].as_str().unwrap().to_owned();
    let mut rules: Vec<String> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| of(finding["rule"].as_str().unwrap()))
        .map(|finding| format!("{} {}", text(finding, "rule"), text(finding, "severity")))
        .collect();
    rules.sort();
    rules
}

/// What a record calls the answer to the write itself, and the outcomes that mean it.
const OUTCOMES: &[(&str, &[&str])] = &[
    ("wrong-path", &["wrong-path", "not-found", "web-page"]),
    ("forbidden", &["forbidden"]),
    ("server-error", &["server-error"]),
    ("credentials-refused", &["unauthorized"]),
    ("redirected", &["moved", "redirect-not-followed", "not-found", "web-page"]),
    ("receiver-disabled", &["receiver-disabled"]),
    ("dead-upstream", &["dead-upstream"]),
];

/// A folder with everything that the records' nginx reads.
struct Edge {
    folder: TempDir,
    authority: Authority,
    client: Identity,
    web: Server,
    prometheus: BTreeMap<String, (Running, u16)>,
}

impl Edge {
    fn new() -> Edge {
        let folder = TempDir::new().unwrap();
        let (authority, clients) = (Authority::new("Trento CA"), Authority::new("Clients"));
        let own = authority.sign(&["localhost"]);
        let hash = "$6$trentoalloy$QKP8RExBJDEACz.TDfGdO4ksRVZaBqf2cSsDW8jLu29xGOwBWtv9IImmyE20Anwx\
                    /E7n4LWZux/lWnfPPY8/s/";
        let files = [
            ("c.pem", own.certificate.clone()),
            ("k.pem", own.key.clone()),
            ("ca.pem", clients.pem.clone()),
            ("ok.htpasswd", "u:$apr1$trento$HEwJDjELnBr1AokgJJucr.\n".to_owned()),
            ("plainok.htpasswd", "u:{PLAIN}canary\n".to_owned()),
            (
                "bcrypt.htpasswd",
                "u:$2y$05$abcdefghijklmnopqrstuuRprvAQdy7TukEWRpyjPPFyNaLWFtNea\n".to_owned(),
            ),
            ("sha512.htpasswd", format!("u:{hash}\n")),
            ("empty.htpasswd", String::new()),
            ("plain.htpasswd", "canary\n".to_owned()),
        ];
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        // What cannot be read by anybody, root included.
        fs::create_dir(folder.path().join("root.htpasswd")).unwrap();
        let page = |request: &str| {
            let is_read = request.starts_with("GET ");
            let status = if is_read { "200 OK" } else { "404 Not Found" };
            answer(status, "Content-Type: text/html\r\n", "<html>Trento</html>").into_bytes()
        };
        let client = clients.sign(&["host"]);
        let web = Server::http(page);
        Edge { folder, authority, client, web, prometheus: BTreeMap::new() }
    }

    /// The port of a Prometheus with these arguments, started once.
    fn prometheus(&mut self, args: &str) -> u16 {
        if let Some((_, port)) = self.prometheus.get(args) {
            return *port;
        }
        let program = installed("prometheus").unwrap();
        let folder = self.folder.path().join(format!("prometheus-{}", self.prometheus.len()));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
        let is_agent = args.split(['=', ',', ' ']).any(|word| word == "agent");
        let storage = if is_agent { "storage.agent.path" } else { "storage.tsdb.path" };
        loop {
            let port = free_port();
            let own = [
                format!("--config.file={}/prometheus.yml", folder.display()),
                format!("--{storage}={}/data-{port}", folder.display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ];
            let all: Vec<&str> =
                own.iter().map(String::as_str).chain(args.split_whitespace()).collect();
            if let Some(running) = start(&program, &all, port) {
                wait_until_ready(port, args);
                self.prometheus.insert(args.to_owned(), (running, port));
                return port;
            }
        }
    }

    /// Starts the nginx of a record; gives the port for http and the one for https.
    fn nginx(&self, block: &str, prometheus: u16, name: &str) -> (Running, u16, u16) {
        let base = self.folder.path().to_str().unwrap();
        let (dead, program) = (free_port(), installed("nginx").unwrap());
        loop {
            let (plain, secure) = (free_port(), free_port());
            let block = block
                .replace("listen 80", &format!("listen 127.0.0.1:{plain}"))
                .replace("listen 443", &format!("listen 127.0.0.1:{secure}"))
                .replace(
                    "https://$host$request_uri",
                    &format!("https://$host:{secure}$request_uri"),
                )
                .replace("127.0.0.1:9090", &format!("127.0.0.1:{prometheus}"))
                .replace("127.0.0.1:9099", &format!("127.0.0.1:{dead}"))
                .replace("127.0.0.1:4000", &self.web.address.to_string())
                .replace("/etc/nginx/", &format!("{base}/"));
            let configuration = format!(
                "daemon off; master_process off; pid {base}/{name}.pid; error_log {base}/error.log;
                 events {{}}
                 http {{ access_log off; client_body_temp_path {base}/body;
                         proxy_temp_path {base}/proxy; fastcgi_temp_path {base}/f;
                         uwsgi_temp_path {base}/u; scgi_temp_path {base}/s; {block} }}"
            );
            let file = self.folder.path().join("nginx.conf");
            fs::write(&file, configuration).unwrap();
            let args = ["-p", base, "-e", "stderr", "-c", file.to_str().unwrap()];
            let listens = if block.contains(&format!(":{secure}")) { secure } else { plain };
            if let Some(running) = start(&program, &args, listens) {
                return (running, plain, secure);
            }
        }
    }

    /// The agent.yaml of a record.
    fn settings(&self, record: &Json, plain: u16, secure: u16) -> String {
        let url = record["agent_url"].as_str().unwrap();
        let port = if url.starts_with("https") { secure } else { plain };
        let url = url.replacen("localhost", &format!("localhost:{port}"), 1);
        let file = |name: &str, text: &str| {
            let path = self.folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let authority = file("authority.pem", &self.authority.pem);
        let credentials = match record["agent_auth"].as_str().unwrap() {
            "basic" => "prometheus-auth-username: u\nprometheus-auth-password: canary\n".to_owned(),
            "bearer" => "prometheus-auth-bearer-token: tok\n".to_owned(),
            "mtls" => format!(
                "prometheus-tls-client-cert: {}\nprometheus-tls-client-key: {}\n",
                file("client.pem", &self.client.certificate),
                file("client.key", &self.client.key)
            ),
            _ => String::new(),
        };
        format!(
            "prometheus-mode: push\nprometheus-url: {url}\nprometheus-auth: {}\n\
             prometheus-tls-ca-cert: {authority}\n{credentials}",
            record["agent_auth"].as_str().unwrap()
        )
    }
}

/// Prometheus answers 503 while it starts.
fn wait_until_ready(port: u16, args: &str) {
    let prefix = if args.contains("web.route-prefix=/prometheus") { "/prometheus" } else { "" };
    let url = format!("http://127.0.0.1:{port}{prefix}/api/v1/write");
    let endpoint = trento_alloy::inside::probe::Endpoint::parse(&url).unwrap();
    for _ in 0..200 {
        if crate::write::code(&endpoint) != "not-ready" {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("Prometheus does not get ready");
}

#[test]
fn real_edges_show_what_is_wrong_with_them() {
    let records = given("nginx");
    if records.is_empty() || installed("nginx").is_none() || installed("prometheus").is_none() {
        return;
    }
    let mut edge = Edge::new();
    let mut wrong = Vec::new();
    for record in &records {
        let prometheus = edge.prometheus(record["prometheus_args"].as_str().unwrap());
        let block = record["http_block"].as_str().unwrap();
        let (_nginx, plain, secure) = edge.nginx(block, prometheus, "nginx");
        let settings = edge.settings(record, plain, secure);
        let report = probe(edge.folder.path(), &settings, &["--force-agent-id", AGENT]);
        if let Some(why) = difference(record, &report) {
            wrong.push(format!("{}: {why}\n   {report}", record["id"]));
        }
    }
    eprintln!("edges: {} of {} as recorded", records.len() - wrong.len(), records.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a report says something else than the record of the same edge.
fn difference(record: &Json, report: &Json) -> Option<String> {
    let asked = |rule: &str| ["write-is-open", "body-limit", "no-query-api"].contains(&rule);
    let (found, wanted) = (rules(&report["findings"], asked), rules(&record["findings"], asked));
    if found != wanted {
        return Some(format!("{found:?}, not {wanted:?}"));
    }
    let code = report["outcome"]["code"].as_str().unwrap();
    let named = rules(&record["findings"], |rule| OUTCOMES.iter().any(|(name, _)| *name == rule));
    let outcome = named.first().and_then(|named| named.split(' ').next());
    let means: &[&str] = match outcome {
        None => &["accepted"],
        Some(outcome) => OUTCOMES.iter().find(|(name, _)| *name == outcome).unwrap().1,
    };
    if !means.contains(&code) {
        return Some(format!("the write is `{code}`, none of {means:?}"));
    }
    let measured = &record["measured"]["right"];
    let is_followed = code != "moved" && outcome == Some("redirected");
    (!is_followed && report["status"] != *measured)
        .then(|| format!("status {}, not {measured}", report["status"]))
}

/// A server that takes writes with credentials, and gives this answer to the query for `up`.
fn trento(query: &str, status: u16, headers: &str, body: &str, pull_list: Json) -> Server {
    let wanted: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let answered = answer(&format!("{status} ?"), headers, body);
    Server::http(move |request| {
        let line = request.lines().next().unwrap().to_owned();
        let is_known = request.to_ascii_lowercase().contains("\r\nauthorization: basic ");
        let answered = match line.split(' ').collect::<Vec<_>>()[..] {
            ["GET", "/api/v1/prometheus/targets", _] if !is_known => {
                answer("200 OK", "Content-Type: application/json\r\n", &pull_list.to_string())
            }
            _ if !is_known => answer("401 Unauthorized", "", ""),
            ["POST", "/prometheus/api/v1/write", _] => answer("204 No Content", "", ""),
            ["GET", path, _] if path == format!("/prometheus/api/v1/query?query={wanted}") => {
                answered.clone()
            }
            _ => answer("404 Not Found", "", "404 page not found\n"),
        };
        answered.into_bytes()
    })
}

/// The agent.yaml of a host whose agent announces this exporter.
fn announces(server: &Server, name: &str, is_pushed: bool) -> String {
    let mode = if is_pushed { "push" } else { "pull" };
    format!(
        "prometheus-mode: {mode}\nprometheus-url: {}\nprometheus-exporter-name: {name}\n\
         prometheus-auth: basic\nprometheus-auth-username: u\nprometheus-auth-password: canary\n",
        server.url("/prometheus/api/v1/write")
    )
}

#[test]
fn what_arrived_is_judged_as_trento_shows_it() {
    let records = given("arrived");
    let mut wrong = Vec::new();
    for record in &records {
        let sent = &record["answer"];
        let headers = format!("Content-Type: {}\r\n", sent["content_type"].as_str().unwrap());
        let body = sent["body"].as_str().map_or_else(|| sent["body"].to_string(), str::to_owned);
        let status = sent["status"].as_u64().unwrap() as u16;
        let query = record["query"].as_str().unwrap();
        let server = trento(query, status, &headers, &body, json!([]));
        let (name, target) =
            record["expected_exporters"].as_object().unwrap().iter().next().unwrap();
        let is_pushed = target.as_str().unwrap().starts_with("http");
        let settings = announces(&server, name, is_pushed);
        let folder = TempDir::new().unwrap();
        let agent = query.split('"').nth(1).unwrap();
        let report = probe(folder.path(), &settings, &["--force-agent-id", agent]);
        let (found, wanted) =
            (rules(&report["findings"], |_| true), rules(&record["findings"], |_| true));
        if found != wanted {
            wrong.push(format!("{}: {found:?}, not {wanted:?}", record["id"]));
        }
    }
    eprintln!("arrived: {} of {} as recorded", records.len() - wrong.len(), records.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn vector(series: &[(&str, &str)]) -> String {
    let result: Vec<Json> = series
        .iter()
        .map(|(name, value)| json!({"metric": {"exporter_name": name}, "value": [0, value]}))
        .collect();
    json!({"status": "success", "data": {"resultType": "vector", "result": result}}).to_string()
}

/// The rules of what is found where the query is answered so.
fn found(status: u16, body: &str, pull_list: Json) -> Vec<String> {
    let server = trento(&format!("up{{agentID=\"{AGENT}\"}}"), status, "", body, pull_list);
    let folder = TempDir::new().unwrap();
    let settings = announces(&server, "grafana_alloy", true);
    let report = probe(folder.path(), &settings, &["--force-agent-id", AGENT]);
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests.len(), 5, "four questions and one look at the list");
    rules(&report["findings"], |_| true)
}

#[test]
fn each_answer_to_the_query_has_its_rule() {
    let none = || json!([]);
    let ok = [("grafana_alloy", "1")];
    assert_eq!(found(200, &vector(&ok), none()), [""; 0]);
    assert_eq!(found(200, &vector(&[]), none()), ["not-arrived critical"]);
    assert_eq!(
        found(200, &vector(&[("alloy", "1")]), none()),
        ["exporter-name-unexpected critical"]
    );
    let other = [("grafana_alloy", "1"), ("node_exporter", "0")];
    assert_eq!(found(200, &vector(&other), none()), ["exporter-twice critical"]);
    let agent_mode = r#"{"status":"error","errorType":"execution",
                         "error":"unavailable with Prometheus Agent"}"#;
    assert_eq!(found(422, agent_mode, none()), ["no-query-api critical"]);
    assert_eq!(found(403, "", none()), ["query-not-allowed unproven"]);
    for (status, body) in [(200, "<html>Trento</html>"), (404, "404 page not found"), (502, "")] {
        assert_eq!(found(status, body, none()), ["query-not-exposed unproven"], "{status}");
    }
    let listed = json!([{"targets": ["192.0.2.1:9100"], "labels": {"agentID": AGENT}}]);
    assert_eq!(found(200, &vector(&ok), listed), ["discovery-mode critical"]);
    let others = json!([{"targets": ["192.0.2.1:9100"], "labels": {"agentID": "other"}}]);
    assert_eq!(found(200, &vector(&ok), others), [""; 0]);
}
