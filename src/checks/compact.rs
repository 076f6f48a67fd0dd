//! The checks of the catalogue in a compact form: one line of JSON a check, so that a run reads no
//! YAML. Places are left out but for the id's; whoever wants them reads the YAML.
//!
//! A line names the text it was made of. Of another text it is not taken.

use alloy_grammar::span::Span;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::checks::model::{Check, Expectation, FactRequest, Severity, Text, ValueSpec};
use crate::source::Source;

/// The line of a check; none where a value of it cannot be said in JSON.
#[cfg(test)]
pub fn line(check: &Check) -> Option<String> {
    let is_fit = check.values.iter().all(|value| {
        value.default.unfit.is_none() && value.conditions.iter().all(|it| it.value.unfit.is_none())
    });
    let mut json = serde_json::to_value(check).ok().filter(|_| is_fit)?;
    json["made_of"] = Json::from(fingerprint(check.source.text()));
    json["at"] = Json::from(vec![check.span.start, check.span.end]);
    Some(json.to_string())
}

/// Reads the check of a line; none if the line was made of another text.
pub fn check(line: &str, source: &Source) -> Option<Check> {
    let line: Line = serde_json::from_str(line).ok()?;
    if line.made_of != fingerprint(source.text()) {
        return None;
    }
    Some(Check {
        id: line.id,
        name: line.name,
        group: line.group,
        description: line.description,
        remediation: line.remediation,
        severity: line.severity,
        metadata: line.metadata,
        when: line.when,
        exclude: line.exclude,
        customization_disabled: line.customization_disabled,
        facts: line.facts,
        values: line.values,
        expectations: line.expectations,
        source: source.clone(),
        span: Span { start: line.at.0, end: line.at.1 },
    })
}

/// A check, without the places of its parts.
#[derive(Deserialize)]
struct Line {
    id: Text,
    name: Text,
    group: Text,
    description: Text,
    remediation: Text,
    severity: Severity,
    metadata: Json,
    when: Option<Text>,
    exclude: Option<Text>,
    customization_disabled: Json,
    facts: Vec<FactRequest>,
    values: Vec<ValueSpec>,
    expectations: Vec<Expectation>,
    made_of: u64,
    at: (u32, u32),
}

/// A number that texts share only by chance: FNV-1a over words of eight bytes.
fn fingerprint(text: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 32;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::load;

    const CHECK: &str = "id: A1\nname: n\ngroup: g\ndescription: d\nremediation: r\nwhen: 'true'\n\
        metadata: {target_type: host}\nfacts: [{name: x, gatherer: g}]\n\
        values: [{name: v, default: 5, conditions: [{value: a, when: 'env.x'}]}]\n\
        expectations: [{name: e, expect_enum: facts.x, warning_message: w}]\n";

    #[test]
    fn a_check_comes_back_from_its_line_as_it_was() {
        let loaded = load::source(Source::new("A1.yaml", CHECK));
        let made = loaded.check.unwrap();
        let line = line(&made).unwrap();
        let back = check(&line, &loaded.source).unwrap();
        let json = |check: &Check| serde_json::to_value(check).unwrap();
        assert_eq!(json(&back), json(&made));
        assert_eq!(back.span, made.span);
        let other = Source::new("A1.yaml", CHECK.replace("name: n", "name: m"));
        assert!(check(&line, &other).is_none());
    }
}
