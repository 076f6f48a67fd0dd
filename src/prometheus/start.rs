//! What a start of Prometheus says of its configuration: promtool does not try everything.

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;
use camino::Utf8Path;

use super::decode::{Fields, Item, Value};
use super::file::{self, Finding, Loaded, Refusal};
use super::jobs::{self, go_error, joined};
use super::version::Version;
use crate::diagnostic::Severity;
use crate::source::Source;
use crate::system::HostFiles;

/// What becomes of a start.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Why it ends or crashes, in Prometheus' words; none if it runs.
    pub error: Option<String>,
    /// Its exit code, if it ends.
    pub exit: Option<u8>,
    /// What is wrong, each with its place and how bad it is.
    pub findings: Vec<(Severity, Finding)>,
}

impl Start {
    /// Whether it starts and goes on.
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }

    fn ends(&mut self, exit: u8, message: String, source: &Source, span: Span) {
        let finding = Finding { message: message.clone(), source: source.clone(), span };
        self.findings.push((Severity::Error, finding));
        self.error.get_or_insert(message);
        self.exit.get_or_insert(exit);
    }

    fn warns(&mut self, message: String, source: &Source, span: Span) {
        let finding = Finding { message, source: source.clone(), span };
        self.findings.push((Severity::Warning, finding));
    }
}

/// Starts Prometheus in agent mode with a file of these bytes.
pub fn start(files: &HostFiles, path: &Utf8Path, bytes: &[u8], version: &Version) -> Start {
    file::register(bytes, files);
    let mut start = Start::default();
    let loaded = match load(path, bytes, version) {
        Ok(loaded) => loaded,
        Err((refusal, source)) => {
            start.refuse(refusal, &source);
            return start;
        }
    };
    if let Err((refusal, source)) = jobs::included(files, &loaded, version) {
        let before = "error loading scrape configs from config file ";
        start.refuse(refusal.within(before), &source);
        return start;
    }
    writes(files, &loaded, version, &mut start);
    discovery(files, &loaded, version, &mut start);
    start
}

fn load(path: &Utf8Path, bytes: &[u8], version: &Version) -> Result<Loaded, (Refusal, Source)> {
    let loaded = Loaded::read(path, bytes, version).map_err(|refusal| {
        let source = Source::new(path.as_str(), String::from_utf8_lossy(bytes));
        (refusal.within(&format!("parsing YAML file {path}: ")), source)
    })?;
    match loaded.check_agent_mode() {
        Ok(()) => Ok(loaded),
        Err(refusal) => Err((refusal, loaded.source.clone())),
    }
}

impl Start {
    fn refuse(&mut self, refusal: Refusal, source: &Source) {
        for (message, span) in &refusal.faults {
            let finding = Finding { message: message.clone(), source: source.clone(), span: *span };
            self.findings.push((Severity::Error, finding));
        }
        self.error = Some(refusal.message);
        self.exit = Some(2);
    }
}

/// What the remote writes do when they are put into use.
fn writes(files: &HostFiles, loaded: &Loaded, version: &Version, start: &mut Start) {
    let source = &loaded.source;
    let mut seen: Vec<String> = Vec::new();
    for write in loaded.fields.list("remote_write").iter().filter_map(Item::fields) {
        let identity = identity(write, "RemoteWriteConfig");
        if seen.contains(&identity) {
            let url = shown_url(write.text("url"));
            let message = format!(
                "duplicate remote write configs are not allowed, found duplicate for URL: {url}"
            );
            start.ends(1, message, source, write.span_of("url"));
        }
        seen.push(identity);
        if let Some(tls) = write.fields("tls_config") {
            tls_files(files, loaded, tls, version, start);
        }
        queue(write, version, source, start);
        sending(files, loaded, write, start);
    }
}

/// Certificates that a remote write reads when it is put into use.
fn tls_files(
    files: &HostFiles,
    loaded: &Loaded,
    tls: &Fields,
    version: &Version,
    start: &mut Start,
) {
    let is_old = !version.is_at_least(2, 45);
    let source = &loaded.source;
    let read = |name: &str| {
        let path = joined(&loaded.folder, tls.text(name));
        let found = files.read(&path).map_err(|error| {
            let why = go_error(&error);
            match is_old {
                true => format!("open {path}: {why}"),
                false => format!("unable to read file {path}: open {path}: {why}"),
            }
        });
        (path, found)
    };
    if !tls.text("ca_file").is_empty() {
        let (path, found) = read("ca_file");
        let message = match found {
            Err(why) if is_old => Some(format!("unable to load specified CA cert {path}: {why}")),
            Err(why) => Some(format!("unable to read CA cert: {why}")),
            Ok(bytes) if !is_pem(&bytes, "CERTIFICATE") => {
                Some(format!("unable to use specified CA cert {path}"))
            }
            Ok(_) => None,
        };
        if let Some(message) = message {
            start.ends(1, message, source, tls.span_of("ca_file"));
            return;
        }
    }
    let (cert, key) = (tls.text("cert_file"), tls.text("key_file"));
    if is_old && cert.is_empty() != key.is_empty() {
        let message = if key.is_empty() {
            format!("client cert file {} specified without client key file", quote(cert))
        } else {
            format!("client key file {} specified without client cert file", quote(key))
        };
        start.ends(1, message, source, tls.span);
        return;
    }
    for (name, what, kind) in
        [("cert_file", "cert", "CERTIFICATE"), ("key_file", "key", "PRIVATE KEY")]
    {
        if tls.text(name).is_empty() {
            continue;
        }
        let (path, found) = read(name);
        let message = match found {
            Err(why) if is_old => format!(
                "unable to use specified client cert ({}) & key ({}): {why}",
                joined(&loaded.folder, cert),
                joined(&loaded.folder, key)
            ),
            Err(why) => format!("unable to read specified client {what}: {why}"),
            Ok(bytes) if is_pem(&bytes, kind) => continue,
            Ok(_) => format!("unable to use specified client cert & key: {path} is no PEM"),
        };
        start.ends(1, message, source, tls.span_of(name));
        return;
    }
}

fn is_pem(bytes: &[u8], kind: &str) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| line.starts_with("-----BEGIN ") && line.contains(kind))
}

/// Queues that crash Prometheus; from 3.12 on it does not take them.
fn queue(write: &Fields, version: &Version, source: &Source, start: &mut Start) {
    if version.is_at_least(3, 12) {
        return;
    }
    let Some(item) = write.get("queue_config") else { return };
    let samples = item.fields().map(|queue| queue.int_or("max_samples_per_send", 500));
    let capacity = item.fields().map(|queue| queue.int_or("capacity", 2500));
    match (samples, capacity) {
        (None, _) if item.is_zero() => {
            let message = "panic: the queue is written as nothing, which sets all of it to 0: it \
                           crashes at the first sample";
            start.ends(2, message.to_owned(), source, item.span);
        }
        (Some(..=0), _) => {
            let message = "panic: runtime error: integer divide by zero".to_owned();
            start.ends(2, message, source, item.span);
        }
        (_, Some(i64::MIN..0)) => {
            let message = "panic: makechan: size out of range".to_owned();
            start.ends(2, message, source, item.span);
        }
        _ => {}
    }
}

/// What loads and runs, and never sends.
fn sending(files: &HostFiles, loaded: &Loaded, write: &Fields, start: &mut Start) {
    let source = &loaded.source;
    let url = write.text("url");
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    if !["http", "https"].contains(&scheme.as_str()) {
        let shown = shown_url(url);
        let message = format!("every send fails: `{shown}` is no address with http or https");
        start.warns(message, source, write.span_of("url"));
    }
    if matches!(write.get("remote_timeout"), Some(item) if item.is_zero())
        || write.int_or("remote_timeout", 30_000) == 0
    {
        let message = "every send fails: its timeout is 0".to_owned();
        start.warns(message, source, write.span_of("remote_timeout"));
    }
    let secrets = [
        (write.fields("basic_auth"), "password_file"),
        (write.fields("basic_auth"), "username_file"),
        (write.fields("authorization"), "credentials_file"),
        (Some(write), "bearer_token_file"),
    ];
    for (fields, name) in secrets {
        let Some(fields) = fields else { continue };
        if fields.text(name).is_empty() {
            continue;
        }
        let path = joined(&loaded.folder, fields.text(name));
        if let Err(error) = files.metadata(&path) {
            let why = go_error(&error);
            let message =
                format!("every send fails until `{name}` can be read: open {path}: {why}");
            start.warns(message, source, fields.span_of(name));
        }
    }
}

/// What crashes the discovery of targets.
fn discovery(files: &HostFiles, loaded: &Loaded, version: &Version, start: &mut Start) {
    let included = jobs::included(files, loaded, version).unwrap_or_default();
    for of in jobs::jobs(loaded, &included) {
        for kind in ["file_sd_configs", "dns_sd_configs", "http_sd_configs"] {
            for entry in of.job.list(kind).iter().filter_map(Item::fields) {
                let Some(item) = entry.get("refresh_interval") else { continue };
                if entry.int_or("refresh_interval", 1) <= 0 {
                    let message = "panic: non-positive interval for NewTicker".to_owned();
                    start.ends(2, message, of.source, item.span);
                }
            }
        }
    }
}

/// A URL without the user's name and password.
fn shown_url(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    match rest.rfind('@') {
        Some(at) => format!("{scheme}***{}", &rest[at..]),
        None => url.to_owned(),
    }
}

/// What two entries have alike if Prometheus takes them for equal: all but the secrets, defaults
/// left out.
fn identity(fields: &Fields, of: &str) -> String {
    let mut text = String::new();
    for (name, item) in &fields.entries {
        let value = match &item.value {
            Value::Zero | Value::Bool(false) | Value::Any => continue,
            Value::Bool(true) if *name == "follow_redirects" => continue,
            Value::Bool(true) if of == "MetadataConfig" => continue,
            Value::Duration(30_000) if *name == "remote_timeout" => continue,
            _ if is_secret(name) => "<secret>".to_owned(),
            value => shown(value),
        };
        text.push_str(&format!("{name}={value};"));
    }
    text
}

fn is_secret(name: &str) -> bool {
    matches!(name, "password" | "credentials" | "bearer_token" | "client_secret" | "secret_key")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Zero | Value::Any => String::new(),
        Value::Text(text) => quote(text),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) | Value::Duration(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::List(items) => items.iter().map(|item| shown(&item.value) + ",").collect(),
        Value::Map(items) => {
            let mut items: Vec<_> = items.iter().collect();
            items.sort_by(|(a, _), (b, _)| a.cmp(b));
            items.iter().map(|(name, item)| format!("{name}:{},", shown(&item.value))).collect()
        }
        Value::Fields(fields) => format!("{{{}}}", identity(fields, "")),
    }
}
