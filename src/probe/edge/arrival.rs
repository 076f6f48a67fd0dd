//! What Trento makes of the series that a server has of a host.
//!
//! Trento's web looks at `up` alone: each exporter_name is shown as one exporter, the one that the
//! agent announced is shown as down until a series of that name is up, and one series without a
//! name leaves the host without any status.

use std::collections::BTreeMap;

use crate::probe::edge::{Expected, Up};

/// An exporter of the host, as Trento shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exporter {
    /// Its name; empty for series without one.
    pub name: String,
    /// Whether the agent announced it.
    pub is_expected: bool,
    /// How many series it has.
    pub series: usize,
    /// The value of the first, which is the one that counts.
    pub value: String,
    /// How it is shown.
    pub shown: Shown,
}

/// How Trento shows an exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As up.
    Up,
    /// As down, for its value is not 1.
    Down,
    /// As down, for no series has its name.
    Missing,
    /// Not at all, and no other exporter of the host either.
    Unnamed,
}

impl Shown {
    /// Its name in facts.
    pub fn name(self) -> &'static str {
        match self {
            Shown::Up => "up",
            Shown::Down => "down",
            Shown::Missing => "missing",
            Shown::Unnamed => "unnamed",
        }
    }
}

/// The exporters of a host: the announced one first, then others by name, then the nameless.
pub fn exporters(found: &[Up], expected: &Expected) -> Vec<Exporter> {
    let mut by_name: BTreeMap<&str, Vec<&Up>> = BTreeMap::new();
    for up in found {
        by_name.entry(up.exporter_name.as_deref().unwrap_or_default()).or_default().push(up);
    }
    let nameless = by_name.remove("");
    let announced = by_name.remove(expected.exporter_name.as_str());
    let named = |name: &str, series: &[&Up], is_expected: bool| Exporter {
        name: name.to_owned(),
        is_expected,
        series: series.len(),
        value: series.first().map(|up| up.value.clone()).unwrap_or_default(),
        shown: match series.first() {
            Some(first) if is_one(&first.value) => Shown::Up,
            Some(_) => Shown::Down,
            None => Shown::Missing,
        },
    };
    let mut exporters = vec![named(&expected.exporter_name, &announced.unwrap_or_default(), true)];
    exporters.extend(by_name.iter().map(|(name, series)| named(name, series, false)));
    if let Some(nameless) = nameless {
        exporters.push(Exporter { shown: Shown::Unnamed, ..named("", &nameless, false) });
    }
    exporters
}

fn is_one(value: &str) -> bool {
    value.parse::<f64>().is_ok_and(|value| value == 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: &[(&str, &str)]) -> Vec<(String, &'static str, usize)> {
        let found: Vec<Up> = found
            .iter()
            .map(|(name, value)| Up {
                exporter_name: Some((*name).to_owned()).filter(|name| !name.is_empty()),
                value: (*value).to_owned(),
            })
            .collect();
        let expected = Expected {
            agent_id: "a".to_owned(),
            exporter_name: "grafana_alloy".to_owned(),
            pushes: true,
            is_settled: None,
        };
        exporters(&found, &expected)
            .into_iter()
            .map(|it| (it.name, it.shown.name(), it.series))
            .collect()
    }

    #[test]
    fn the_first_series_of_a_name_counts() {
        let own = |shown, series| ("grafana_alloy".to_owned(), shown, series);
        assert_eq!(shown(&[]), [own("missing", 0)]);
        assert_eq!(shown(&[("grafana_alloy", "1")]), [own("up", 1)]);
        assert_eq!(shown(&[("grafana_alloy", "NaN")]), [own("down", 1)]);
        assert_eq!(shown(&[("grafana_alloy", "0"), ("grafana_alloy", "1")]), [own("down", 2)]);
    }

    #[test]
    fn other_names_and_none_stand_beside() {
        assert_eq!(
            shown(&[("", "1"), ("node_exporter", "0"), ("grafana_alloy", "1")]),
            [
                ("grafana_alloy".to_owned(), "up", 1),
                ("node_exporter".to_owned(), "down", 1),
                (String::new(), "unnamed", 1),
            ]
        );
    }
}
