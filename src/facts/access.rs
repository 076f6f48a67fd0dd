//! `access`: whether the user that Alloy runs as can read what it must.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host, long, permission};
use crate::load::Kind;

/// The gatherer.
pub(super) struct Access;

const ABOUT: About = About {
    argument: "access",
    meaning: "Every file that Alloy loads or reads a secret from: whether the user of its unit \
              can read it and reach it through the folders; `blocked_by` is what stands in the \
              way, `unproven` why owners and modes alone do not decide. Of more than a thousand \
              those that it cannot read come first, and the rest is left out.",
    shape: r#"[{"path": "/etc/alloy/trento.alloy", "user": "alloy", "readable": true, "blocked_by": "", "unproven": "", "message": "", "at": {…}}]"#,
    live: false,
};

impl Gatherer for Access {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.is_a_host()?;
        host.has_alloy()?;
        match files(host).iter().next() {
            None => Err("Alloy reads no file here".to_owned()),
            Some(first) => host.knows_owners(first),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        Ok(elements(host, &files(host), |_, access| match access.is_hidden {
            true => "move the file to where the unit shows it, such as /etc/alloy".to_owned(),
            false => {
                "give the group of Alloy access: chgrp alloy, and chmod g+r or g+rx".to_owned()
            }
        }))
    }
}

/// Each file with whether the user of the sender's unit can read it, and what helps where not.
pub(super) fn elements<'p>(
    host: &Host<'_>,
    paths: impl IntoIterator<Item = &'p Utf8PathBuf>,
    help: impl Fn(&Utf8Path, &permission::Access) -> String,
) -> Json {
    let user = host.sender_user();
    let found = paths.into_iter().filter_map(|path| Some((path, host.sender_can_read(path)?)));
    let is_open = |access: &permission::Access| access.readable && access.unproven.is_empty();
    let found = long::bounded(found.collect(), |(_, access)| !is_open(access)).into_iter();
    found
        .map(|(path, access)| {
            let message = if access.readable { &access.unproven } else { &access.blocked_by };
            json!({
                "path": path,
                "user": user,
                "readable": access.readable,
                "blocked_by": access.blocked_by,
                "unproven": access.unproven,
                "message": message,
                "help": help(path, &access),
                "at": host.at_file(path),
            })
        })
        .collect()
}

/// What the process of Alloy itself must be able to read, the folder that it lists included. What
/// systemd reads for it, environment files and drop-ins, is read as root.
fn files(host: &Host<'_>) -> BTreeSet<Utf8PathBuf> {
    let set = host.merge_set();
    let folder = set.config_path().filter(|_| set.kind == Kind::Folder);
    let loaded = set.files.iter().map(|file| file.path.clone());
    loaded.chain(folder.map(ToOwned::to_owned)).chain(host.files_read_by_alloy()).collect()
}
