//! What components check when they are built, one row a Go type: its `Validate()` and `New()`.
//!
//! A type that embeds another without a block of its own checks it only where its own row says so.

mod azuread;
mod discovery;
mod exporter;
mod exporter_unix;
mod files;
mod fingerprint;
mod http_client;
mod loki;
mod loki_stages;
mod otelcol;
mod relabel;
mod remote_write;
mod scrape;
mod selector;
mod services;
mod sources;
mod tls_files;

use super::body::Body;

/// A rule of a Go type.
struct Rule {
    /// The name of the type, as the schema has it.
    of: &'static str,
    check: fn(&Body<'_>),
}

const fn rule(of: &'static str, check: fn(&Body<'_>)) -> Rule {
    Rule { of, check }
}

/// All rules, by area.
const TABLES: &[&[Rule]] = &[
    http_client::RULES,
    relabel::RULES,
    scrape::RULES,
    remote_write::RULES,
    azuread::RULES,
    exporter_unix::RULES,
    exporter::RULES,
    discovery::RULES,
    loki::RULES,
    loki_stages::RULES,
    otelcol::RULES,
    services::RULES,
    sources::RULES,
];

/// Runs the rules of a body's type and of those inside of it.
pub(super) fn check(body: &Body<'_>) {
    let name = body.shape.name();
    for rule in TABLES.iter().copied().flatten().filter(|rule| rule.of == name) {
        (rule.check)(body);
    }
    body.all_blocks().iter().for_each(check);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::schema::Schema;

    #[test]
    fn every_rule_is_about_a_type_that_exists() {
        for rule in TABLES.iter().copied().flatten() {
            assert!(Schema::latest().body(rule.of).is_some(), "{}", rule.of);
        }
    }
}
