//! What a check says about itself: its name, severity, gatherers, conditions and links.

use serde_json::Value as Json;
use url::Url;

use crate::checks::lint::{Reporter, place};
use crate::checks::load;
use crate::checks::model::Check;
use crate::checks::model::Severity::{Critical, Warning};
use crate::yaml::Node;

/// A longer name is near to none.
const LONGEST_NAME: usize = 64;

/// The gatherers that trento-agent has, and our own.
const GATHERERS: &[&str] = &[
    "alloy",
    "ascsers_cluster",
    "cibadmin",
    "corosync-cmapctl",
    "corosync.conf",
    "dir_scan",
    "disp+work",
    "fstab",
    "groups",
    "hosts",
    "ini_files",
    "mount_info",
    "os-release",
    "package_version",
    "passwd",
    "products",
    "sap_profiles",
    "sapcontrol",
    "saphostctrl",
    "sapinstance_hostname_resolver",
    "sapservices",
    "saptune",
    "sbd_config",
    "sbd_dump",
    "sudoers",
    "sysctl",
    "systemd",
    "verify_password",
];

/// Checks the texts of a check that could be read.
pub fn check(root: &Node, check: &Check, report: &mut Reporter<'_>) {
    let path = report.loaded.source.path().to_owned();
    let id = check.id();
    if path.ends_with(".yaml") && load::stem(&path) != id {
        let message = format!("a server looks for this check in a file called {id}.yaml");
        report.at("file-name", Warning, message, root, "/id");
    }
    if let Some(severity) = place::field(root, "severity") {
        let word = place::written(severity);
        if !matches!(word.as_str(), "warning" | "critical") && severity.scalar().is_some() {
            let message = format!("`{word}` is no severity, so the check is critical");
            report.at("severity-word", Warning, message, root, "/severity");
            report.help("write warning or critical");
        }
    }
    if check.expectations.is_empty() {
        let message = "the check expects nothing; a server dies of it";
        report.at("no-expectations", Critical, message, root, "/expectations");
    }
    if check.facts.is_empty() {
        let message = "the check asks for no fact, so a server never gives it a result";
        report.at("no-facts", Warning, message, root, "/facts");
    }
    gatherers(root, check, report);
    conditions(root, check, report);
    for (name, text) in [("description", &check.description), ("remediation", &check.remediation)] {
        links(root, name, &text.text(), report);
    }
}

fn gatherers(root: &Node, check: &Check, report: &mut Reporter<'_>) {
    for (index, fact) in check.facts.iter().enumerate() {
        let gatherer = fact.gatherer.text();
        let name = gatherer.split('@').next().unwrap_or_default();
        if GATHERERS.contains(&name) || name.len() > LONGEST_NAME {
            continue;
        }
        let distance = |known: &&&str| strsim::damerau_levenshtein(known, name);
        if let Some(near) = GATHERERS.iter().min_by_key(distance).filter(|it| distance(it) <= 2) {
            let message = format!("no gatherer of trento-agent is called `{name}`");
            let path = format!("/facts/{index}/gatherer");
            report.at("gatherer-name", Warning, message, root, &path);
            report.help(format!("did you mean `{near}`?"));
        }
    }
}

fn conditions(root: &Node, check: &Check, report: &mut Reporter<'_>) {
    for (index, value) in check.values.iter().enumerate() {
        for (number, condition) in value.conditions.iter().enumerate() {
            if matches!(condition.value.json, Json::Null | Json::Bool(false)) {
                let path = format!("/values/{index}/conditions/{number}/value");
                let message = "a condition that gives false or null is passed over by a server";
                report.at("condition-never-wins", Warning, message, root, &path);
                report.help("make it the default and give true under the opposite condition");
            }
        }
    }
}

/// Looks for links that are none.
fn links(root: &Node, field: &str, text: &str, report: &mut Reporter<'_>) {
    let path = format!("/{field}");
    let mut rest = text;
    while let Some(found) = rest.find("http") {
        rest = &rest[found..];
        let end = rest
            .find(|it: char| it.is_whitespace() || matches!(it, ')' | '>' | ']' | '"' | '\'' | '`'))
            .unwrap_or(rest.len());
        let link = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let is_link = ["http:", "https:"].iter().any(|scheme| link.starts_with(scheme));
        let well_formed = Url::parse(link).is_ok_and(|url| url.has_host()) && link.contains("://");
        if is_link && link.len() > "https:".len() && !well_formed {
            report.at("link-form", Warning, format!("`{link}` is no valid URL"), root, &path);
        }
        rest = &rest[end.max(1)..];
    }
}
