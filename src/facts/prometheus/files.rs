//! The files of Prometheus: which one holds the pipeline, who may read the secrets in them, and
//! whether Prometheus can.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde_json::{Value as Json, json};

use crate::facts::secret_files::{Reason, Reasons};
use crate::facts::{About, GatherError, Gatherer, Host, access, pipeline_files, secret_files};
use crate::installation::Prometheus;
use crate::proof::Names;

/// `pipeline_files`: the files that hold Trento's remote write, and whether Prometheus loads them.
pub(super) struct PipelineFiles;

/// `secret_files`: the files that hold a secret or that one is read from.
pub(super) struct SecretFiles;

/// `access`: whether Prometheus can read what it must.
pub(super) struct Access;

impl Gatherer for PipelineFiles {
    fn about(&self) -> &'static About {
        pipeline_files::PipelineFiles.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        let prometheus = host.has_prometheus()?;
        if host.has_deployment() || !host.beside_prometheus().is_empty() {
            return Ok(());
        }
        host.pushes()?;
        match &prometheus.bytes {
            Ok(_) => Err("no file here holds a remote write for Trento".to_owned()),
            Err(_) => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let config = &prometheus.config;
        let describe = |path: &camino::Utf8Path, reason: &str| {
            let message = match reason {
                "" => format!("{path} is loaded"),
                _ => format!("{path} is not loaded: {reason}"),
            };
            json!({
                "path": path,
                "loaded": reason.is_empty(),
                "reason": reason,
                "message": message,
                "help": "name the file with --config.file in the arguments of the unit, and \
                         restart Prometheus",
                "at": host.at_file(path),
            })
        };
        if host.has_deployment() {
            return Ok(json!([describe(config, "")]));
        }
        let mut found = Vec::new();
        if let Err(why) = &prometheus.bytes {
            found.push(describe(config, why));
        }
        let reason = format!("{} loads {config}", prometheus.unit_name);
        found.extend(host.beside_prometheus().iter().map(|path| describe(path, &reason)));
        Ok(Json::Array(found))
    }
}

impl Host<'_> {
    /// The files that hold secrets of Prometheus' configuration, and why each does.
    fn secret_files_of_prometheus(&self) -> Reasons {
        let mut files = Reasons::new();
        let Ok(configuration) = self.has_configuration() else { return files };
        for used in configuration.secrets() {
            let at = configuration.at(used.place);
            let path = match (used.file, &at) {
                (Some(file), _) => file,
                (None, Some(at)) => Utf8PathBuf::from(&at.file),
                (None, None) => continue,
            };
            let why = match used.value {
                Some(_) => "it holds a secret".to_owned(),
                None => format!("a secret is read from it by `{}`", used.field),
            };
            files.entry(path).or_insert(Reason { why, at });
        }
        files.retain(|path, _| self.system().files.exists(path));
        files
    }
}

impl Gatherer for SecretFiles {
    fn about(&self) -> &'static About {
        secret_files::SecretFiles.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_configuration()?;
        match host.secret_files_of_prometheus().keys().next() {
            None => Ok(()),
            Some(first) => host.knows_owners(first),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let group = &host.names().group;
        Ok(secret_files::elements(host, &host.secret_files_of_prometheus(), group))
    }
}

impl Gatherer for Access {
    fn about(&self) -> &'static About {
        access::Access.about()
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        let prometheus = host.has_prometheus()?;
        host.knows_owners(&prometheus.config)
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(prometheus) = host.prometheus() else { return Ok(json!([])) };
        let group = &host.names().group;
        Ok(access::elements(host, &read(host, prometheus), |path, _| {
            format!("give the group of Prometheus access: chgrp {group} {path}")
        }))
    }
}

/// What the process of Prometheus itself must be able to read; TLS files are a matter of their own.
fn read(host: &Host<'_>, prometheus: &Prometheus) -> BTreeSet<Utf8PathBuf> {
    let mut files = BTreeSet::from([prometheus.config.clone()]);
    if let Ok(configuration) = &prometheus.configuration {
        files.extend(configuration.sources().map(|source| Utf8PathBuf::from(source.path())));
        files.extend(configuration.secrets().into_iter().filter_map(|used| used.file));
        files.extend(configuration.target_files(&host.system().files));
    }
    files.retain(|path| host.system().files.exists(path));
    files
}
