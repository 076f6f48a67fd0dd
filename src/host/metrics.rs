//! Alloy's own metrics, in the text format of Prometheus: as much of them as matters here.
//!
//! A line that is broken is passed over: the others still say what they say.

use std::collections::BTreeMap;

/// The metrics that are read; everything else is passed over while it is received.
const WANTED: &[&str] = &[
    "alloy_build_info",
    "alloy_config_",
    "alloy_resources_process_start_time_seconds",
    "alloy_component_controller_running_components",
    "prometheus_config_last_reload_",
    "prometheus_remote_storage_samples_",
    "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
];

/// One value of one series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: &'a str,
    pub(super) labels: BTreeMap<&'a str, String>,
    pub(super) value: f64,
}

/// Whether a line is worth keeping.
pub(super) fn is_wanted(line: &str) -> bool {
    WANTED.iter().any(|name| line.starts_with(name))
}

/// The samples of a text, in its order.
pub(super) fn samples(text: &str) -> impl Iterator<Item = Sample<'_>> {
    text.lines().filter(|line| is_wanted(line)).filter_map(sample)
}

/// The value of a metric that has one series only.
pub(super) fn single(text: &str, name: &str) -> Option<f64> {
    samples(text).find(|sample| sample.name == name).map(|sample| sample.value)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(['{', ' ', '\t'])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample { name, labels, value })
}

/// The labels after an opening brace, and what follows the closing one.
fn labels(mut rest: &str) -> Option<(BTreeMap<&str, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = quoted(after.strip_prefix('"')?)?;
        labels.insert(name.trim(), value);
        rest = after;
    }
}

/// A quoted value after its opening quote, and what follows the closing one.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_with_its_labels() {
        let text = "alloy_config_hash{cluster_name=\"a\\\"b\",sha256=\"ff\",} 1 1700000000\n\
                    alloy_config_last_load_successful 1\nother_metric 3\n";
        let found: Vec<_> = samples(text).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].labels["cluster_name"], "a\"b");
        assert_eq!(single(text, "alloy_config_last_load_successful"), Some(1.0));
    }

    #[test]
    fn broken_lines_are_passed_over() {
        for line in [
            "alloy_config_hash",
            "alloy_config_hash{",
            "alloy_config_hash{sha256=\"x",
            "alloy_config_hash{sha256=\"x\\",
            "alloy_config_hash{sha256} 1",
            "alloy_config_hash{a=\"b\"} one",
            "alloy_config_hash{a=\"b\"}",
        ] {
            assert_eq!(samples(line).count(), 0, "{line}");
        }
    }
}
