//! `tls_files`: the CA, certificate and key files that the endpoint names.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value as Json, json};

use crate::facts::permission::rights;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::installation::SenderNames;
use crate::probe::{Material, certificates, key_fits};

/// The gatherer.
pub(super) struct TlsFiles;

const ABOUT: About = About {
    argument: "tls_files",
    meaning: "The TLS files that the endpoint of the Trento pipeline names, by role (`ca`, \
              `certificate`, `key`): whether each exists and parses, whether the user of Alloy \
              can read it, what others may do with it, and whether the key fits the certificate.",
    shape: r#"[{"role": "key", "path": "/etc/trento/key.pem", "exists": true, "parses": true, "readable": true, "other_access": "", "fits_certificate": true, "message": "", "at": {…}}]"#,
    live: false,
};

/// A TLS file that an endpoint names.
pub(super) struct TlsFile {
    /// `ca`, `certificate` or `key`.
    pub(super) role: &'static str,
    /// Its path on the host.
    pub(super) path: Utf8PathBuf,
    /// Where the endpoint names it.
    pub(super) at: Json,
}

impl Gatherer for TlsFiles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_endpoint()?;
        if named(host).is_empty() {
            Err("the endpoint names no TLS file".to_owned())
        } else {
            Ok(())
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let files = named(host);
        let certificate = files.iter().find(|file| file.role == "certificate");
        Ok(files.iter().map(|file| describe(host, file, certificate)).collect())
    }
}

/// The files that the endpoints of the pipeline name.
pub(super) fn named(host: &Host<'_>) -> Vec<TlsFile> {
    const ROLES: &[(&str, &str)] =
        &[("ca", "ca_file"), ("certificate", "cert_file"), ("key", "key_file")];
    let mut files = Vec::new();
    host.for_each_endpoint(|endpoint| {
        for (role, name) in ROLES {
            let Some(argument) = endpoint.argument(&["tls_config", name]) else { continue };
            let Some(path) = endpoint.path(&argument.said) else { continue };
            files.push(TlsFile { role, path, at: argument.at });
        }
        Json::Null
    });
    files
}

fn describe(host: &Host<'_>, file: &TlsFile, certificate: Option<&TlsFile>) -> Json {
    let material = Material::read(&host.system().files, &file.path);
    let meta = host.system().files.metadata(&file.path);
    let exists = meta.is_ok();
    let others = meta.ok().and_then(|meta| meta.ownership).map(|owner| rights(owner.mode, 0));
    let fits = match (file.role, certificate) {
        ("key", Some(certificate)) => {
            key_fits(&Material::read(&host.system().files, &certificate.path), &material)
        }
        _ => Ok(true),
    };
    let content = match file.role {
        "key" => material.key_is_sound(),
        _ => certificates(&material).map(|_| ()),
    };
    let access = host.sender_can_read(&file.path);
    let (readable, blocked_by) = match access {
        Some(access) if exists => (access.readable, access.blocked_by),
        _ => (true, String::new()),
    };
    let message = match (&content, &fits) {
        _ if !exists => format!("{} does not exist", file.path),
        (Err(reason), _) => reason.clone(),
        _ if !blocked_by.is_empty() => blocked_by,
        (_, Ok(false)) => format!("{} belongs to another certificate", file.path),
        _ if others.as_deref().unwrap_or_default().contains('r') => {
            format!("{} can be read by others", file.path)
        }
        _ => String::new(),
    };
    json!({
        "role": file.role,
        "path": file.path,
        "exists": exists,
        "parses": content.is_ok(),
        "readable": readable,
        "other_access": others.unwrap_or_default(),
        // What cannot be read cannot be compared either; that is said by the other fields.
        "fits_certificate": fits.unwrap_or(true),
        "message": message,
        "help": help(host.names(), file.role, &file.path),
        "at": file.at,
    })
}

fn help(names: &SenderNames, role: &str, path: &Utf8Path) -> String {
    let SenderNames { program, group, .. } = names;
    match role {
        "key" => format!("put the key of the certificate there: root:{group}, mode 0640: {path}"),
        _ => format!("put a PEM file there that the user of {program} can read: {path}"),
    }
}
