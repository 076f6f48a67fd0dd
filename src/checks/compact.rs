//! The checks of the catalogue in a compact form: one line of JSON a check, so that a run reads no
//! YAML. Places are left out but for the id's; whoever wants them reads the YAML.
//!
//! A line names the text it was made of. Of another text it is not taken.

use alloy_grammar::span::Span;
use serde_json::{Map, Value as Json};

use crate::checks::model::{
    Check, Condition, Expectation, ExpectationKind, FactRequest, Severity, Text, ValueSpec,
};
use crate::source::Source;
use crate::yaml::wanda::Value;

/// The line of a check; none where a value of it cannot be said in JSON.
#[cfg(test)]
pub fn line(check: &Check) -> Option<String> {
    let fits = |value: &Value| value.unfit.is_none();
    let is_fit = check.values.iter().all(|value| {
        fits(&value.default) && value.conditions.iter().all(|condition| fits(&condition.value))
    });
    let mut json = serde_json::to_value(check).ok().filter(|_| is_fit)?;
    json["made_of"] = Json::from(fingerprint(check.source.text()));
    json["at"] = Json::from(vec![check.span.start, check.span.end]);
    Some(json.to_string())
}

/// Reads the check of a line; none if the line was made of another text.
pub fn check(line: &str, source: &Source) -> Option<Check> {
    let Ok(Json::Object(mut map)) = serde_json::from_str(line) else { return None };
    if map.get("made_of")?.as_u64()? != fingerprint(source.text()) {
        return None;
    }
    let offset = |at: &Json| u32::try_from(at.as_u64()?).ok();
    let at = map.get("at")?;
    let span = Span { start: offset(&at[0])?, end: offset(&at[1])? };
    let severity = match map.get("severity")?.as_str()? {
        "warning" => Severity::Warning,
        _ => Severity::Critical,
    };
    Some(Check {
        id: text(&mut map, "id")?,
        name: text(&mut map, "name")?,
        group: text(&mut map, "group")?,
        description: text(&mut map, "description")?,
        remediation: text(&mut map, "remediation")?,
        severity,
        metadata: map.remove("metadata")?,
        when: some_text(&mut map, "when")?,
        exclude: some_text(&mut map, "exclude")?,
        customization_disabled: map.remove("customization_disabled")?,
        facts: list(&mut map, "facts", fact)?,
        values: list(&mut map, "values", value)?,
        expectations: list(&mut map, "expectations", expectation)?,
        source: source.clone(),
        span,
    })
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

fn text(map: &mut Map<String, Json>, key: &str) -> Option<Text> {
    map.remove(key).map(Text::new)
}

fn some_text(map: &mut Map<String, Json>, key: &str) -> Option<Option<Text>> {
    Some(Some(map.remove(key)?).filter(|json| !json.is_null()).map(Text::new))
}

fn list<T>(
    map: &mut Map<String, Json>,
    key: &str,
    one: impl Fn(&mut Map<String, Json>) -> Option<T>,
) -> Option<Vec<T>> {
    let Json::Array(items) = map.remove(key)? else { return None };
    let made = items.into_iter().map(|item| match item {
        Json::Object(mut map) => one(&mut map),
        _ => None,
    });
    made.collect()
}

fn fact(map: &mut Map<String, Json>) -> Option<FactRequest> {
    Some(FactRequest {
        name: text(map, "name")?,
        gatherer: text(map, "gatherer")?,
        argument: text(map, "argument")?,
        span: Span::NONE,
    })
}

fn value(map: &mut Map<String, Json>) -> Option<ValueSpec> {
    Some(ValueSpec {
        name: text(map, "name")?,
        default: plain(map, "default")?,
        conditions: list(map, "conditions", condition)?,
        customization_disabled: map.remove("customization_disabled")?,
        span: Span::NONE,
    })
}

fn condition(map: &mut Map<String, Json>) -> Option<Condition> {
    Some(Condition {
        value: plain(map, "value")?,
        when: text(map, "expression")?,
        span: Span::NONE,
    })
}

fn expectation(map: &mut Map<String, Json>) -> Option<Expectation> {
    let word = map.remove("type")?;
    let kind = ExpectationKind::ALL.into_iter().find(|kind| word == kind.key())?;
    Some(Expectation {
        name: text(map, "name")?,
        kind,
        expression: text(map, "expression")?,
        failure_message: map.remove("failure_message")?,
        warning_message: map.remove("warning_message")?,
        span: Span::NONE,
        expression_span: Span::NONE,
    })
}

fn plain(map: &mut Map<String, Json>, key: &str) -> Option<Value> {
    Some(Value { json: map.remove(key)?, unfit: None })
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
