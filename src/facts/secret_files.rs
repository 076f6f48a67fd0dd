//! `secret_files`: the files that hold Alloy's secrets, and who may read them.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::{Value as Json, json};

use crate::facts::agent_files::{file_json, ownership};
use crate::facts::{About, GatherError, Gatherer, Host, long};
use crate::source::At;
use crate::system::Ownership;

/// The gatherer.
pub(super) struct SecretFiles;

const ABOUT: About = About {
    argument: "secret_files",
    meaning: "The files of Alloy's configuration that hold a secret, and every file a secret is \
              read from (password and token files, `local.file`, environment files and drop-ins): \
              owner, group, mode, what group and others may do, and why the file counts. TLS keys \
              are in `tls_files`. Of more than a thousand the first of each owner, group and mode come \
              first, and the rest is left out.",
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
pub(super) type Reasons = BTreeMap<Utf8PathBuf, Reason>;

/// Why a file with a secret counts, and where that is said; none where it is the file as a whole.
pub(super) struct Reason {
    /// A clause.
    pub(super) why: String,
    /// The place.
    pub(super) at: Option<At>,
}

/// Each file with its owner and mode; `group` is the one that may read it.
pub(super) fn elements(host: &Host<'_>, files: &Reasons, group: &str) -> Json {
    let owned = files.iter().filter_map(|(path, reason)| {
        let owner = ownership(host, path)?;
        Some((path, reason, owner))
    });
    let kind = |(_, _, owner): &(&Utf8PathBuf, &Reason, Ownership)| owner.clone();
    long::varied(owned.collect(), kind)
        .into_iter()
        .map(|(path, Reason { why, at }, owner)| {
            let mut file = file_json(host, path, &owner);
            let owner = file["message"].as_str().unwrap_or_default().to_owned();
            file["why"] = json!(why);
            file["message"] = json!(format!("{owner}, and {why}"));
            file["help"] = json!(format!("chown root:{group} {path} && chmod 0640 {path}"));
            if let Some(at) = at {
                file["at"] = json!(at);
            }
            file
        })
        .collect()
}
