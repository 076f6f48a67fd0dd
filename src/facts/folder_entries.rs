//! `folder_entries`: the `*.alloy` entries of the folder that Alloy loads, and what each is.

use serde_json::{Value as Json, json};

use crate::facts::long;
use crate::facts::{About, GatherError, Gatherer, Host};
use crate::load::{Kind, WhyUnreadable};

/// The gatherer.
pub(super) struct FolderEntries;

const ABOUT: About = About {
    argument: "folder_entries",
    meaning: "The entries that Alloy reads when it loads its folder (or its one file), and what \
              each is: `file`, `dangling link`, `editor lock`, `link to a folder`, `special file` \
              (FIFO, socket, device), `too large` or another error. Of more than a thousand those \
              that are no files come first, and the rest is left out.",
    shape: r#"[{"path": "/etc/alloy/.#a.alloy", "kind": "editor lock", "message": "…", "at": {…}}]"#,
    live: false,
};

impl Gatherer for FolderEntries {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.has_alloy()
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let set = host.merge_set();
        if matches!(set.kind, Kind::Absent(_)) {
            return Ok(json!([]));
        }
        let mut entries: Vec<Json> =
            set.files.iter().map(|file| json!({"path": file.path, "kind": "file"})).collect();
        for entry in set.unreadable.iter().filter(|entry| !entry.why.is_ours()) {
            let kind = match &entry.why {
                WhyUnreadable::DanglingLink => "dangling link",
                WhyUnreadable::EditorLock => "editor lock",
                WhyUnreadable::LinkToFolder => "link to a folder",
                WhyUnreadable::Special => "special file",
                WhyUnreadable::TooLarge => "too large",
                WhyUnreadable::Permission | WhyUnreadable::Other(_) => "unreadable",
            };
            entries.push(json!({
                "path": entry.path,
                "kind": kind,
                "message": format!("{} stops the load: {}", entry.path, entry.why.text()),
                "at": host.at_file(&entry.path),
            }));
        }
        Ok(Json::Array(long::bounded(entries, |entry| entry["kind"] != "file")))
    }
}
