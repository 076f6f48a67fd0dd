//! What Prometheus and promtool find fault with in the configuration, by whose subject it is.

use serde_json::{Value as Json, json};

use super::{at, fault};
use crate::facts::{
    About, GatherError, Gatherer, Host, declarations, folder_entries, modules, syntax_errors,
    validation,
};
use crate::installation::Prometheus;
use crate::prometheus::{self, Finding};

/// `syntax_errors`: why Prometheus does not load its file.
pub(super) struct SyntaxErrors;

/// `validation`: what promtool of the installed version finds beyond that.
pub(super) struct Validation;

/// `declarations`: jobs and remote writes, and how often each stands.
pub(super) struct Declarations;

/// `modules`: the files that `scrape_config_files` brings in.
pub(super) struct Modules;

/// `folder_entries`: the same files, and whether each can be read.
pub(super) struct FolderEntries;

/// Whose subject a fault is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The file itself.
    File,
    /// A field that this version does not know.
    Unknown,
    /// A name that is there twice.
    Twice,
    /// An included file that cannot be read.
    Unreadable,
    /// What an included file holds.
    Included,
}

/// The faults for which Prometheus does not load its file.
fn faults(prometheus: &Prometheus, wanted: Subject) -> Vec<&Finding> {
    let (Err(refused), Ok(_)) = (&prometheus.configuration, &prometheus.bytes) else {
        return Vec::new();
    };
    let subject = |message: &str| match message {
        _ if message.contains("found multiple scrape configs with job name")
            || message.contains("found multiple remote write configs with job name") =>
        {
            Subject::Twice
        }
        _ if refused.is_included && message.contains(": open ") => Subject::Unreadable,
        _ if refused.is_included => Subject::Included,
        _ if message.starts_with("field ") && message.contains(" not found in type ") => {
            Subject::Unknown
        }
        _ => Subject::File,
    };
    refused.faults.iter().filter(|found| subject(&found.message) == wanted).collect()
}

impl Gatherer for SyntaxErrors {
    fn about(&self) -> &'static About {
        syntax_errors::SyntaxErrors.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_prometheus().map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        Ok(faults(prometheus, Subject::File).into_iter().map(|it| fault(host, it)).collect())
    }
}

impl Gatherer for Validation {
    fn about(&self) -> &'static About {
        validation::Validation.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        match faults(prometheus, Subject::Unknown).is_empty() {
            true => host.has_configuration().map(|_| ()),
            false => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(Json::Null) };
        let mut found: Vec<Json> = faults(prometheus, Subject::Unknown)
            .into_iter()
            .map(|it| diagnostic(host, "error", it))
            .collect();
        found.extend(of_promtool(host, prometheus));
        Ok(json!({
            "alloy_version": prometheus.version.to_string(),
            "note": prometheus.version_note().unwrap_or_default(),
            "diagnostics": found,
        }))
    }
}

fn diagnostic(host: &Host<'_>, severity: &str, finding: &Finding) -> Json {
    json!({
        "severity": severity,
        "code": prometheus::NOT_ACCEPTED.name,
        "message": finding.message,
        "help": null,
        "at": host.at(&finding.source, finding.span),
    })
}

/// What promtool finds in a file that Prometheus loads.
fn of_promtool(host: &Host<'_>, prometheus: &Prometheus) -> Vec<Json> {
    let Some(bytes) = prometheus.bytes_that_load() else { return Vec::new() };
    let files = &host.system().files;
    let said = prometheus::promtool(files, &prometheus.config, bytes, &prometheus.version);
    // What only we may not read is no fault of the file.
    let findings = said.findings.iter().filter(|it| !it.message.ends_with("permission denied"));
    let mut found: Vec<Json> = findings.map(|it| diagnostic(host, "error", it)).collect();
    found.extend(said.warnings.iter().map(|warning| {
        json!({
            "severity": "warning",
            "code": prometheus::NOT_ACCEPTED.name,
            "message": warning,
            "help": null,
            "at": host.at_file(&prometheus.config),
        })
    }));
    found
}

impl Gatherer for Declarations {
    fn about(&self) -> &'static About {
        declarations::Declarations.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        match faults(prometheus, Subject::Twice).is_empty() {
            true => host.has_configuration().map(|_| ()),
            false => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let twice = |found: &Finding| {
            json!({
                "id": named(&found.message),
                "module": "",
                "count": 2,
                "message": found.message,
                "help": "rename one of the two, or delete it",
                "at": host.at(&found.source, found.span),
            })
        };
        let mut blocks: Vec<Json> =
            faults(prometheus, Subject::Twice).into_iter().map(twice).collect();
        if let Ok(configuration) = &prometheus.configuration {
            let one = |id: String, place| json!({"id": id, "module": "", "count": 1, "at": at(configuration, place)});
            let jobs = configuration.described_jobs();
            blocks.extend(jobs.into_iter().map(|job| one(job.name, job.place)));
            let started = host.start_of_prometheus(prometheus);
            let equal = started.iter().filter(|(_, it)| is_equal_entry(&it.message));
            blocks.extend(equal.map(|(_, found)| twice(found)));
        }
        Ok(Json::Array(blocks))
    }
}

/// Whether a start ends for two remote writes that are alike.
pub(super) fn is_equal_entry(message: &str) -> bool {
    message.starts_with("duplicate remote write configs are not allowed")
}

/// The name that a message quotes last.
fn named(message: &str) -> &str {
    let quoted = message.rsplit('"').nth(1);
    quoted.or_else(|| message.rsplit_once("URL: ").map(|(_, url)| url)).unwrap_or(message)
}

impl Gatherer for Modules {
    fn about(&self) -> &'static About {
        modules::Modules.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        match faults(prometheus, Subject::Included).is_empty() {
            true => host.has_configuration().map(|_| ()),
            false => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let broken = faults(prometheus, Subject::Included).into_iter().map(|found| {
            json!({
                "id": "scrape_config_files",
                "path": found.source.path(),
                "exists": true,
                "parses": false,
                "foreign_blocks": [],
                "message": found.message,
                "at": host.at(&found.source, found.span),
            })
        });
        let sound = prometheus.configuration.iter().flat_map(|it| it.sources().skip(1));
        let sound = sound.map(|source| {
            json!({
                "id": "scrape_config_files",
                "path": source.path(),
                "exists": true,
                "parses": true,
                "foreign_blocks": [],
                "message": "",
                "at": null,
            })
        });
        Ok(broken.chain(sound).collect())
    }
}

impl Gatherer for FolderEntries {
    fn about(&self) -> &'static About {
        folder_entries::FolderEntries.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        let prometheus = host.has_prometheus()?;
        match faults(prometheus, Subject::Unreadable).is_empty() {
            true => host.has_configuration().map(|_| ()),
            false => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let broken = faults(prometheus, Subject::Unreadable).into_iter().map(|found| {
            json!({
                "path": found.source.path(),
                "kind": "unreadable",
                "message": format!("{} stops the start: {}", found.source.path(), found.message),
                "at": host.at(&found.source, found.span),
            })
        });
        let sound = prometheus.configuration.iter().flat_map(|it| it.sources());
        let sound = sound.map(|source| json!({"path": source.path(), "kind": "file"}));
        Ok(broken.chain(sound).collect())
    }
}
