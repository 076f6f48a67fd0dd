//! The components of the running Alloy and their health, per module.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::host::alloy_http::Answers;
use crate::host::clean;

/// A component that runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Component {
    /// The module it belongs to; empty for the program itself.
    pub module: String,
    /// Its id inside the module, such as `prometheus.scrape.trento_system`.
    pub id: String,
    /// `healthy`, `unhealthy`, `unknown` or `exited`.
    pub health: String,
    /// What Alloy says about its health.
    pub message: String,
}

/// One entry of the list, as far as it is read.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, rename = "localID")]
    local_id: String,
    #[serde(default, rename = "moduleID")]
    module_id: String,
    #[serde(default)]
    health: Health,
    #[serde(default, rename = "createdModuleIDs", skip_serializing_if = "Vec::is_empty")]
    created_module_ids: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Health {
    #[serde(default)]
    state: String,
    #[serde(default)]
    message: String,
}

/// Every component that runs, sorted by module and id.
///
/// # Errors
/// The list was not given or cannot be understood; the text says which.
pub fn components(answers: &Answers) -> Result<Vec<Component>, String> {
    if let Some(refusal) = answers.refusal() {
        return Err(refusal);
    }
    let mut found: BTreeMap<(String, String), Component> = BTreeMap::new();
    let mut lists = 0;
    for (path, answer) in &answers.answers {
        if !is_list(path) || answer.status != 200 {
            continue;
        }
        lists += 1;
        let entries = parse(&answer.body)
            .ok_or_else(|| "Alloy's list of components cannot be understood".to_owned())?;
        for entry in entries {
            let component = Component {
                module: clean(&entry.module_id),
                id: clean(&entry.local_id),
                health: clean(&entry.health.state),
                message: clean(&entry.health.message),
            };
            found.insert((component.module.clone(), component.id.clone()), component);
        }
    }
    if lists == 0 {
        return Err("Alloy gave no list of its components; is its UI prefix right?".to_owned());
    }
    Ok(found.into_values().collect())
}

/// The modules that run, but whose components nobody asked for.
pub fn unseen_modules(answers: &Answers) -> BTreeSet<String> {
    let lists = answers.answers.iter().filter(|(path, it)| is_list(path) && it.status == 200);
    let lists: Vec<&str> = lists.map(|(_, answer)| answer.body.as_str()).collect();
    let mut created: BTreeSet<String> =
        lists.iter().flat_map(|list| created_modules(list)).collect();
    for entry in lists.iter().flat_map(|list| parse(list).unwrap_or_default()) {
        created.remove(&entry.module_id);
    }
    created
}

/// A list with only the fields that are read; none if it is no list.
pub(super) fn slim(body: &str) -> Option<String> {
    serde_json::to_string(&parse(body)?).ok()
}

/// The modules that the components of a list made.
pub(super) fn created_modules(body: &str) -> Vec<String> {
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

fn parse(body: &str) -> Option<Vec<Entry>> {
    serde_json::from_str(body).ok()
}

fn is_list(path: &str) -> bool {
    path == "GET /api/v0/web/components"
        || (path.starts_with("GET /api/v0/web/modules/") && path.ends_with("/components"))
}
