//! The labels of targets: what discovery gives, what the job adds, what its rules make of it.

use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::prometheus::check::Inherited;
use crate::prometheus::decode::{Fields, Item};
use crate::prometheus::jobs::{JobIn, joined};
use crate::prometheus::version::Version;
use crate::prometheus::{discovered, duration, glob};
use crate::proof::{Content, Label, Symbol, Trail, Variant};
use crate::system::HostFiles;

/// A target before the job's rules.
pub(in crate::prometheus) fn target(
    of: JobIn<'_>,
    inherited: &Inherited,
    address: &str,
    labels: &[(Arc<str>, Item)],
    trail: Trail,
) -> Variant {
    let mut variant = Variant::new(None);
    for (name, item) in labels {
        variant.set(name.clone(), Label::known(item.text(), trail));
    }
    variant.set("__address__", Label::known(address, trail));
    add_own(of, inherited, &mut variant, trail);
    variant
}

/// What the job gives a target that does not have it.
pub(super) fn add_own(of: JobIn<'_>, inherited: &Inherited, variant: &mut Variant, trail: Trail) {
    let (interval, timeout) = inherited.times_of(of.job);
    let mut own = vec![
        ("job".to_owned(), of.job.text("job_name").to_owned()),
        ("__scheme__".to_owned(), of.job.text_or("scheme", "http").to_owned()),
        ("__metrics_path__".to_owned(), of.job.text_or("metrics_path", "/metrics").to_owned()),
        ("__scrape_interval__".to_owned(), duration::shown(interval)),
        ("__scrape_timeout__".to_owned(), duration::shown(timeout)),
    ];
    for (name, item) in of.job.map("params") {
        if let crate::prometheus::decode::Value::List(values) = &item.value
            && let Some(first) = values.first()
        {
            own.push((format!("__param_{name}"), first.text().to_owned()));
        }
    }
    for (name, text) in own {
        if variant.get(&name).content == Content::Absent {
            variant.set(name, Label::known(text, trail));
        }
    }
}

/// A target of which only a running Prometheus knows more.
pub(super) fn undiscovered(reason: &str) -> Variant {
    let mut variant = Variant::open_for(reason);
    let mut symbol = Symbol::new(format!("{reason}/__address__"), reason);
    symbol.is_present = true;
    let label = Label { content: Content::Unknown(symbol), trail: Trail::START };
    variant.set("__address__", label);
    variant
}

/// The target groups of a `file_sd_configs` entry; or why they are not known.
pub(in crate::prometheus) fn of_files(
    host: &HostFiles,
    of: JobIn<'_>,
    entry: &Fields,
    version: &Version,
) -> Result<Vec<(Utf8PathBuf, Fields)>, String> {
    let mut groups = Vec::new();
    for path in files(host, of, entry) {
        let found = discovered::groups(host, &path, version)
            .map_err(|_| format!("the target file {path} cannot be read"))?;
        let path = host.absolute(&path).unwrap_or(path);
        groups.extend(found.into_iter().map(|group| (path.clone(), group)));
    }
    Ok(groups)
}

/// The files of a `file_sd_configs` entry.
pub(super) fn files(files: &HostFiles, of: JobIn<'_>, entry: &Fields) -> Vec<Utf8PathBuf> {
    let patterns = entry.list("files").iter().map(|item| joined(of.folder, item.text()));
    patterns.flat_map(|pattern| glob::paths(files, &pattern)).collect()
}

/// Why a target is certainly not asked; nothing where it is, or may be.
pub(in crate::prometheus) fn fault(target: &Variant, version: &Version) -> Option<String> {
    let known = |name: &str| match target.get(name).content {
        Content::Absent => Some(String::new()),
        Content::Known(text) => Some(text.to_string()),
        Content::Unknown(_) => None,
    };
    match known("__address__").as_deref() {
        Some("") => return Some("no address".to_owned()),
        Some(address) if address.contains('/') => {
            let quoted = alloy_grammar::literal::quote(address);
            return Some(format!("{quoted} is not a valid hostname"));
        }
        _ => {}
    }
    let time = |name: &str, what: &str| -> Result<Option<i64>, String> {
        let Some(text) = known(name) else { return Ok(None) };
        match duration::parse(&text, version) {
            Err(why) => Err(format!("error parsing scrape {what}: {why}")),
            Ok(0) => Err(format!("scrape {what} cannot be 0")),
            Ok(time) => Ok(Some(time)),
        }
    };
    let interval = match time("__scrape_interval__", "interval") {
        Ok(interval) => interval,
        Err(why) => return Some(why),
    };
    let timeout = match time("__scrape_timeout__", "timeout") {
        Ok(timeout) => timeout,
        Err(why) => return Some(why),
    };
    match (interval, timeout) {
        (Some(interval), Some(timeout)) if timeout > interval => Some(format!(
            "scrape timeout cannot be greater than scrape interval (\"{}\" > \"{}\")",
            duration::shown(timeout),
            duration::shown(interval)
        )),
        _ => None,
    }
}
