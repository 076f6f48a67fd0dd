//! `secret_files`: the files that hold Alloy's secrets, and who may read them.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::{Value as Json, json};

use crate::facts::agent_files::file_json;
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct SecretFiles;

const ABOUT: About = About {
    argument: "secret_files",
    meaning: "The files of Alloy's configuration that hold a secret, and every file a secret is \
              read from (password and token files, `local.file`, environment files and drop-ins): \
              owner, group, mode, what group and others may do, and why the file counts. TLS keys \
              are in `tls_files`.",
    shape: r#"[{"path": "/etc/alloy/trento.alloy", "why": "it holds a password", "user": "root", "group": "alloy", "mode": "0640", "group_access": "r", "other_access": "", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for SecretFiles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_alloy()?;
        match host.secret_files().keys().next() {
            None => Ok(()),
            Some(first) => host.knows_owners(first),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(elements(host, &host.secret_files(), "alloy"))
    }
}

/// Files with secrets in them, and of each why it counts and where that shows.
pub(super) type Reasons = BTreeMap<Utf8PathBuf, (String, Json)>;

/// Each file with its owner and mode; `group` is the one that may read it.
pub(super) fn elements(host: &Host<'_>, files: &Reasons, group: &str) -> Json {
    files
        .iter()
        .filter_map(|(path, (why, at))| {
            let mut file = file_json(host, path)?;
            let owner = file["message"].as_str().unwrap_or_default().to_owned();
            file["why"] = json!(why);
            file["message"] = json!(format!("{owner}, and {why}"));
            file["help"] = json!(format!("chown root:{group} {path} && chmod 0640 {path}"));
            if !at.is_null() {
                file["at"] = at.clone();
            }
            Some(file)
        })
        .collect()
}
