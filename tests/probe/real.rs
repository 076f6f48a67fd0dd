//! The probe against the real nginx and Prometheus, where they are installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use trento_alloy::inside::probe::{Auth, Endpoint, Limits, Material, Message, key_fits, probe};
use trento_alloy::inside::secret::Secret;
use trento_alloy::inside::system::System;

use crate::certificates::{Authority, Identity, self_signed};
use crate::servers::{Server, free_port};
use crate::write::{ask, code};

/// A process that ends with the test.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn installed(name: &str) -> Option<PathBuf> {
    let found = ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
        .map(|folder| Path::new(folder).join(name))
        .into_iter()
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found
}

pub fn start(program: &Path, args: &[&str], port: u16) -> Option<Running> {
    let child = Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(running);
        }
        // Another test took the port first.
        if running.0.try_wait().unwrap().is_some() {
            return None;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("{} does not answer on port {port}", program.display());
}

/// Starts nginx with the server blocks that `servers` makes of ports.
fn nginx(
    folder: &Path,
    ports: usize,
    servers: impl Fn(&[u16]) -> String,
) -> Option<(Running, Vec<u16>)> {
    let program = installed("nginx")?;
    let base = folder.to_str().unwrap();
    for _ in 0..5 {
        let ports: Vec<u16> = (0..ports).map(|_| free_port()).collect();
        let blocks = servers(&ports);
        let configuration = format!(
            "daemon off; master_process off; pid {base}/nginx.pid; error_log {base}/error.log;
             events {{}}
             http {{
               access_log off; client_body_temp_path {base}/body; proxy_temp_path {base}/proxy;
               fastcgi_temp_path {base}/f; uwsgi_temp_path {base}/u; scgi_temp_path {base}/s;
               map $http_authorization $known {{ default 0; \"Bearer canary-token\" 1; }}
               {blocks}
             }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let args = ["-p", base, "-e", "stderr", "-c", file.to_str().unwrap()];
        if let Some(running) = start(&program, &args, ports[0]) {
            return Some((running, ports));
        }
    }
    panic!("nginx does not start: {}", fs::read_to_string(folder.join("error.log")).unwrap());
}

fn prometheus(folder: &Path, receiver: bool) -> Option<(Running, u16)> {
    let program = installed("prometheus")?;
    fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
    for _ in 0..5 {
        let port = free_port();
        let mut args = vec![
            format!("--config.file={}/prometheus.yml", folder.display()),
            format!("--storage.tsdb.path={}/tsdb-{port}", folder.display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        if receiver {
            args.push("--web.enable-remote-write-receiver".to_owned());
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        if let Some(running) = start(&program, &args, port) {
            return Some((running, port));
        }
    }
    panic!("Prometheus does not start");
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn pem(text: &str) -> Option<Material> {
    Some(Material::inline("a test's PEM", text))
}

fn endpoint(scheme: &str, port: u16, path: &str) -> Endpoint {
    Endpoint::parse(&format!("{scheme}://127.0.0.1:{port}{path}")).unwrap()
}

fn basic(password: &str) -> Auth {
    Auth::Basic { username: "trento".to_owned(), password: Secret::new(password) }
}

/// An endpoint that is ready as soon as it listens: Prometheus says 503 while it starts.
fn patiently(endpoint: &Endpoint) -> &'static str {
    for _ in 0..100 {
        match code(endpoint) {
            "not-ready" => sleep(Duration::from_millis(50)),
            other => return other,
        }
    }
    "not-ready"
}

#[test]
fn a_real_prometheus_takes_version_2_from_2_54_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_running, port)) = prometheus(folder.path(), true) else { return };
    let program = installed("prometheus").unwrap();
    let version = Command::new(program).arg("--version").output().unwrap();
    let said = String::from_utf8_lossy(&[version.stdout, version.stderr].concat()).into_owned();
    let version = said.split_whitespace().nth(2).unwrap_or_default();
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let is_old = (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < (2, 54);
    let mut second = endpoint("http", port, "/api/v1/write");
    second.message = Message::V2;
    let report = ask(&second);
    let expected = if is_old { "version-not-taken" } else { "accepted" };
    assert_eq!(report.outcome.code(), expected, "{version}");
    let takes_first = report.outcome.help().is_some_and(|it| it.contains("version 1 is accepted"));
    assert_eq!(takes_first, is_old, "{version}");
}

#[test]
fn prometheus_takes_the_write_only_as_a_receiver() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_running, port)) = prometheus(folder.path(), true) else { return };
    assert_eq!(patiently(&endpoint("http", port, "/api/v1/write")), "accepted");
    assert_eq!(code(&endpoint("http", port, "/prometheus/api/v1/write")), "wrong-path");
    // Some versions redirect a trailing slash, others know nothing of it.
    let slash = code(&endpoint("http", port, "/api/v1/write/"));
    assert!(["moved", "redirect-not-followed", "wrong-path"].contains(&slash), "{slash}");
    let root = code(&endpoint("http", port, "/"));
    assert!(["method-not-allowed", "moved"].contains(&root), "{root}");
    // The empty write leaves nothing behind.
    let other = tempfile::tempdir().unwrap();
    let Some((_other, port)) = prometheus(other.path(), false) else { return };
    assert_eq!(patiently(&endpoint("http", port, "/api/v1/write")), "receiver-disabled");
}

#[test]
fn nginx_before_a_receiver_shows_each_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    let users = write(folder.path(), "users", "trento:{PLAIN}canary\n");
    let backend = receiver.address;
    let dead = free_port();
    let started = nginx(folder.path(), 2, |ports| {
        format!(
            "server {{
               listen 127.0.0.1:{p0};
               location /basic {{ auth_basic \"Trento\"; auth_basic_user_file {users};
                                  proxy_pass http://{backend}; }}
               location /bearer {{ if ($known = 0) {{ return 401; }} proxy_pass http://{backend}; }}
               location /forbidden {{ deny all; }}
               location /small {{ client_max_body_size 1; proxy_pass http://{backend}; }}
               location /dead {{ proxy_pass http://127.0.0.1:{dead}; }}
               location /page {{ default_type text/html; return 200 '<html>Trento</html>'; }}
               location /upgrade {{ return 301 https://$host$request_uri; }}
               location /ingress {{ return 308 http://127.0.0.1:{p1}$request_uri; }}
             }}
             server {{ listen 127.0.0.1:{p1}; location / {{ proxy_pass http://{backend}; }} }}",
            p0 = ports[0],
            p1 = ports[1],
        )
    });
    let Some((_nginx, ports)) = started else { return };
    let with = |path: &str, auth: Auth| {
        let mut endpoint = endpoint("http", ports[0], path);
        endpoint.auth = auth;
        ask(&endpoint).outcome.code()
    };
    let bearer = |token: &str| Auth::Bearer(Secret::new(token));
    assert_eq!(with("/basic/api/v1/write", basic("canary")), "accepted");
    assert_eq!(with("/basic/api/v1/write", basic("canary-wrong")), "unauthorized");
    assert_eq!(with("/basic/api/v1/write", Auth::None), "unauthorized");
    assert_eq!(with("/bearer", bearer("canary-token")), "accepted");
    assert_eq!(with("/bearer", bearer("canary-other")), "unauthorized");
    assert_eq!(with("/forbidden", Auth::None), "forbidden");
    assert_eq!(with("/small", Auth::None), "accepted");
    assert_eq!(with("/dead", Auth::None), "dead-upstream");
    assert_eq!(with("/page", Auth::None), "web-page");
    assert_eq!(with("/nothing", Auth::None), "web-page");
    assert_eq!(with("/upgrade", basic("canary")), "moved");
    assert_eq!(with("/ingress", basic("canary")), "accepted-after-redirect");
    let challenge = {
        let report = ask(&endpoint("http", ports[0], "/basic/"));
        report.outcome.message()
    };
    assert!(challenge.contains("missing") && challenge.contains("Trento"), "{challenge}");
}

/// The TLS servers of one nginx, by what is wrong with them.
struct TlsServers {
    _nginx: Running,
    _folder: tempfile::TempDir,
    ports: Vec<u16>,
    authority: Authority,
    clients: Authority,
    own: Identity,
}

fn tls_servers() -> Option<TlsServers> {
    let folder = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new("Trento CA"), Authority::new("Stranger"));
    let clients = Authority::new("Clients");
    let here = ["127.0.0.1", "localhost"];
    let own = self_signed(&here, true);
    let identities = [
        authority.sign(&here),
        authority.sign_between(&here, 2001, 2002),
        authority.sign_between(&here, 2090, 2091),
        authority.sign(&["other.example"]),
        stranger.sign(&here),
        Identity { certificate: own.certificate.clone(), key: own.key.clone() },
    ];
    let client_ca = write(folder.path(), "clients.pem", &clients.pem);
    let files: Vec<(String, String)> = identities
        .iter()
        .enumerate()
        .map(|(n, identity)| {
            (
                write(folder.path(), &format!("{n}.pem"), &identity.certificate),
                write(folder.path(), &format!("{n}.key"), &identity.key),
            )
        })
        .collect();
    let server = |port: u16, which: usize, more: &str| {
        let (certificate, key) = &files[which];
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificate};
               ssl_certificate_key {key}; {more} location / {{ return 204; }} }}\n"
        )
    };
    let mtls = format!("ssl_client_certificate {client_ca}; ssl_verify_client on;");
    let started = nginx(folder.path(), 8, |ports| {
        let mut blocks: String = (0..6).map(|n| server(ports[n], n, "")).collect();
        blocks += &server(ports[6], 0, &mtls);
        blocks + server(ports[7], 0, "ssl_protocols TLSv1.2;").as_str()
    });
    let (running, ports) = started?;
    Some(TlsServers { _nginx: running, _folder: folder, ports, authority, clients, own })
}

#[test]
fn each_fault_of_a_certificate_is_named() {
    let Some(servers) = tls_servers() else { return };
    let ports = &servers.ports;
    let trusting = |port: u16| {
        let mut endpoint = endpoint("https", port, "/api/v1/write");
        endpoint.tls.authority = pem(&servers.authority.pem);
        endpoint
    };
    let expected = [
        "accepted",
        "certificate-expired",
        "certificate-not-yet-valid",
        "wrong-name",
        "unknown-authority",
        "unknown-authority",
    ];
    for (port, expected) in ports.iter().zip(expected) {
        let report = ask(&trusting(*port));
        assert_eq!(report.outcome.code(), expected, "{}", report.outcome.message());
        assert!(report.tls.unwrap().certificate.is_some());
        // Who trusts anybody connects to all of them, and the report says so.
        let mut careless = trusting(*port);
        careless.tls.skip_verify = true;
        let report = ask(&careless);
        assert_eq!(report.outcome.code(), "accepted");
        assert!(!report.tls.unwrap().verified);
    }
    // The system does not trust an authority that this test made up.
    assert_eq!(code(&endpoint("https", ports[0], "/")), "unknown-authority");
    // A certificate that stands in the CA file itself is trusted, as Go does.
    let mut pinned = endpoint("https", ports[5], "/");
    pinned.tls.authority = pem(&servers.own.certificate);
    assert_eq!(code(&pinned), "accepted");
    // The component may expect another name than the URL's.
    let mut renamed = trusting(ports[3]);
    renamed.tls.server_name = Some("other.example".to_owned());
    assert_eq!(code(&renamed), "accepted");
    let mut modern = trusting(ports[7]);
    assert_eq!(ask(&modern).tls.unwrap().version, Some("TLS 1.2"));
    modern.tls.lowest_version = Some("TLS13".to_owned());
    assert_eq!(code(&modern), "no-common-tls");
    assert_eq!(code(&endpoint("http", ports[0], "/")), "plain-to-tls");
}

#[test]
fn a_client_certificate_is_asked_for_and_judged() {
    let Some(servers) = tls_servers() else { return };
    let with = |identity: Option<(&str, &str)>| {
        let mut endpoint = endpoint("https", servers.ports[6], "/");
        endpoint.tls.authority = pem(&servers.authority.pem);
        if let Some((certificate, key)) = identity {
            endpoint.tls.certificate = pem(certificate);
            endpoint.tls.key = pem(key);
        }
        ask(&endpoint)
    };
    let (good, other) = (servers.clients.sign(&["host"]), servers.authority.sign(&["host"]));
    let accepted = with(Some((&good.certificate, &good.key)));
    assert_eq!(accepted.outcome.code(), "accepted");
    assert!(accepted.tls.unwrap().client_certificate_asked);
    assert_eq!(with(None).outcome.code(), "certificate-missing");
    let rejected = with(Some((&other.certificate, &other.key)));
    assert_eq!(rejected.outcome.code(), "certificate-rejected");
    let mixed = with(Some((&good.certificate, &other.key)));
    assert_eq!(mixed.outcome.code(), "client-certificate-unusable");
    assert_eq!(with(Some((&good.certificate, ""))).outcome.code(), "client-certificate-unusable");
    let certificate = pem(&good.certificate).unwrap();
    assert_eq!(key_fits(&certificate, &pem(&good.key).unwrap()), Ok(true));
    assert_eq!(key_fits(&certificate, &pem(&other.key).unwrap()), Ok(false));
    assert!(key_fits(&certificate, &pem("nonsense").unwrap()).is_err());
}

#[test]
fn a_probe_on_loopback_takes_less_than_fifty_milliseconds() {
    let Some(servers) = tls_servers() else { return };
    let mut endpoint = endpoint("https", servers.ports[0], "/");
    endpoint.tls.authority = pem(&servers.authority.pem);
    // The best of a few: other tests use the processors too.
    let best = (0..10)
        .map(|_| {
            let begun = Instant::now();
            probe(
                System::live().network().unwrap(),
                std::slice::from_ref(&endpoint),
                Limits::default(),
                None,
            )
            .unwrap();
            begun.elapsed()
        })
        .min()
        .unwrap();
    eprintln!("one endpoint with TLS on loopback: {best:?}");
    assert!(best < Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 }));
}
