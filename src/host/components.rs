//! The components of the running Alloy and their health, per module.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::host::alloy_http::Answers;
use crate::host::alloy_http::list::{created_modules, is_list, parse};
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
