//! A real Prometheus as sender and as receiver: what is generated, proven and checked is what
//! really arrives. Passes with a note where no Prometheus is installed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const AGENT: &str = "779cdd70-e9e2-58ca-b18a-bf3eb3f71244";
/// What a node_exporter exposes of what Trento charts, as far as it matters here.
const METRICS: &str = "# TYPE node_cpu_seconds_total counter\n\
                       node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 1\n\
                       # TYPE node_memory_MemTotal_bytes gauge\nnode_memory_MemTotal_bytes 2\n";
/// How long anything may take before it counts as not coming.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn trento_alloy(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trento-alloy")).args(args).output().expect("it runs")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// An exporter on a port of its own.
fn exporter() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream);
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let length = METRICS.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
    let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{METRICS}");
}

fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

/// Asks again until there is an answer that fits.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn prometheus(folder: &Path, config: &Path, port: u16, flags: &[&str]) -> Running {
    let child = Command::new("prometheus")
        .current_dir(folder)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(flags)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("Prometheus starts");
    Running(child)
}

#[test]
fn what_is_generated_arrives_at_a_real_prometheus() {
    let Ok(version) = Command::new("prometheus").arg("--version").output() else {
        println!("skipped: no prometheus is installed");
        return;
    };
    let said = String::from_utf8_lossy(&[version.stdout, version.stderr].concat()).into_owned();
    let version = said.split_whitespace().nth(2).unwrap_or_default().to_owned();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (receiver, sender, exporter) = (free_port(), free_port(), exporter());
    let url = format!("http://127.0.0.1:{receiver}/api/v1/write");
    let generated = trento_alloy(&[
        "generate",
        "--sender",
        "prometheus-agent",
        "--prometheus-mode=push",
        &format!("--prometheus-url={url}"),
        "--prometheus-auth=none",
        "--prometheus-exporter-name=node_exporter",
        "--prometheus-scrape-interval=1s",
        &format!("--force-agent-id={AGENT}"),
    ]);
    let text = String::from_utf8_lossy(&generated.stdout);
    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
    let text = text.replace("127.0.0.1:9100", &format!("127.0.0.1:{exporter}"));
    let config = folder.path().join("trento.yml");
    std::fs::write(&config, &text).expect("it can be written");
    let path = config.to_str().expect("its path is UTF-8");

    let common = ["--sender", "prometheus-agent", "--prometheus-version", version.as_str()];
    let strict = trento_alloy(&[&["validate", "--strict"][..], &common, &[path]].concat());
    assert!(strict.status.success(), "{}", String::from_utf8_lossy(&strict.stdout));
    let gather = ["facts", "gather", "--argument", "series", "--url", url.as_str()];
    let proven = trento_alloy(&[&gather[..], &common, &[path]].concat());
    let proven: Value = serde_json::from_slice(&proven.stdout).expect("a fact is JSON");
    assert_eq!(proven[0]["labels"]["agentID"]["value"], AGENT, "{proven}");

    let empty = folder.path().join("receiver.yml");
    std::fs::write(&empty, "global: {}\n").expect("it can be written");
    let stored = format!("--storage.tsdb.path={}", folder.path().join("stored").display());
    let flags = [stored.as_str(), "--web.enable-remote-write-receiver"];
    let _receiver = prometheus(folder.path(), &empty, receiver, &flags);
    wait_for("the receiver", || get(receiver, "/-/ready"));
    let waiting = format!("--storage.agent.path={}", folder.path().join("waiting").display());
    let agent = if version.starts_with('2') { "--enable-feature=agent" } else { "--agent" };
    let _sender = prometheus(folder.path(), &config, sender, &[agent, waiting.as_str()]);
    wait_for("the sender", || get(sender, "/-/ready"));
    for metric in ["up", "node_memory_MemTotal_bytes"] {
        let labels = wait_for(metric, || {
            let body = get(receiver, &format!("/api/v1/query?query={metric}"))?;
            let body: Value = serde_json::from_str(&body).ok()?;
            body["data"]["result"].get(0).map(|series| series["metric"].clone())
        });
        assert_eq!(labels["agentID"], AGENT, "{metric}: {labels}");
        assert_eq!(labels["exporter_name"], "node_exporter", "{metric}: {labels}");
    }
}
