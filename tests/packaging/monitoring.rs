//! Alert rules and dashboard, held against promtool and a real Prometheus that scrapes what the
//! program writes. Pass with a note where those are not installed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::tools::{PROGRAM, packaging, succeed, tool};

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

#[test]
fn alert_rules_alert_for_what_they_should() {
    let Some(mut promtool) = tool("promtool") else { return };
    succeed(promtool.args(["check", "rules"]).arg(packaging("monitoring/prometheus-rules.yml")));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packaging/alerts.test.yml");
    succeed(Command::new("promtool").args(["test", "rules"]).arg(tests));
}

#[test]
fn every_query_of_the_dashboard_finds_something() {
    let Some(prometheus) = tool("prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let exporter = serve(metrics_of_a_fleet(folder.path()));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _prometheus = start(prometheus, folder.path(), port, exporter);
    wait_for("what was scraped", || {
        let found = query(port, "trento_alloy_run_timestamp_seconds")?;
        found["data"]["result"].get(0).cloned()
    });
    let text = std::fs::read_to_string(packaging("monitoring/grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(!panels.is_empty());
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let expression = expression.replace("$host", ".*").replace("$instance", ".*");
            let found = query(port, &expression).unwrap_or_else(|| panic!("no: {expression}"));
            let title = &panel["title"];
            assert!(!found["data"]["result"][0].is_null(), "{title}: {expression}: {found}");
        }
    }
    // The example hosts are one that is good and one that has drifted; the third is no archive.
    for (title, hosts) in [
        ("Hosts with critical findings", "1"),
        ("Hosts without findings", "1"),
        ("Hosts that cannot be read", "1"),
    ] {
        let panel = panels.iter().find(|panel| panel["title"] == title).unwrap();
        let expression = panel["targets"][0]["expr"].as_str().unwrap();
        let expression = expression.replace("$host", ".*").replace("$instance", ".*");
        let found = query(port, &expression).unwrap();
        assert_eq!(found["data"]["result"][0]["value"][1], hosts, "{title}: {found}");
    }
}

/// What is written of the example hosts and an archive that is none.
fn metrics_of_a_fleet(folder: &Path) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts");
    let broken = folder.join("broken.tar.gz");
    std::fs::write(&broken, "no archive").unwrap();
    let output = Command::new(PROGRAM)
        .args(["check", "--format", "prometheus", "--fail-on", "never", "--hosts"])
        .args([examples.join("good"), examples.join("drifted"), broken])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Serves a text on a port of its own.
fn serve(text: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4";
            let length = text.len();
            let _ = write!(
                stream,
                "{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{text}"
            );
        }
    });
    port
}

fn start(mut prometheus: Command, folder: &Path, port: u16, exporter: u16) -> Running {
    let config = folder.join("prometheus.yml");
    let text = format!(
        "scrape_configs:\n- job_name: textfile\n  scrape_interval: 1s\n  honor_labels: true\n  \
         static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]\n\
         rule_files: ['{}']\n",
        packaging("monitoring/prometheus-rules.yml").display()
    );
    std::fs::write(&config, text).unwrap();
    let child = prometheus
        .current_dir(folder)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("stored").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Running(child.unwrap())
}

/// What Prometheus answers to a query, if it does.
fn query(port: u16, expression: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
    write!(stream, "GET /api/v1/query?query={encoded} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    let answer: Value = serde_json::from_str(body).ok()?;
    (answer["status"] == "success").then_some(answer)
}

/// Asks again until there is an answer.
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
