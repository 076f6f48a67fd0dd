//! The lists of components that Alloy's HTTP server gives, as far as they are read.

use serde::{Deserialize, Serialize};

/// One entry of the list, as far as it is read.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::host) struct Entry {
    #[serde(default, rename = "localID")]
    pub(in crate::host) local_id: String,
    #[serde(default, rename = "moduleID")]
    pub(in crate::host) module_id: String,
    #[serde(default)]
    pub(in crate::host) health: Health,
    #[serde(default, rename = "createdModuleIDs", skip_serializing_if = "Vec::is_empty")]
    pub(in crate::host) created_module_ids: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
pub(in crate::host) struct Health {
    #[serde(default)]
    pub(in crate::host) state: String,
    #[serde(default)]
    pub(in crate::host) message: String,
}

/// A list with only the fields that are read; none if it is no list.
pub(in crate::host) fn slim(body: &str) -> Option<String> {
    serde_json::to_string(&parse(body)?).ok()
}

/// The modules that the components of a list made.
pub(in crate::host) fn created_modules(body: &str) -> Vec<String> {
    parse(body)
        .unwrap_or_default()
        .into_iter()
        .flat_map(|entry| entry.created_module_ids)
        .filter(|id| !id.is_empty() && !id.contains("..") && id.chars().all(is_plain))
        .collect()
}

/// Only what Alloy's ids are made of goes into a path.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/')
}

pub(in crate::host) fn parse(body: &str) -> Option<Vec<Entry>> {
    serde_json::from_str(body).ok()
}

/// Whether a path is that of a list.
pub(in crate::host) fn is_list(path: &str) -> bool {
    path == "GET /api/v0/web/components"
        || (path.starts_with("GET /api/v0/web/modules/") && path.ends_with("/components"))
}
