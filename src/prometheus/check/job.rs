//! Jobs: each by itself, and all of a file together.

use alloy_grammar::literal::quote;

use super::global::{self, Inherited};
use super::{Checked, http, relabel, write};
use crate::prometheus::decode::{Fail, Fields, Item};
use crate::prometheus::version::Version;

/// What a job checks before it knows the rest of the file.
pub(super) fn check(job: &Fields, version: &Version) -> Checked {
    sections(job)?;
    if job.text("job_name").is_empty() {
        return job.fail("job_name", "job_name is empty");
    }
    http::check(job, version)?;
    if job.list("relabel_configs").is_empty() {
        targets(job)?;
    }
    no_null(job, "relabel_configs", "empty or null target relabeling rule in scrape config")?;
    no_null(job, "metric_relabel_configs", "empty or null metric relabeling rule in scrape config")
}

/// Sections of discovery with nothing in them.
pub(super) fn sections(job: &Fields) -> Checked {
    let mut names: Vec<&&str> = job.entries.keys().collect();
    names.sort();
    for name in names {
        if !name.ends_with("_sd_configs") && *name != "static_configs" {
            continue;
        }
        for item in job.list(name) {
            if item.is_zero() {
                return Err(Fail::new(format!("empty or null section in {name}"), item.span));
            }
        }
    }
    Ok(())
}

/// Targets that are written as URLs.
pub(super) fn targets(job: &Fields) -> Checked {
    for group in job.list("static_configs").iter().filter_map(Item::fields) {
        for target in group.list("targets") {
            if target.text().contains('/') {
                let message = format!("{} is not a valid hostname", quote(target.text()));
                return Err(Fail::new(message, target.span));
            }
        }
    }
    Ok(())
}

pub(super) fn no_null(fields: &Fields, name: &str, message: &str) -> Checked {
    match fields.list(name).iter().find(|item| item.is_zero()) {
        Some(item) => Err(Fail::new(message, item.span)),
        None => Ok(()),
    }
}

/// What the whole file checks at its end.
pub(super) fn of_config(config: &Fields, version: &Version) -> Checked {
    paths(config, "rule_files", "rule")?;
    paths(config, "scrape_config_files", "scrape config")?;
    let inherited = Inherited::of(config);
    let mut names: Vec<&str> = Vec::new();
    for item in config.list("scrape_configs") {
        let Some(job) = item.fields() else {
            return Err(Fail::new("empty or null scrape config section", item.span));
        };
        in_file(job, &inherited, version)?;
        let name = job.text("job_name");
        if names.contains(&name) {
            let message = format!("found multiple scrape configs with job name {}", quote(name));
            return job.fail("job_name", message);
        }
        names.push(name);
    }
    write::all(config, version)
}

/// What a job checks once it knows the `global` section.
pub(in crate::prometheus) fn in_file(
    job: &Fields,
    inherited: &Inherited,
    version: &Version,
) -> Checked {
    let name = job.text("job_name");
    let of_job =
        |message: String| format!("{message} for scrape config with job name {}", quote(name));
    let interval = match job.int_or("scrape_interval", 0) {
        0 => inherited.interval,
        interval => interval,
    };
    if job.int_or("scrape_timeout", 0) > interval {
        let message = of_job("scrape timeout greater than scrape interval".to_owned());
        return job.fail("scrape_timeout", message);
    }
    if job.is_set("scrape_protocols")
        && let Err(message) = global::protocols(job.list("scrape_protocols"), version)
    {
        return job.fail("scrape_protocols", of_job(message));
    }
    let fallback = job.text("fallback_scrape_protocol");
    if !fallback.is_empty()
        && let Err(message) = global::protocol(fallback, version)
    {
        let start = of_job("invalid fallback_scrape_protocol".to_owned());
        return job.fail("fallback_scrape_protocol", format!("{start}: {message}"));
    }
    let scheme = match global::scheme(job, inherited, version) {
        Ok(scheme) => scheme,
        Err(message) => return job.fail("metric_name_validation_scheme", message),
    };
    if version.is_at_least(3, 7) {
        relabel::check_all(job, "relabel_configs", scheme, version)?;
        relabel::check_all(job, "metric_relabel_configs", scheme, version)?;
    }
    Ok(())
}

/// Paths of which only the last part may hold one `*`.
fn paths(config: &Fields, name: &str, what: &str) -> Checked {
    for item in config.list(name) {
        let path = item.text();
        let is_fine = match path.split_once('*') {
            None => true,
            Some((_, rest)) => !rest.contains('/'),
        };
        if !is_fine {
            let message = format!("invalid {what} file path {}", quote(path));
            return Err(Fail::new(message, item.span));
        }
    }
    Ok(())
}
