//! The `global` section, and what jobs take from it.

use alloy_grammar::literal::quote;

use super::{Checked, bad_label_name, is_label_name, is_legacy_name};
use crate::prometheus::decode::{Fail, Fields, Item};
use crate::prometheus::version::Version;

const MINUTE: i64 = 60_000;
const TEN_SECONDS: i64 = 10_000;

/// Which names of labels and metrics are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::prometheus) enum Scheme {
    Legacy,
    Utf8,
}

pub(super) fn check(global: &Fields, version: &Version) -> Checked {
    let scheme = match global.text("metric_name_validation_scheme") {
        "legacy" => Scheme::Legacy,
        _ => Scheme::Utf8,
    };
    let mut labels: Vec<_> = global.map("external_labels").iter().collect();
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, item) in labels {
        let is_checked_by_scheme = version.is_at_least(3, 7) && scheme == Scheme::Legacy;
        let fits =
            if is_checked_by_scheme { is_legacy_name(name) } else { is_label_name(name, version) };
        if !fits {
            return Err(Fail::new(bad_label_name(name), item.span));
        }
    }
    let interval = match global.int_or("scrape_interval", 0) {
        0 => MINUTE,
        interval => interval,
    };
    if global.int_or("scrape_timeout", 0) > interval {
        return global.fail("scrape_timeout", "global scrape timeout greater than scrape interval");
    }
    if global.is_set("scrape_protocols") {
        let items = global.list("scrape_protocols");
        if let Err(message) = protocols(items, version) {
            return global.fail("scrape_protocols", format!("{message} for global config"));
        }
    }
    Ok(())
}

/// What jobs take from `global` where they do not say it.
#[derive(Clone, Debug)]
pub(in crate::prometheus) struct Inherited {
    pub interval: i64,
    pub timeout: i64,
    pub validation: String,
    pub escaping: String,
}

impl Inherited {
    /// The interval and the timeout of a job.
    pub(in crate::prometheus) fn times_of(&self, job: &Fields) -> (i64, i64) {
        let interval = match job.int_or("scrape_interval", 0) {
            0 => self.interval,
            interval => interval,
        };
        let timeout = match job.int_or("scrape_timeout", 0) {
            0 => self.timeout.min(interval),
            timeout => timeout,
        };
        (interval, timeout)
    }

    pub(in crate::prometheus) fn of(config: &Fields) -> Inherited {
        let Some(global) = config.fields("global") else {
            let (validation, escaping) = (String::new(), String::new());
            return Inherited { interval: MINUTE, timeout: TEN_SECONDS, validation, escaping };
        };
        let interval = match global.int_or("scrape_interval", 0) {
            0 => MINUTE,
            interval => interval,
        };
        let timeout = match global.int_or("scrape_timeout", 0) {
            0 => TEN_SECONDS.min(interval),
            timeout => timeout,
        };
        let validation = global.text("metric_name_validation_scheme").to_owned();
        let escaping = global.text("metric_name_escaping_scheme").to_owned();
        Inherited { interval, timeout, validation, escaping }
    }
}

/// The protocols a version knows, sorted.
fn known_protocols(version: &Version) -> Vec<&'static str> {
    let mut known = vec![
        "OpenMetricsText0.0.1",
        "OpenMetricsText1.0.0",
        "PrometheusProto",
        "PrometheusText0.0.4",
    ];
    if version.is_at_least(3, 0) {
        known.push("PrometheusText1.0.0");
    }
    known
}

/// What is wrong with a list of protocols.
pub(super) fn protocols(items: &[Item], version: &Version) -> Result<(), String> {
    if items.is_empty() {
        return Err("scrape_protocols cannot be empty".to_owned());
    }
    let names: Vec<&str> = items.iter().map(Item::text).collect();
    for (at, name) in names.iter().enumerate() {
        if names[..at].iter().any(|before| before.eq_ignore_ascii_case(name)) {
            let all = names.join(" ");
            return Err(format!("duplicated protocol in scrape_protocols, got [{all}]"));
        }
        protocol(name, version).map_err(|message| format!("scrape_protocols: {message}"))?;
    }
    Ok(())
}

/// What is wrong with a protocol.
pub(super) fn protocol(name: &str, version: &Version) -> Result<(), String> {
    let known = known_protocols(version);
    if known.contains(&name) {
        return Ok(());
    }
    Err(format!("unknown scrape protocol {name}, supported: [{}]", known.join(" ")))
}

/// The schemes of a job's names: which are accepted; or what is wrong with the words for them.
pub(super) fn scheme(
    job: &Fields,
    inherited: &Inherited,
    version: &Version,
) -> Result<Scheme, String> {
    if !version.is_at_least(2, 55) {
        return Ok(Scheme::Legacy);
    }
    if !version.is_at_least(3, 0) {
        let global = inherited.validation.as_str();
        if !["", "legacy", "utf8"].contains(&global) {
            return Err(format!(
                "unknown name validation method specified, must be either 'legacy' or 'utf8', got {global}"
            ));
        }
        return Ok(Scheme::Legacy);
    }
    let is_known = |word: &str| ["legacy", "utf8"].contains(&word);
    let global = match inherited.validation.as_str() {
        "" => "utf8",
        word if is_known(word) => word,
        word => {
            return Err(format!(
                "unknown global name validation method specified, must be either 'legacy' or 'utf8', got {word}"
            ));
        }
    };
    let own = match job.text("metric_name_validation_scheme") {
        "" => None,
        word if is_known(word) => Some(word),
        word => {
            return Err(format!(
                "unknown scrape config name validation method specified, must be either 'legacy' or 'utf8', got {word}"
            ));
        }
    };
    let scheme = own.unwrap_or(global);
    if version.is_at_least(3, 4) {
        escaping(job, inherited, version, global, own)?;
    }
    Ok(if scheme == "legacy" { Scheme::Legacy } else { Scheme::Utf8 })
}

fn escaping(
    job: &Fields,
    inherited: &Inherited,
    version: &Version,
    global: &str,
    own: Option<&str>,
) -> Result<(), String> {
    const KNOWN: &[&str] = &["allow-utf-8", "underscores", "dots", "values"];
    let natural = |scheme: &str| if scheme == "legacy" { "underscores" } else { "allow-utf-8" };
    let scheme = own.unwrap_or(global);
    let unknown = |whose: &str, word: &str, scheme: &str| {
        let got = if version.is_at_least(3, 7) { quote(word) } else { scheme.to_owned() };
        format!(
            "unknown {whose} name escaping method specified, must be one of 'allow-utf-8', \
             'underscores', 'dots', or 'values', got {got}"
        )
    };
    let of_global = match inherited.escaping.as_str() {
        "" => natural(global),
        word if KNOWN.contains(&word) => word,
        word => return Err(unknown("global", word, global)),
    };
    let of_job = match job.text("metric_name_escaping_scheme") {
        "" if own.is_some() && version.is_at_least(3, 7) => natural(scheme),
        "" => of_global,
        word if KNOWN.contains(&word) => word,
        word => return Err(unknown("scrape config", word, scheme)),
    };
    if of_job == "allow-utf-8" && scheme != "utf8" {
        return Err("utf8 metric names requested but validation scheme is not set to UTF8".into());
    }
    Ok(())
}
