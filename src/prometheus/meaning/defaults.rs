//! What a field is where it is not written, if that is not the zero of its type.

use super::{Meant, PartKind};
use crate::prometheus::version::Version;

/// A default: of which part, at which path, from which version on.
struct Default {
    kind: PartKind,
    path: &'static str,
    since: (u16, u16),
    value: Words,
}

/// A value of the table.
#[derive(Clone, Copy)]
enum Words {
    Text(&'static str),
    Bool(bool),
    Number(u32),
    Duration(i64),
    List(&'static [&'static str]),
}

use PartKind::{Job, Read, Section, Write};
use Words::{Bool, Duration, List, Number, Text};

/// From every version that is known here.
const ALWAYS: (u16, u16) = (2, 32);
/// Paths of one part stand in the order of their versions.
const DEFAULTS: &[Default] = &[
    row(Job, "scheme", ALWAYS, Text("http")),
    row(Job, "metrics_path", ALWAYS, Text("/metrics")),
    row(Job, "honor_timestamps", ALWAYS, Bool(true)),
    row(Job, "follow_redirects", ALWAYS, Bool(true)),
    row(Job, "enable_http2", ALWAYS, Bool(true)),
    row(Job, "enable_compression", ALWAYS, Bool(true)),
    row(Job, "authorization.type", ALWAYS, Text("Bearer")),
    row(
        Job,
        "scrape_protocols",
        ALWAYS,
        List(&["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText0.0.4"]),
    ),
    row(
        Job,
        "scrape_protocols",
        (3, 0),
        List(&[
            "OpenMetricsText1.0.0",
            "OpenMetricsText0.0.1",
            "PrometheusText1.0.0",
            "PrometheusText0.0.4",
        ]),
    ),
    row(Job, "metric_name_validation_scheme", ALWAYS, Text("legacy")),
    row(Job, "metric_name_validation_scheme", (3, 0), Text("utf8")),
    row(Job, "metric_name_escaping_scheme", (3, 4), Text("allow-utf-8")),
    row(Write, "remote_timeout", ALWAYS, Duration(30_000)),
    row(Write, "follow_redirects", ALWAYS, Bool(true)),
    row(Write, "enable_http2", ALWAYS, Bool(true)),
    row(Write, "enable_http2", (3, 0), Bool(false)),
    row(Write, "authorization.type", ALWAYS, Text("Bearer")),
    row(Write, "protobuf_message", ALWAYS, Text("prometheus.WriteRequest")),
    row(Write, "queue_config.capacity", ALWAYS, Number(2_500)),
    row(Write, "queue_config.capacity", (2, 44), Number(10_000)),
    row(Write, "queue_config.max_shards", ALWAYS, Number(200)),
    row(Write, "queue_config.max_shards", (2, 44), Number(50)),
    row(Write, "queue_config.min_shards", ALWAYS, Number(1)),
    row(Write, "queue_config.max_samples_per_send", ALWAYS, Number(500)),
    row(Write, "queue_config.max_samples_per_send", (2, 44), Number(2_000)),
    row(Write, "queue_config.batch_send_deadline", ALWAYS, Duration(5_000)),
    row(Write, "queue_config.min_backoff", ALWAYS, Duration(30)),
    row(Write, "queue_config.max_backoff", ALWAYS, Duration(5_000)),
    row(Write, "metadata_config.send", ALWAYS, Bool(true)),
    row(Write, "metadata_config.send_interval", ALWAYS, Duration(60_000)),
    row(Write, "metadata_config.max_samples_per_send", ALWAYS, Number(500)),
    row(Write, "metadata_config.max_samples_per_send", (2, 44), Number(2_000)),
    row(Read, "remote_timeout", ALWAYS, Duration(60_000)),
    row(Read, "follow_redirects", ALWAYS, Bool(true)),
    row(Read, "enable_http2", ALWAYS, Bool(true)),
    row(Read, "filter_external_labels", ALWAYS, Bool(true)),
    row(Read, "authorization.type", ALWAYS, Text("Bearer")),
    row(Section, "evaluation_interval", ALWAYS, Duration(60_000)),
    row(Section, "gogc", ALWAYS, Number(75)),
    row(Section, "translation_strategy", ALWAYS, Text("UnderscoreEscapingWithSuffixes")),
    row(Section, "label_name_underscore_sanitization", ALWAYS, Bool(true)),
    row(Section, "label_name_preserve_multiple_underscores", ALWAYS, Bool(true)),
];

const fn row(kind: PartKind, path: &'static str, since: (u16, u16), value: Words) -> Default {
    Default { kind, path, since, value }
}

/// What stands at a path of a part where nothing is written; none: the zero of its type.
pub(in crate::prometheus) fn of(kind: PartKind, path: &str, version: &Version) -> Option<Meant> {
    let release = version.release();
    let found = DEFAULTS
        .iter()
        .rfind(|row| row.kind == kind && row.path == path && row.since <= release)?;
    Some(meant(found.value))
}

/// The defaults of a part that one version changes after another: the path, the first version
/// with the new one, the old value and the new.
pub(in crate::prometheus) fn changed(
    kind: PartKind,
    from: &Version,
    to: &Version,
) -> Vec<(&'static str, (u16, u16), Meant, Meant)> {
    let between = |since: (u16, u16)| from.release() < since && since <= to.release();
    let rows = DEFAULTS.iter().filter(|row| row.kind == kind && between(row.since));
    rows.filter_map(|row| {
        let before = of(kind, row.path, from)?;
        Some((row.path, row.since, before, of(kind, row.path, to)?))
    })
    .collect()
}

fn meant(value: Words) -> Meant {
    match value {
        Text(text) => Meant::Text(text.to_owned()),
        Bool(value) => Meant::Bool(value),
        Number(number) => Meant::Number(f64::from(number)),
        Duration(milliseconds) => Meant::Duration(milliseconds),
        List(items) => Meant::List(items.iter().map(|item| (*item).to_owned()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_that_of_its_version() {
        let version = |text: &str| Version::parse(text).unwrap();
        let of = |text: &str| of(Write, "queue_config.max_samples_per_send", &version(text));
        assert_eq!(of("2.42.0"), Some(Meant::Number(500.0)));
        assert_eq!(of("2.44.0"), Some(Meant::Number(2_000.0)));
        let changed = changed(Write, &version("2.53.3"), &version("3.5.3"));
        assert_eq!(changed.len(), 1);
        assert_eq!((changed[0].0, changed[0].1), ("enable_http2", (3, 0)));
    }
}
