//! What `promtool check config --agent` says: the file by itself, and the files it names.

mod targets;

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;
use camino::Utf8Path;

use super::decode::{Fields, Item};
use super::discovered;
use super::file::{self, Finding, Loaded, Refusal};
use super::jobs::{JobIn, go_error, included, jobs, joined};
use super::version::Version;
use crate::source::Source;
use crate::system::HostFiles;

/// What promtool says.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The whole of the error, in its words; none if it accepts the file.
    pub error: Option<String>,
    /// What is wrong, each with its place.
    pub findings: Vec<Finding>,
    /// What it warns of.
    pub warnings: Vec<String>,
    /// What depends on how this Prometheus was built.
    pub unproven: Vec<String>,
    /// The configuration, if it loads.
    pub loaded: Option<Loaded>,
}

/// Asks promtool about a file with these bytes.
pub fn promtool(files: &HostFiles, path: &Utf8Path, bytes: &[u8], version: &Version) -> Answer {
    file::register(bytes, files);
    let mut answer = Answer::default();
    let parsed = Loaded::read(path, bytes, version);
    let loaded = match parsed {
        Ok(loaded) => loaded,
        Err(refusal) => {
            let source = Source::new(path.as_str(), String::from_utf8_lossy(bytes));
            let refusal = refusal.within(&format!("parsing YAML file {path}: "));
            answer.refuse(refusal, &source);
            return answer;
        }
    };
    answer.unproven = discovered::unproven(&loaded.fields);
    if let Err(refusal) = loaded.check_agent_mode() {
        answer.refuse(refusal, &loaded.source);
        return answer;
    }
    check_files(files, &loaded, version, &mut answer);
    answer.loaded = Some(loaded);
    answer
}

impl Answer {
    /// Whether promtool accepts the file.
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }

    fn refuse(&mut self, refusal: Refusal, source: &Source) {
        self.findings.extend(refusal.faults.into_iter().map(|(message, span)| Finding {
            message,
            source: source.clone(),
            span,
        }));
        self.error = Some(refusal.message);
    }
}

fn check_files(files: &HostFiles, loaded: &Loaded, version: &Version, answer: &mut Answer) {
    let included = match included(files, loaded, version) {
        Ok(included) => included,
        Err((refusal, source)) => {
            answer.refuse(refusal.within("error loading scrape configs: "), &source);
            return;
        }
    };
    for of in jobs(loaded, &included) {
        if let Err(refusal) = check_job(files, of, loaded, version, &mut answer.warnings) {
            answer.refuse(refusal, of.source);
            return;
        }
    }
}

fn check_job(
    files: &HostFiles,
    of: JobIn<'_>,
    loaded: &Loaded,
    version: &Version,
    warnings: &mut Vec<String>,
) -> Result<(), Refusal> {
    let credentials = match of.job.fields("authorization") {
        Some(authorization) => (authorization.text("credentials_file"), authorization.span),
        None => (of.job.text("bearer_token_file"), of.job.span_of("bearer_token_file")),
    };
    let what = "error checking authorization credentials or bearer token file";
    exists(files, of.folder, credentials, what)?;
    if let Some(tls) = of.job.fields("tls_config") {
        check_tls(files, of.folder, tls)?;
    }
    let mut names: Vec<&&str> = of.job.entries.keys().collect();
    names.sort();
    let mut group = 0;
    for name in names {
        match *name {
            "file_sd_configs" => {
                for item in of.job.list(name).iter().filter_map(Item::fields) {
                    targets::check_files(files, of, item, loaded, version, warnings)?;
                }
            }
            "static_configs" => {
                for item in of.job.list(name).iter().filter_map(Item::fields) {
                    targets::check_group(of, item, loaded, version, &group.to_string())?;
                    group += 1;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_tls(files: &HostFiles, folder: &Utf8Path, tls: &Fields) -> Result<(), Refusal> {
    let (cert, key) = (tls.text("cert_file"), tls.text("key_file"));
    let shown = |path: &str| quote(joined(folder, path).as_str());
    if !cert.is_empty() && key.is_empty() {
        let cert = shown(cert);
        let message = format!("client cert file {cert} specified without client key file");
        return Err(Refusal::one(message, tls.span_of("cert_file")));
    }
    if !key.is_empty() && cert.is_empty() {
        let key = shown(key);
        let message = format!("client key file {key} specified without client cert file");
        return Err(Refusal::one(message, tls.span_of("key_file")));
    }
    exists(files, folder, (cert, tls.span_of("cert_file")), "error checking client cert file")?;
    exists(files, folder, (key, tls.span_of("key_file")), "error checking client key file")
}

fn exists(
    files: &HostFiles,
    folder: &Utf8Path,
    (path, span): (&str, Span),
    what: &str,
) -> Result<(), Refusal> {
    if path.is_empty() {
        return Ok(());
    }
    let path = joined(folder, path);
    match files.metadata(&path) {
        Ok(_) => Ok(()),
        Err(error) => {
            let why = go_error(&error);
            let message = format!("{what} {}: stat {path}: {why}", quote(path.as_str()));
            Err(Refusal::one(message, span))
        }
    }
}
