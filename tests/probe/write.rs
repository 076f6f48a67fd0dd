//! The probe against stand-ins that answer well, badly, slowly, endlessly or not at all.

use std::io::Write;
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use trento_alloy::inside::probe::{
    Auth, Endpoint, Limits, Message, Outcome, Proxy, Report, Step, Verdict, Writer, probe,
    proxy_from_environment,
};
use trento_alloy::inside::secret::Secret;
use trento_alloy::inside::system::System;

use crate::servers::{Server, answer, free_port, read_request};

pub fn ask(endpoint: &Endpoint) -> Report {
    let limits = Limits { timeout: Duration::from_secs(5), ..Limits::default() };
    ask_within(endpoint, limits)
}

fn ask_within(endpoint: &Endpoint, limits: Limits) -> Report {
    let network = System::live().network().unwrap();
    let mut reports = probe(network, std::slice::from_ref(endpoint), limits, None).unwrap();
    assert_eq!(reports.len(), 1);
    let report = reports.remove(0);
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("canary"), "a secret was shown: {json}");
    assert!(!format!("{endpoint:?} {report:?}").contains("canary"));
    report
}

pub fn code(endpoint: &Endpoint) -> &'static str {
    ask(endpoint).outcome.code()
}

fn url(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap()
}

fn short() -> Limits {
    Limits { timeout: Duration::from_millis(400), ..Limits::default() }
}

fn bearer() -> Auth {
    Auth::Bearer(Secret::new("canary-token"))
}

#[test]
fn a_write_that_is_accepted_was_sent_once_and_as_alloy_sends_it() {
    let server = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    let mut endpoint = url(&server.url("/api/v1/write"));
    endpoint.auth = Auth::Basic { username: "trento".into(), password: Secret::new("canary") };
    endpoint.headers.push(("X-Scope-OrgID".into(), Secret::new("canary-tenant")));
    let report = ask(&endpoint);
    assert_eq!(report.outcome.code(), "accepted");
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    let request = requests[0].to_ascii_lowercase();
    assert!(request.starts_with("post /api/v1/write http/1.1\r\n"));
    for line in [
        "content-type: application/x-protobuf",
        "content-encoding: snappy",
        "x-prometheus-remote-write-version: 0.1.0",
        "authorization: basic dhjlbnrvomnhbmfyeq==",
        "x-scope-orgid: canary-tenant",
        "content-length: 1",
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} is not in {request}");
    }
    assert!(request.ends_with("\r\n\r\n\0"));
}

/// Answers writes by the version of their message: version 1 is accepted.
fn receiver(second: &'static str) -> Server {
    Server::http(move |request| {
        let is_second = request.to_ascii_lowercase().contains("proto=io.prometheus.write.v2");
        let answer = if is_second { second } else { "HTTP/1.1 204 No Content\r\n\r\n" };
        answer.as_bytes().to_vec()
    })
}

fn asked_in_version_2(server: &Server) -> Report {
    let mut endpoint = url(&server.url("/api/v1/write"));
    endpoint.message = Message::V2;
    endpoint.writer = Writer::PROMETHEUS;
    ask(&endpoint)
}

#[test]
fn version_2_of_the_message_is_sent_as_prometheus_sends_it() {
    let server =
        receiver("HTTP/1.1 204 No Content\r\nX-Prometheus-Remote-Write-Samples-Written: 0\r\n\r\n");
    assert_eq!(asked_in_version_2(&server).outcome.code(), "accepted");
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    let request = requests[0].to_ascii_lowercase();
    for line in [
        "content-type: application/x-protobuf;proto=io.prometheus.write.v2.request",
        "content-encoding: snappy",
        "x-prometheus-remote-write-version: 2.0.0",
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} is not in {request}");
    }
    // The table of symbols, which holds the empty one.
    assert!(request.ends_with("\u{22}\0"));
}

#[test]
fn a_receiver_of_version_1_takes_no_version_2_whatever_it_answers() {
    for second in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 415 No\r\n\r\n"] {
        let server = receiver(second);
        let report = asked_in_version_2(&server);
        assert_eq!(report.outcome.code(), "version-not-taken", "{second}");
        assert_eq!(report.outcome.verdict(), Verdict::Dropped);
        let help = report.outcome.help().unwrap();
        assert!(help.ends_with("version 1 is accepted there"), "{help}");
        assert_eq!(server.requests.lock().unwrap().len(), 2);
    }
    let old = Server::fixed("HTTP/1.1 415 No\r\n\r\n");
    let report = asked_in_version_2(&old);
    assert!(report.outcome.help().unwrap().ends_with("update the receiver to 2.54 or later"));
}

#[test]
fn samples_answered_429_are_kept_by_alloy_and_lost_by_prometheus() {
    let server = Server::fixed("HTTP/1.1 429 Too Many Requests\r\n\r\n");
    let mut endpoint = url(&server.url("/w"));
    assert_eq!(ask(&endpoint).outcome.verdict(), Verdict::Retried);
    endpoint.writer = Writer::PROMETHEUS;
    assert_eq!(ask(&endpoint).outcome.verdict(), Verdict::Dropped);
    endpoint.writer.retries_429 = true;
    assert_eq!(ask(&endpoint).outcome.verdict(), Verdict::Retried);
}

#[test]
fn each_answer_has_its_own_outcome() {
    let html = "Content-Type: text/html\r\n";
    let table = [
        (answer("200 OK", "", ""), "accepted"),
        (answer("200 OK", html, "<html>"), "web-page"),
        (answer("200 OK", "", "hello"), "no-receiver"),
        (answer("202 Accepted", "", ""), "no-receiver"),
        (answer("401 Unauthorized", "WWW-Authenticate: Basic\r\n", ""), "unauthorized"),
        (answer("403 Forbidden", "", ""), "forbidden"),
        (answer("404 Not Found", "", "404 page not found\n"), "wrong-path"),
        (answer("404 Not Found", html, "<html>"), "web-page"),
        (answer("405 Method Not Allowed", "", ""), "method-not-allowed"),
        (answer("301 Moved", "Location: https://h.invalid/\r\n", ""), "moved"),
        (answer("302 Found", "Location: /login\r\n", ""), "moved"),
        (answer("303 See Other", "", ""), "moved"),
        (answer("307 T", "Location: http://h.invalid/\r\n", ""), "redirect-not-followed"),
        (answer("308 P", "", ""), "redirect-not-followed"),
        (answer("400 Bad", "", "snappy: corrupt input"), "bad-request"),
        (answer("407 Proxy", "", ""), "proxy-authentication"),
        (answer("413 Too Large", "", ""), "too-large"),
        (answer("415 Type", "", ""), "unsupported-media-type"),
        (answer("429 Busy", "", ""), "too-many-requests"),
        (answer("500 Oops", "", ""), "server-error"),
        (answer("502 Bad Gateway", "", ""), "dead-upstream"),
        (answer("503 Starting", "", ""), "not-ready"),
        (answer("504 Timeout", "", ""), "dead-upstream"),
        (answer("418 Teapot", "", ""), "unexpected-status"),
        ("SSH-2.0-OpenSSH_9.6\r\n".to_owned(), "invalid-http"),
        (String::new(), "connection-closed"),
        ("HTTP/1.1 2x4 ?\r\n\r\n".to_owned(), "invalid-http"),
    ];
    for (sent, expected) in table {
        let server = Server::fixed(&sent);
        assert_eq!(code(&url(&server.url("/"))), expected, "{sent}");
    }
}

#[test]
fn a_redirect_on_the_same_host_is_followed_once_with_its_body() {
    let end = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    let there = end.url("/api/v1/write");
    let start = Server::http(move |_| {
        answer("308 Permanent Redirect", &format!("Location: {there}\r\n"), "").into_bytes()
    });
    let mut endpoint = url(&start.url("/api/v1/write"));
    endpoint.auth = bearer();
    let report = ask(&endpoint);
    assert_eq!(report.outcome.code(), "accepted-after-redirect");
    assert_eq!(end.requests.lock().unwrap().len(), 1);
    assert!(end.requests.lock().unwrap()[0].contains("Bearer canary-token"));
    assert!(end.requests.lock().unwrap()[0].ends_with('\0'));

    endpoint.follow_redirects = false;
    assert_eq!(code(&endpoint), "redirect-not-followed");
    assert_eq!(end.requests.lock().unwrap().len(), 1);
}

#[test]
fn a_loop_of_redirects_ends_after_the_second_request() {
    let server = Server::fixed(&answer("307 Temporary Redirect", "Location: /again\r\n", ""));
    assert_eq!(code(&url(&server.url("/"))), "redirect-not-followed");
    assert_eq!(server.requests.lock().unwrap().len(), 2);
}

#[test]
fn credentials_never_follow_a_redirect_to_another_host() {
    let thief = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    let location = format!("http://localhost:{}/", thief.address.port());
    let server = Server::fixed(&answer("307 T", &format!("Location: {location}\r\n"), ""));
    let mut endpoint = url(&server.url("/"));
    endpoint.auth = bearer();
    assert_eq!(code(&endpoint), "redirect-not-followed");
    assert!(thief.requests.lock().unwrap().is_empty());
}

#[test]
fn credentials_do_not_cross_the_network_in_clear_text() {
    // An address of the documentation range: nothing may be sent there, whatever answers.
    let mut endpoint = url("http://192.0.2.1/api/v1/write");
    endpoint.auth = bearer();
    let proxy = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    endpoint.proxy = Some(Proxy::parse(&proxy.url("")).unwrap());
    let report = ask(&endpoint);
    assert_eq!(report.outcome.code(), "plain-credentials");
    assert!(proxy.requests.lock().unwrap().is_empty());

    let report = ask_within(&endpoint, Limits { allow_plain: true, ..Limits::default() });
    assert_eq!(report.outcome.code(), "accepted");
    assert_eq!(report.proxy, Some(proxy.url("/")));
    let request = proxy.requests.lock().unwrap().remove(0);
    assert!(request.starts_with("POST http://192.0.2.1/api/v1/write "), "{request}");
}

#[test]
fn what_a_server_echoes_is_scrubbed_and_cleaned() {
    let server = Server::http(|request| {
        answer("400 Bad Request", "", &format!("\x1b[2J{request}")).into_bytes()
    });
    let mut endpoint = url(&server.url("/?key=canary-query"));
    endpoint.auth = bearer();
    let message = ask(&endpoint).outcome.message();
    assert!(!message.contains("canary") && !message.contains('\x1b'), "{message}");
}

#[test]
fn servers_that_do_not_answer_are_given_up() {
    let silent = Server::new(|_stream| sleep(Duration::from_secs(3)));
    let dripping = Server::new(|mut stream: TcpStream| {
        let _ = read_request(&mut stream);
        for byte in b"HTTP/1.1 204 No Content\r\nX: y\r\n".iter().cycle() {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
    });
    let endless_headers = Server::new(|mut stream: TcpStream| {
        let _ = read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n");
        while stream.write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
    });
    for (server, expected) in
        [(silent, "no-answer"), (dripping, "no-answer"), (endless_headers, "invalid-http")]
    {
        let begun = Instant::now();
        let report = ask_within(&url(&server.url("/")), short());
        assert_eq!(report.outcome.code(), expected);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

#[test]
fn a_huge_or_slow_body_does_not_change_what_the_status_said() {
    let huge = Server::new(|mut stream: TcpStream| {
        let _ = read_request(&mut stream);
        let _ =
            stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1073741824\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let slow = Server::new(|mut stream: TcpStream| {
        let _ = read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            sleep(Duration::from_millis(50));
        }
    });
    for server in [huge, slow] {
        let begun = Instant::now();
        assert_eq!(ask_within(&url(&server.url("/")), short()).outcome.code(), "unauthorized");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

#[test]
fn the_first_broken_link_is_named() {
    let refused = url(&format!("http://127.0.0.1:{}/", free_port()));
    let report = ask(&refused);
    assert_eq!(report.outcome.code(), "connection-refused");
    assert_eq!(
        [Step::Dns, Step::Tcp, Step::Tls, Step::Write].map(|step| report.step(step)),
        ["passed", "failed", "not_tried", "not_tried"]
    );
    let missing = ask_within(&url("http://no-such-name.invalid/"), short());
    assert_eq!(missing.outcome.step(), Step::Dns);
    assert!(matches!(missing.outcome, Outcome::Name(_)));
    let plain = Server::fixed(&answer("400 Bad", "", "not for you"));
    let endpoint = url(&plain.url("/").replace("http:", "https:"));
    assert_eq!(ask_within(&endpoint, short()).outcome.step(), Step::Tls);
}

#[test]
fn no_step_beyond_the_limit_is_taken() {
    let server = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    for (last_step, tcp, write) in [
        (Step::Dns, "not_tried", "not_tried"),
        (Step::Tcp, "passed", "not_tried"),
        (Step::Tls, "passed", "not_tried"),
        (Step::Write, "passed", "passed"),
    ] {
        let report = ask_within(&url(&server.url("/")), Limits { last_step, ..Limits::default() });
        assert_eq!(report.step(Step::Dns), "passed");
        assert_eq!((report.step(Step::Tcp), report.step(Step::Write)), (tcp, write));
    }
    assert_eq!(server.requests.lock().unwrap().len(), 1);
}

#[test]
fn the_servers_clock_is_compared() {
    let server =
        Server::fixed("HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    let report = ask(&url(&server.url("/")));
    assert!(report.clock_skew_seconds.unwrap() < -900_000_000);
}

#[test]
fn many_endpoints_are_asked_at_once_and_answered_in_order() {
    let slow = Server::http(|_| {
        sleep(Duration::from_millis(200));
        b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()
    });
    let refused = free_port();
    let endpoints: Vec<Endpoint> = (0..40)
        .map(|n| match n % 2 {
            0 => url(&slow.url(&format!("/{n}"))),
            _ => url(&format!("http://127.0.0.1:{refused}/{n}")),
        })
        .collect();
    let begun = Instant::now();
    let network = System::live().network().unwrap();
    let reports = probe(network, &endpoints, Limits::default(), None).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3));
    for (n, report) in reports.iter().enumerate() {
        assert!(report.endpoint.ends_with(&format!("/{n}")));
        let expected = if n % 2 == 0 { "accepted" } else { "connection-refused" };
        assert_eq!(report.outcome.code(), expected);
    }
}

#[test]
fn a_proxy_that_refuses_is_told_apart_from_the_endpoint() {
    let wants = Server::fixed(&answer("407 Proxy Authentication Required", "", ""));
    let mut endpoint = url("https://trento.invalid/api/v1/write");
    endpoint.proxy = Some(Proxy::parse(&wants.url("")).unwrap());
    assert_eq!(code(&endpoint), "proxy-authentication");
    let refuses = Server::fixed(&answer("403 Forbidden", "", ""));
    endpoint.proxy = Some(Proxy::parse(&refuses.url("")).unwrap());
    assert_eq!(code(&endpoint), "proxy-failed");
    let user = refuses.url("").replace("http://", "http://me:canary@");
    endpoint.proxy = Some(Proxy::parse(&user).unwrap());
    assert_eq!(ask(&endpoint).proxy, Some(refuses.url("/")));
    assert_eq!(proxy_from_environment(&endpoint, |_| None), None);
}

#[test]
fn what_cannot_be_sent_is_not_asked() {
    let server = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n");
    let with = |auth: Auth| {
        let mut endpoint = url(&server.url("/"));
        endpoint.auth = auth;
        code(&endpoint)
    };
    assert_eq!(with(Auth::Unsupported("oauth2".into())), "unsupported");
    assert_eq!(with(Auth::Unknown("the token file cannot be read".into())), "unknown-credentials");
    assert_eq!(with(Auth::Bearer(Secret::new("canary\nX: y"))), "unusable-setting");
    assert!(server.requests.lock().unwrap().is_empty());
}
