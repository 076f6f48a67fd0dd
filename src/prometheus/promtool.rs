//! What `promtool check config --agent` says: the file by itself, and the files it names.

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};

use super::check::{self, Inherited};
use super::decode::{Fields, Item};
use super::file::{self, Loaded, Refusal};
use super::version::Version;
use super::{discovered, glob, targets};
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

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is, in promtool's words.
    pub message: String,
    /// The text it is in.
    pub source: Source,
    /// Its place there.
    pub span: Span,
}

/// A job with the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct JobIn<'a> {
    pub job: &'a Fields,
    pub folder: &'a Utf8Path,
    pub source: &'a Source,
}

/// Asks promtool about a file with these bytes.
pub fn promtool(files: &HostFiles, path: &Utf8Path, bytes: &[u8], version: &Version) -> Answer {
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

/// A file that `scrape_config_files` brings in.
#[derive(Clone, Debug)]
pub(super) struct Included {
    pub source: Source,
    pub folder: Utf8PathBuf,
    pub fields: Fields,
}

/// All jobs, those of the main file first.
pub(super) fn jobs<'a>(loaded: &'a Loaded, included: &'a [Included]) -> Vec<JobIn<'a>> {
    let own = loaded
        .fields
        .list("scrape_configs")
        .iter()
        .filter_map(Item::fields)
        .map(|job| JobIn { job, folder: &loaded.folder, source: &loaded.source });
    let others = included.iter().flat_map(|file| {
        file.fields.list("scrape_configs").iter().filter_map(Item::fields).map(|job| JobIn {
            job,
            folder: &file.folder,
            source: &file.source,
        })
    });
    own.chain(others).collect()
}

/// The files that `scrape_config_files` brings in, read and checked.
pub(super) fn included(
    files: &HostFiles,
    loaded: &Loaded,
    version: &Version,
) -> Result<Vec<Included>, (Refusal, Source)> {
    let inherited = Inherited::of(&loaded.fields);
    let mut names: Vec<(String, String)> = Vec::new();
    for job in loaded.fields.list("scrape_configs").iter().filter_map(Item::fields) {
        names.push((job.text("job_name").to_owned(), "main config file".to_owned()));
    }
    let mut included = Vec::new();
    for item in loaded.fields.list("scrape_config_files") {
        for path in glob::paths(files, &joined(&loaded.folder, item.text())) {
            let shown = files.absolute(&path).unwrap_or_else(|_| path.clone());
            let within = |refusal: Refusal| refusal.within(&format!("{}: ", quote(shown.as_str())));
            let source = |text: &str| Source::new(path.as_str(), text);
            let bytes = files.read(&path).map_err(|error| {
                let message = format!("open {path}: {}", go_error(&error));
                (within(Refusal::one(message, Span::NONE)), source(""))
            })?;
            let text = file::text_of(&bytes).map_err(|it| (within(it), source("")))?;
            let source = source(&text);
            let of = |refusal: Refusal| (within(refusal), source.clone());
            let fields = file::read(&source, "ScrapeConfigs", version).map_err(of)?;
            for item in fields.list("scrape_configs") {
                check_included(item, &inherited, version, &names).map_err(of)?;
                let name = item.fields().map_or("", |job| job.text("job_name"));
                names.push((name.to_owned(), quote(shown.as_str())));
            }
            let folder = path.parent().unwrap_or(&path).to_owned();
            included.push(Included { source, folder, fields });
        }
    }
    Ok(included)
}

fn check_included(
    item: &Item,
    inherited: &Inherited,
    version: &Version,
    names: &[(String, String)],
) -> Result<(), Refusal> {
    let Some(job) = item.fields() else {
        return Err(Refusal::one("empty or null scrape config section", item.span));
    };
    check::in_file(job, inherited, version)
        .map_err(|fail| Refusal::one(fail.message, fail.span))?;
    let name = job.text("job_name");
    if let Some((_, first)) = names.iter().rev().find(|(known, _)| known == name) {
        let message = format!(
            "found multiple scrape configs with job name {}, first found in {first}",
            quote(name)
        );
        return Err(Refusal::one(message, job.span_of("job_name")));
    }
    Ok(())
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
                    discovered::check_files(files, of, item, loaded, version, warnings)?;
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

/// A path that a file names, from that file's folder.
pub(super) fn joined(folder: &Utf8Path, path: &str) -> Utf8PathBuf {
    if path.is_empty() || path.starts_with('/') || folder == "." || folder == "" {
        return Utf8PathBuf::from(path);
    }
    folder.join(path.trim_start_matches("./"))
}

/// What Go calls an error of the system.
pub(super) fn go_error(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        std::io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => "input/output error".to_owned(),
    }
}
