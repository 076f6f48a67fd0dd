//! `certificates`: how long the certificates that the endpoint names are valid.

use serde_json::{Value as Json, json};

use crate::facts::tls_files::{TlsFile, named};
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::probe::{Material, certificates};

/// The gatherer.
pub(super) struct Certificates;

const ABOUT: About = About {
    argument: "certificates",
    meaning: "The certificates in the CA and certificate files that the endpoint names: whether \
              each is `valid`, `expired` or `not yet valid`, and for how many whole days yet.",
    shape: r#"[{"role": "ca", "path": "/etc/trento/ca.pem", "subject": "CN=ca", "state": "valid", "days_left": 300, "message": "…", "at": {…}}]"#,
    live: false,
};

const DAY: i64 = 86_400;

impl Gatherer for Certificates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_endpoint()?;
        match named(host).iter().any(|file| !read(host, file).is_empty()) {
            true => Ok(()),
            false => Err("the endpoint names no certificate that can be read".to_owned()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(named(host).iter().flat_map(|file| read(host, file)).collect())
    }
}

fn read(host: &Host<'_>, file: &TlsFile) -> Vec<Json> {
    if file.role == "key" {
        return Vec::new();
    }
    let material = Material::read(&host.system().files, &file.path);
    let now = host.system().now;
    certificates(&material)
        .unwrap_or_default()
        .into_iter()
        .map(|found| {
            // A day that has begun counts: 30 days and a second are more than 30 days.
            let days_left = -(now - found.not_after).div_euclid(DAY);
            let (state, message) = if now > found.not_after {
                ("expired", format!("{} expired {} days ago", file.path, -days_left))
            } else if now < found.not_before {
                ("not yet valid", format!("{} is not valid yet", file.path))
            } else {
                ("valid", format!("{} is valid for {days_left} more days", file.path))
            };
            json!({
                "role": file.role,
                "path": file.path,
                "subject": found.subject,
                "state": state,
                "days_left": days_left,
                "message": message,
                "help": "renew it",
                "at": file.at,
            })
        })
        .collect()
}
