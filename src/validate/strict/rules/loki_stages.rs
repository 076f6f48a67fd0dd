//! The stages of `loki.process`: what each checks when the pipeline is built.

use super::super::body::{Body, Given};
use super::super::judge::Found;
use super::super::{codes, regexp};
use super::selector::{self, Fault};
use super::{Rule, files, rule, sources};
use crate::eval::Value;
use crate::go::template;
use crate::graph::schema::V1_16_0;

pub(super) const RULES: &[Rule] = &[
    rule("loki/process/stages.CRIConfig", cri),
    rule("loki/process/stages.DropConfig", drop),
    rule("loki/process/stages.GeoIPConfig", geoip),
    rule("loki/process/stages.JSONConfig", json),
    rule("loki/process/stages.LabelAllowConfig", values),
    rule("loki/process/stages.LabelDropConfig", values),
    rule("loki/process/stages.StructuredMetadataDropConfig", values),
    rule("loki/process/stages.LabelsConfig", not_null),
    rule("loki/process/stages.StaticLabelsConfig", not_null),
    rule("loki/process/stages.LimitConfig", limit),
    rule("loki/process/stages.LogfmtConfig", logfmt),
    rule("loki/process/stages.LuhnFilterConfig", own_source),
    rule("loki/process/stages.MatchConfig", matching),
    rule("loki/process/metric.CounterConfig", metric),
    rule("loki/process/metric.GaugeConfig", metric),
    rule("loki/process/metric.HistogramConfig", metric),
    rule("loki/process/stages.MultilineConfig", multiline),
    rule("loki/process/stages.PatternConfig", pattern),
    rule("loki/process/stages.RegexConfig", regex),
    rule("loki/process/stages.ReplaceConfig", |body| {
        needed_expression(body, "expression");
        parsed(body, "replace");
    }),
    rule("loki/process/stages.RuleConfig", truncate),
    rule("loki/process/stages.SamplingConfig", sampling),
    rule("loki/process/stages.TemplateConfig", templated),
    rule("loki/process/stages.TenantConfig", tenant),
    rule("loki/process/stages.TimestampConfig", timestamp),
];

fn refuse(body: &Body<'_>, name: &str, reason: &str) {
    body.refuse(codes::UNUSABLE_VALUE, name, reason);
}

fn cri(body: &Body<'_>) {
    if body.integer("max_partial_lines").is_some_and(|lines| lines <= 0) {
        refuse(body, "max_partial_lines", "`max_partial_lines` must be greater than 0");
    }
}

fn drop(body: &Body<'_>) {
    let is_unset = |name: &str| match name {
        "older_than" => body.duration(name).is_some_and(|length| length.nanoseconds() == 0),
        "longer_than" => !body.is_written(name) || body.is_null(name),
        _ => body.given(name) == Given::No,
    };
    if ["source", "expression", "older_than", "longer_than"].into_iter().all(is_unset) {
        let reason = "`stage.drop` needs `source`, `expression`, `older_than` or `longer_than`";
        body.refuse(codes::MISSING_SETTING, "", reason);
    } else if body.given("value") == Given::Yes && body.given("expression") == Given::Yes {
        let reason = "`value` and `expression` are both given";
        body.exclude(codes::CONFLICTING_SETTINGS, &["value", "expression"], reason);
    } else if body.given("value") == Given::Yes && body.given("source") == Given::No {
        body.refuse(codes::MISSING_SETTING, "value", "`value` needs `source`");
    }
    expression(body, "expression");
}

fn geoip(body: &Body<'_>) {
    own_source(body);
    if body.given("db") == Given::No {
        body.refuse(codes::MISSING_SETTING, "db", "`db` must not be empty");
    } else {
        files::needed(body, "db");
    }
    match body.text("db_type").as_deref() {
        Some("")
            if body.given("custom_lookups") == Given::No && !body.is_written("custom_lookups") =>
        {
            let reason = "`db_type` or `custom_lookups` must be given";
            body.refuse(codes::MISSING_SETTING, "db_type", reason);
        }
        None | Some("" | "asn" | "city" | "country") => {}
        Some(_) => refuse(body, "db_type", "`db_type` must be asn, city or country"),
    }
}

fn json(body: &Body<'_>) {
    let has_regex = body.takes("regex") && body.given("regex") != Given::No;
    if body.given("expressions") == Given::No && !has_regex {
        let reason = "`stage.json` needs `expressions`";
        body.refuse(codes::MISSING_SETTING, "expressions", reason);
    }
    own_source(body);
    if let Value::Object(fields) = body.value("expressions") {
        let mut texts = fields.iter().filter_map(|(_, value)| value.as_str());
        if texts.any(|text| !is_jmespath(text)) {
            refuse(body, "expressions", "`expressions` has one that is no JMESPath expression");
        }
    }
    expression(body, "regex");
}

/// Whether a text may be a JMESPath expression; only what is certainly none is not.
fn is_jmespath(text: &str) -> bool {
    let text = text.trim();
    let mut open: Vec<char> = Vec::new();
    let mut quote = None;
    let mut is_escaped = false;
    for c in text.chars() {
        match quote {
            Some(end) => {
                if c == end && !is_escaped {
                    quote = None;
                }
                is_escaped = c == '\\' && !is_escaped;
                continue;
            }
            None => is_escaped = false,
        }
        match c {
            '"' | '\'' | '`' => quote = Some(c),
            '[' | '{' | '(' => open.push(c),
            ']' | '}' | ')' => {
                let fits = matches!(
                    (open.pop(), c),
                    (Some('['), ']') | (Some('{'), '}') | (Some('('), ')')
                );
                if !fits {
                    return false;
                }
            }
            _ => {}
        }
    }
    quote.is_none()
        && open.is_empty()
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
}

fn values(body: &Body<'_>) {
    if body.texts("values").is_some_and(|values| values.is_empty()) {
        body.refuse(codes::MISSING_SETTING, "values", "`values` must not be empty");
    }
}

fn not_null(body: &Body<'_>) {
    if body.is_null("values") {
        body.refuse(codes::MISSING_SETTING, "values", "`values` must not be null");
    }
}

fn limit(body: &Body<'_>) {
    for name in ["rate", "burst"] {
        if body.number(name).is_some_and(|number| number <= 0.0) {
            refuse(body, name, &format!("`{name}` must be greater than 0"));
        }
    }
    if body.given("by_label_name") == Given::Yes && body.is("drop") == Some(false) {
        let reason = "`by_label_name` needs `drop = true`";
        body.refuse(codes::MISSING_SETTING, "by_label_name", reason);
    }
}

fn logfmt(body: &Body<'_>) {
    let has_regex = body.takes("regex") && body.given("regex") != Given::No;
    if body.given("mapping") == Given::No && !has_regex {
        body.refuse(codes::MISSING_SETTING, "mapping", "`stage.logfmt` needs `mapping`");
    }
    expression(body, "regex");
}

fn matching(body: &Body<'_>) {
    let has_stages = body.all_blocks().iter().any(|inner| inner.name().starts_with("stage."));
    match body.text("action").as_deref() {
        Some("" | "keep") if !has_stages => {
            body.refuse(codes::MISSING_SETTING, "", "`stage.match` needs a stage inside");
        }
        Some("drop") if has_stages => {
            let reason = "`stage.match` with action drop takes no stage inside";
            body.refuse(codes::CONFLICTING_SETTINGS, "action", reason);
        }
        None | Some("" | "keep" | "drop") => {}
        Some(_) => refuse(body, "action", "`action` must be keep or drop"),
    }
    let Some(text) = body.text("selector") else { return };
    if text.is_empty() {
        body.refuse(codes::MISSING_SETTING, "selector", "`selector` must not be empty");
        return;
    }
    match selector::fault(&text) {
        None => {}
        Some(Fault::Syntax) => refuse(body, "selector", "`selector` is no selector"),
        Some(Fault::Filter) => {
            let reason = "`selector` has a filter that is no regular expression";
            body.refuse(codes::WRONG_REGEX, "selector", reason);
        }
        Some(Fault::Matcher) => {
            body.crash("selector", "`selector` has a label whose regular expression is none");
        }
    }
}

fn metric(body: &Body<'_>) {
    if body.duration("max_idle_duration").is_some_and(|length| length.seconds() < 1.0) {
        refuse(body, "max_idle_duration", "`max_idle_duration` must be at least 1s");
    }
    let Some(action) = body.text("action").filter(|_| body.takes("action")) else { return };
    let actions: &[&str] = match body.takes("match_all") {
        true => &["inc", "add"],
        false => &["set", "inc", "dec", "add", "sub"],
    };
    if !actions.contains(&action.as_str()) {
        refuse(body, "action", &format!("`action` must be one of {}", actions.join(", ")));
    }
    let matches_all = body.is("match_all");
    if matches_all == Some(true) && body.given("value") == Given::Yes {
        let reason = "`match_all` and `value` are both given";
        body.refuse(codes::CONFLICTING_SETTINGS, "value", reason);
    }
    if body.is("count_entry_bytes") == Some(true) && (matches_all == Some(false) || action != "add")
    {
        let reason = "`count_entry_bytes` needs `match_all = true` and the action add";
        body.refuse(codes::MISSING_SETTING, "count_entry_bytes", reason);
    }
}

fn multiline(body: &Body<'_>) {
    sources::positive(body, &["max_wait_time"]);
    needed_expression(body, "firstline");
}

fn pattern(body: &Body<'_>) {
    own_source(body);
    let Some(text) = body.text("pattern") else { return };
    if text.is_empty() {
        body.refuse(codes::MISSING_SETTING, "pattern", "`pattern` must not be empty");
        return;
    }
    let captures = captures(&text);
    if captures.is_empty() {
        refuse(body, "pattern", "`pattern` captures nothing, such as `<name>`");
    } else if captures.windows(2).any(|pair| pair[0].1 == pair[1].0) {
        refuse(body, "pattern", "`pattern` has two captures without a text between them");
    } else {
        let mut names: Vec<&str> =
            captures.iter().map(|(start, end)| &text[start + 1..end - 1]).collect();
        names.retain(|name| *name != "_");
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        if names.len() < count {
            refuse(body, "pattern", "`pattern` captures two texts under one name");
        }
    }
}

/// Where the captures of a pattern begin and end.
fn captures(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find('<').map(|at| at + from) {
        let rest = &text[start + 1..];
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        from = start + 1;
        let is_name = len > 0 && !rest.starts_with(|c: char| c.is_ascii_digit());
        if is_name && rest[len..].starts_with('>') {
            from = start + 1 + len + 1;
            found.push((start, from));
        }
    }
    found
}

fn regex(body: &Body<'_>) {
    needed_expression(body, "expression");
    own_source(body);
}

fn truncate(body: &Body<'_>) {
    let lines = body.text("source_type").is_some_and(|kind| kind == "line");
    if body.shape.has_validation() && lines && body.given("sources") == Given::Yes {
        let reason = "`sources` is not taken for the source type line";
        body.refuse(codes::CONFLICTING_SETTINGS, "sources", reason);
    }
}

fn sampling(body: &Body<'_>) {
    if body.number("rate").is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
        refuse(body, "rate", "`rate` must be between 0 and 1");
    }
}

fn templated(body: &Body<'_>) {
    if body.text("source").is_some_and(|source| source.is_empty()) {
        body.refuse(codes::MISSING_SETTING, "source", "`source` must not be empty");
    }
    // From 1.16 on the argument is of a type that is no text but a template.
    if body.version().is_before(&V1_16_0) {
        parsed(body, "template");
    }
}

/// A text that is parsed as a template when the stage is made.
fn parsed(body: &Body<'_>, name: &str) {
    if let Some(fault) = body.text(name).and_then(|text| template::fault(&text)) {
        refuse(body, name, &format!("`{name}` is no template ({fault})"));
    }
}

fn tenant(body: &Body<'_>) {
    let names = ["label", "source", "value"];
    if names.into_iter().all(|name| body.given(name) == Given::No) {
        let reason = "`stage.tenant` needs `label`, `source` or `value`";
        body.refuse(codes::MISSING_SETTING, "", reason);
    }
    let reason = "only one of `label`, `source` and `value` may be given";
    body.exclude(codes::CONFLICTING_SETTINGS, &names, reason);
}

fn timestamp(body: &Body<'_>) {
    for name in ["source", "format"] {
        if body.text(name).is_some_and(|text| text.is_empty()) {
            body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must not be empty"));
        }
    }
    let actions = [
        ("action_on_failure", ["skip", "fudge"]),
        ("action_on_duplicate_timestamp", ["fudge", "keep"]),
    ];
    for (name, actions) in actions.into_iter().filter(|(name, _)| body.takes(name)) {
        let action = body.text(name).unwrap_or_default();
        if !action.is_empty() && !actions.contains(&action.as_str()) {
            refuse(body, name, &format!("`{name}` must be {} or {}", actions[0], actions[1]));
        }
    }
    let Some(zone) = body.text("location") else { return };
    let zones = "/usr/share/zoneinfo";
    let is_listed =
        |zone: &str| matches!(body.judge.file(&format!("{zones}/{zone}")), Found::File(_));
    let is_odd = zone.contains("..") || zone.starts_with(['/', '\\']) || zone.contains('\\');
    if !matches!(zone.as_str(), "" | "UTC" | "Local")
        && (is_odd || is_listed("UTC") && !is_listed(&zone))
    {
        refuse(body, "location", "`location` is no time zone");
    }
}

/// A source that may be left out, but not be empty.
fn own_source(body: &Body<'_>) {
    if body.is_written("source") && body.text("source").is_some_and(|source| source.is_empty()) {
        body.refuse(codes::MISSING_SETTING, "source", "`source` must not be empty");
    }
}

fn needed_expression(body: &Body<'_>, name: &str) {
    if body.text(name).is_some_and(|text| text.is_empty()) {
        body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must not be empty"));
    }
    expression(body, name);
}

fn expression(body: &Body<'_>, name: &str) {
    let Some(text) = body.text(name).filter(|_| body.takes(name)) else { return };
    if let Some(fault) = regexp::fault(&text) {
        let reason = format!("`{name}` is no regular expression ({fault})");
        body.refuse(codes::WRONG_REGEX, name, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::{captures, is_jmespath};
    use crate::validate::strict::tests::raised;

    fn of(stage: &str) -> Vec<&'static str> {
        raised(&format!("loki.process \"p\" {{\n forward_to = []\n {stage}\n}}"))
    }

    #[test]
    fn stages_need_what_they_work_on() {
        assert_eq!(of("stage.drop { }"), ["missing-setting"]);
        assert_eq!(of("stage.json {\n expressions = { }\n }"), ["missing-setting"]);
        assert_eq!(of("stage.tenant {\n value = \"\"\n }"), ["missing-setting"]);
        assert_eq!(of("stage.regex {\n expression = \"(\"\n }"), ["wrong-regex"]);
        assert!(of("stage.drop {\n expression = \"x\"\n }").is_empty());
    }

    #[test]
    fn a_match_with_a_wrong_label_crashes() {
        let drop = |selector: &str| {
            of(&format!("stage.match {{\n selector = \"{selector}\"\n action = \"drop\"\n }}"))
        };
        assert_eq!(drop("{a=~\\\"(\\\"}"), ["alloy-crashes"]);
        assert_eq!(drop("{}"), ["unusable-value"]);
        assert!(drop("{a=\\\"b\\\"}").is_empty());
    }

    #[test]
    fn patterns_and_paths_are_read_as_far_as_needed() {
        assert_eq!(captures("<a> x <_b>").len(), 2);
        assert!(captures("< a> <1> x").is_empty());
        assert!(is_jmespath("b-c") && is_jmespath("a[0].\"b.\"") && !is_jmespath(".b"));
        assert!(!is_jmespath("a[0") && !is_jmespath("a..b"));
    }
}
