//! `prometheus.scrape`: times, protocols, schemes of names, and what needs another stability.

use super::super::body::{Body, Given};
use super::super::{codes, judge::Found};
use super::{Rule, rule};

pub(super) const RULES: &[Rule] = &[rule("prometheus/scrape.Arguments", scrape)];

/// Protocols that a scrape may be told to ask for.
const PROTOCOLS: [&str; 5] = [
    "PrometheusProto",
    "PrometheusText0.0.4",
    "PrometheusText1.0.0",
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
];
/// The protocols of a scrape that names none, in their order.
const DEFAULT: [&str; 4] =
    ["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"];
/// Experimental settings. A reload takes them without being asked for the stability.
const EXPERIMENTAL: [&str; 3] =
    ["honor_metadata", "enable_type_and_unit_labels", "start_timestamp_zero_ingestion"];

fn scrape(body: &Body<'_>) {
    times(body);
    protocols(body);
    schemes(body);
    for name in EXPERIMENTAL {
        if body.is(name) == Some(true) && !body.judge.is_experimental() {
            let reason = format!("`{name}` needs `--stability.level=experimental`");
            body.refuse(codes::NEEDS_STABILITY, name, reason);
            body.judge.help("a reload takes it all the same, and the next start fails");
        }
    }
    log_file(body);
}

fn times(body: &Body<'_>) {
    let (Some(interval), Some(timeout)) =
        (body.duration("scrape_interval"), body.duration("scrape_timeout"))
    else {
        return;
    };
    if timeout > interval {
        let written = body.is_written("scrape_timeout");
        let name = if written { "scrape_timeout" } else { "scrape_interval" };
        let reason =
            format!("`scrape_timeout` ({timeout}) is longer than `scrape_interval` ({interval})");
        body.refuse(codes::SCRAPE_TIMEOUT, name, reason);
        if interval.nanoseconds() > 0 {
            body.judge.help(format!("set `scrape_timeout` to at most {interval}"));
        }
    } else if interval.nanoseconds() <= 0 {
        let message = format!("`scrape_interval` is {interval}: nothing is ever scraped");
        body.warn(codes::SCRAPE_INTERVAL, "scrape_interval", message);
    }
    if body.given("targets") == Given::No && body.is_written("targets") {
        let message = "`targets` is empty: nothing will be read";
        body.warn(codes::EMPTY_TARGETS, "targets", message);
    }
}

fn protocols(body: &Body<'_>) {
    let Some(given) = body.texts("scrape_protocols") else { return };
    let is_default = given == DEFAULT;
    let negotiates = body.is("enable_protobuf_negotiation") == Some(true);
    if negotiates && !is_default {
        let reason = "`enable_protobuf_negotiation` and `scrape_protocols` are both given";
        body.refuse(codes::CONFLICTING_SETTINGS, "scrape_protocols", reason);
        return;
    }
    // Since 1.11; before, Alloy asked for what there was.
    let has_histograms =
        body.takes("scrape_fallback_protocol") && body.is("scrape_native_histograms") == Some(true);
    if has_histograms && !is_default && !given.iter().any(|name| name == "PrometheusProto") {
        let reason = "`scrape_native_histograms` needs `PrometheusProto` in `scrape_protocols`";
        body.refuse(codes::CONFLICTING_SETTINGS, "scrape_protocols", reason);
    }
    if let Some(name) = given.iter().find(|name| !PROTOCOLS.contains(&name.as_str())) {
        let reason = format!("`scrape_protocols` has {name:?}, which is no protocol");
        body.refuse(codes::UNUSABLE_VALUE, "scrape_protocols", reason);
        body.judge.help(format!("the protocols are {}", PROTOCOLS.join(", ")));
    }
    let is_twice = |(at, name): (usize, &String)| given[..at].contains(name);
    if given.iter().enumerate().any(is_twice) {
        let reason = "`scrape_protocols` has a protocol twice";
        body.refuse(codes::UNUSABLE_VALUE, "scrape_protocols", reason);
    }
    if body.takes("scrape_fallback_protocol")
        && let Some(name) = body.text("scrape_fallback_protocol")
        && !name.is_empty()
        && !PROTOCOLS.contains(&name.as_str())
    {
        let reason = "`scrape_fallback_protocol` is no protocol";
        body.refuse(codes::UNUSABLE_VALUE, "scrape_fallback_protocol", reason);
    }
}

/// How names are checked and written; both arguments since 1.11.
fn schemes(body: &Body<'_>) {
    let validation = "metric_name_validation_scheme";
    let escaping = "metric_name_escaping_scheme";
    if !body.takes(validation) {
        return;
    }
    let Some(scheme) = body.text(validation) else { return };
    if !matches!(scheme.as_str(), "utf8" | "legacy") {
        body.refuse(
            codes::UNUSABLE_VALUE,
            validation,
            format!("`{validation}` must be \"utf8\" or \"legacy\""),
        );
        return;
    }
    match body.text(escaping).as_deref() {
        None | Some("" | "underscores" | "dots" | "values") => {}
        Some("allow-utf-8") if scheme == "utf8" => {}
        Some("allow-utf-8") => {
            let reason = format!("`{escaping}` \"allow-utf-8\" needs `{validation}` \"utf8\"");
            body.refuse(codes::CONFLICTING_SETTINGS, escaping, reason);
        }
        Some(_) => {
            let reason = format!(
                "`{escaping}` must be \"allow-utf-8\", \"underscores\", \"dots\" or \"values\""
            );
            body.refuse(codes::UNUSABLE_VALUE, escaping, reason);
        }
    }
}

/// The file is opened when the component is built, and its folder is not made.
fn log_file(body: &Body<'_>) {
    let name = "scrape_failure_log_file";
    let Some(path) = body.text(name).filter(|path| !path.is_empty()) else { return };
    let folder = camino::Utf8Path::new(&path).parent().map_or("", camino::Utf8Path::as_str);
    match body.judge.file(if folder.is_empty() { "." } else { folder }) {
        Found::Missing => {
            let reason = format!("the folder of {path} is not there");
            body.refuse(codes::MISSING_FILE, name, reason);
        }
        Found::File(_) => {
            body.refuse(codes::UNUSABLE_FILE, name, format!("{folder} is no folder"));
        }
        Found::Unknown(why) => {
            let message = format!("Alloy does not start unless it can write {path} ({why})");
            body.warn(codes::MISSING_FILE, name, message);
        }
        Found::Folder => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::strict::tests::raised;

    fn of_scrape(inner: &str) -> Vec<&'static str> {
        raised(&format!(
            "prometheus.exporter.self \"s\" {{ }}\nprometheus.remote_write \"w\" {{ }}\n\
             prometheus.scrape \"a\" {{\n targets = prometheus.exporter.self.s.targets\n \
             forward_to = [prometheus.remote_write.w.receiver]\n {inner}\n}}"
        ))
    }

    #[test]
    fn a_timeout_must_not_exceed_the_interval() {
        assert_eq!(of_scrape("scrape_interval = \"5s\""), ["scrape-timeout"]);
        assert!(of_scrape("scrape_interval = \"5s\"\n scrape_timeout = \"5s\"").is_empty());
        assert_eq!(of_scrape("scrape_timeout = \"2m\""), ["scrape-timeout"]);
        assert_eq!(of_scrape("scrape_interval = null"), ["scrape-timeout"]);
        let zero = "scrape_interval = \"0s\"\n scrape_timeout = \"0s\"";
        assert_eq!(of_scrape(zero), ["scrape-interval"]);
    }

    #[test]
    fn protocols_are_known_and_fit_native_histograms() {
        assert_eq!(of_scrape("scrape_protocols = [\"prometheusproto\"]"), ["unusable-value"]);
        let twice = "scrape_protocols = [\"PrometheusProto\", \"PrometheusProto\"]";
        assert_eq!(of_scrape(twice), ["unusable-value"]);
        let none = "scrape_protocols = []\n scrape_native_histograms = true";
        assert_eq!(of_scrape(none), ["conflicting-settings"]);
        assert!(of_scrape("scrape_native_histograms = true").is_empty());
    }

    #[test]
    fn names_are_checked_by_one_of_two_schemes() {
        assert_eq!(of_scrape("metric_name_validation_scheme = \"utf-8\""), ["unusable-value"]);
        let legacy = "metric_name_escaping_scheme = \"allow-utf-8\"";
        assert_eq!(of_scrape(legacy), ["conflicting-settings"]);
        assert_eq!(of_scrape("honor_metadata = true"), ["needs-stability"]);
    }

    #[test]
    fn empty_targets_are_reported() {
        let found = raised("prometheus.scrape \"a\" {\n targets = []\n forward_to = []\n}");
        assert_eq!(found, ["empty-targets"]);
    }
}
