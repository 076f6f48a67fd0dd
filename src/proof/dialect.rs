//! In what the programs differ that apply relabel rules. One implementation, these facts as data.

/// How a program reads and applies relabel rules.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The program, as messages name it.
    pub program: &'static str,
    /// Whether `.` in a pattern matches a newline.
    pub dot_matches_newline: bool,
    /// Whether any text that is not empty can be the name of a label.
    pub takes_any_name: bool,
    /// Whether a rule sets a label of any name that it takes.
    pub sets_any_name: bool,
    /// Whether the names of actions are read in any case.
    pub takes_any_case: bool,
    /// Whether labels of a target that are mapped to one name come in an order that is chance.
    pub has_random_targets: bool,
}

impl Dialect {
    /// Grafana Alloy from 1.11.
    pub const ALLOY: &Dialect = &Dialect {
        program: "Alloy",
        dot_matches_newline: true,
        takes_any_name: true,
        sets_any_name: true,
        takes_any_case: false,
        has_random_targets: true,
    };

    /// The rules of an endpoint of Alloy's from 1.11: a rule that would set a label of another
    /// than the old names is taken and does nothing.
    pub const ALLOY_ENDPOINT: &Dialect = &Dialect { sets_any_name: false, ..*Dialect::ALLOY };

    /// Grafana Alloy up to 1.10.
    pub const ALLOY_1_10: &Dialect =
        &Dialect { takes_any_name: false, sets_any_name: false, ..*Dialect::ALLOY };

    /// Prometheus up to 2.55.
    pub const PROMETHEUS_2: &Dialect = &Dialect {
        program: "Prometheus",
        dot_matches_newline: false,
        takes_any_name: false,
        sets_any_name: false,
        takes_any_case: true,
        has_random_targets: false,
    };

    /// Prometheus from 3.0.
    pub const PROMETHEUS_3: &Dialect = &Dialect {
        dot_matches_newline: true,
        takes_any_name: true,
        sets_any_name: true,
        ..*Dialect::PROMETHEUS_2
    };

    /// Prometheus from 3.0 with `metric_name_validation_scheme: legacy`.
    pub const PROMETHEUS_3_LEGACY: &Dialect =
        &Dialect { takes_any_name: false, sets_any_name: false, ..*Dialect::PROMETHEUS_3 };

    /// Whether a rule may name a label so.
    pub fn takes_name(&self, text: &str) -> bool {
        if self.takes_any_name { !text.is_empty() } else { is_label_name(text) }
    }

    /// Whether a rule sets a label of that name.
    pub fn sets_name(&self, text: &str) -> bool {
        if self.sets_any_name { !text.is_empty() } else { is_label_name(text) }
    }
}

/// Whether a text can be the name of a label for every program.
pub fn is_label_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}
