//! Checks for a Trento server whose agents do not run our gatherer.
//!
//! A check made here judges nothing: it carries to the server what `check --publish` found on the
//! host, in the names of files that the agent's own gatherer `dir_scan@v1` lists. Checks for
//! agents with the plugin need no such form: they are the files of the catalogue.

use camino::Utf8Path;
use serde::Serialize;
use serde_json::Value as Json;

use crate::checks::model::Check;
use crate::error::{Error, Result};

/// Where results lie unless another folder is asked for.
pub const RESULTS_FOLDER: &str = "/run/trento-alloy/results";
/// What stands for `/` in the name of a result, which cannot hold one.
pub const SLASH: char = '\u{2215}';
/// The longest id, in bytes: a file's name has room for a message too.
const LONGEST_ID: usize = 48;
/// The unit that publishes again and again.
const TIMER: &str = "trento-alloy-check.timer";
/// The unit that publishes once.
const SERVICE: &str = "trento-alloy-check.service";

/// A check file as it is written, in the order of the server's guide.
#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    group: &'a str,
    description: &'a str,
    remediation: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Json::is_null")]
    metadata: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude: Option<&'a str>,
    facts: [Fact<'a>; 3],
    expectations: [Expectation; 1],
}

#[derive(Serialize)]
struct Fact<'a> {
    name: &'static str,
    gatherer: &'static str,
    argument: &'a str,
}

#[derive(Serialize)]
struct Expectation {
    name: &'static str,
    expect_enum: String,
    failure_message: String,
    warning_message: String,
}

/// The text of a check that carries this check's published result to the server.
///
/// # Errors
/// The folder's name would mean something else in a pattern or an expression, or the check has an
/// id that could not be published.
pub fn via_dir_scan(check: &Check, results: &Utf8Path) -> Result<String> {
    let id = check.id();
    publishable(&id)?;
    let folder = results.as_str().trim_end_matches('/');
    if !folder.starts_with('/') || !folder.bytes().all(|b| is_plain(b) || b"/.".contains(&b)) {
        return Err(Error::Usage(format!(
            "the results folder {results} must be an absolute path of letters, digits, `.`, `_` \
             and `-`: the agent takes it for a pattern"
        )));
    }
    let prefix = format!("{folder}/{id}.");
    let argument = format!("{prefix}*");
    let file = File {
        name: &check.name.text(),
        group: &check.group.text(),
        description: &check.description.text(),
        remediation: remediation(&check.remediation.text()),
        severity: check.severity.name(),
        metadata: &check.metadata,
        when: check.when.as_ref().and_then(|when| when.as_str()),
        exclude: check.exclude.as_ref().and_then(|exclude| exclude.as_str()),
        facts: [
            Fact { name: "results", gatherer: "dir_scan@v1", argument: &argument },
            Fact { name: "timer", gatherer: "systemd@v2", argument: TIMER },
            Fact { name: "service", gatherer: "systemd@v2", argument: SERVICE },
        ],
        expectations: [Expectation {
            name: "published_result",
            expect_enum: verdict(&prefix),
            failure_message: failure(&prefix),
            warning_message: format!("${{{}}}", message(&prefix, "warning")),
        }],
    };
    let rest = serde_yaml::to_string(&file)
        .map_err(|why| Error::Invalid(format!("the check {id} cannot be written: {why}")))?;
    // Quoted whatever it looks like: an id of digits is text too.
    Ok(format!("id: \"{id}\"\n{rest}"))
}

/// Makes sure that a check of this id can be published: the id becomes part of a file's name.
///
/// # Errors
/// It is empty, longer than 48 bytes, or holds more than letters, digits, `_` and `-`.
pub fn publishable(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(is_plain) {
        return Err(Error::Invalid(format!("the check id {id:?} cannot be published")));
    }
    Ok(())
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn remediation(own: &str) -> String {
    format!(
        "{}\n\n## On the host\n`trento-alloy check` shows each finding with its file and line. The \
         result seen here is the one that `{SERVICE}` published last; `systemctl start {SERVICE}` \
         publishes it anew.\n",
        own.trim_end()
    )
}

/// The expression that reads the verdict: the first word after the id, if it can be trusted.
fn verdict(prefix: &str) -> String {
    format!(
        r#"let results = facts.results;
if facts.timer.active_state != "active" || facts.service.active_state == "failed" {{
  "critical"
}} else if results.len() != 1 || results[0].owner != "root" {{
  "critical"
}} else if results[0].name.starts_with("{prefix}passing.") {{
  "passing"
}} else if results[0].name.starts_with("{prefix}skipped.") {{
  "passing"
}} else if results[0].name.starts_with("{prefix}warning.") {{
  "warning"
}} else {{
  "critical"
}}
"#
    )
}

/// The message of a failure: why there is no result, or what the result says.
fn failure(prefix: &str) -> String {
    let found = message(prefix, "critical");
    format!(
        "${{if facts.timer.active_state != \"active\" \
         {{ \"no results: {TIMER} is not active on this host\" }} \
         else if facts.service.active_state == \"failed\" \
         {{ \"no results: {SERVICE} has failed on this host, see its journal\" }} \
         else if facts.results.len() == 0 \
         {{ \"no results: is {TIMER} running, and does it know this check?\" }} \
         else if facts.results.len() != 1 \
         {{ \"no results: several are published at once\" }} \
         else if facts.results[0].owner != \"root\" \
         {{ \"no results: what is published belongs to \" + facts.results[0].owner }} \
         else {{ {found} }}}}"
    )
}

/// The expression that takes the message out of a file name.
fn message(prefix: &str, word: &str) -> String {
    let start = prefix.len() + word.len() + 1;
    format!(
        "let text = facts.results[0].name.sub_string({start}); \
         text.replace(\"{SLASH}\", \"/\"); text"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::execution::{Input, evaluate};
    use crate::checks::facts::{Agent, Fact as Answered};
    use crate::checks::model::ExpectationKind;
    use crate::checks::report::{AgentResult, Evaluation};
    use crate::checks::{lint, load};
    use crate::source::Source;

    const CHECK: &str = r#"
id: "0E1001"
name: "A name: with `ticks`, 'quotes' and \"more\""
group: Group
description: |
  One line.

    indented
remediation: "yes"
severity: warning
metadata: {target_type: host, number: 017, list: [a, 1]}
when: env.x == "1"
facts: [{name: f, gatherer: alloy@v1, argument: f}]
expectations: [{name: e, expect: facts.f}]
"#;

    fn loaded(id: &str, text: &str) -> load::Loaded {
        load::source(Source::new(format!("{id}.yaml"), text))
    }

    fn exported(results: &str) -> Result<String> {
        let original = loaded("0E1001", CHECK);
        via_dir_scan(original.check.as_ref().unwrap(), Utf8Path::new(results))
    }

    #[test]
    fn an_exported_check_reads_back_as_it_was_meant() {
        let original = loaded("0E1001", CHECK).check.unwrap();
        let read = loaded("0E1001", &exported(RESULTS_FOLDER).unwrap()).check.unwrap();
        assert_eq!(read.id, original.id);
        assert_eq!(read.name, original.name);
        assert_eq!(read.group, original.group);
        assert_eq!(read.description, original.description);
        assert!(read.remediation.text().starts_with("yes\n\n## On the host\n"));
        assert_eq!(read.severity, original.severity);
        assert_eq!(read.metadata, original.metadata);
        assert_eq!(read.when, original.when);
        let facts: Vec<(String, String)> =
            read.facts.iter().map(|f| (f.gatherer.to_string(), f.argument.to_string())).collect();
        assert_eq!(
            facts,
            [
                ("dir_scan@v1".into(), "/run/trento-alloy/results/0E1001.*".into()),
                ("systemd@v2".into(), "trento-alloy-check.timer".into()),
                ("systemd@v2".into(), "trento-alloy-check.service".into()),
            ]
        );
        assert_eq!(read.expectations.len(), 1);
        assert_eq!(read.expectations[0].kind, ExpectationKind::ExpectEnum);
    }

    #[test]
    fn an_exported_check_is_one_the_linter_takes() {
        let check = loaded("0E1001", &exported(RESULTS_FOLDER).unwrap());
        let findings = lint::lint(&[check]);
        // The sample's own metadata is none a server knows.
        let ours = findings.iter().filter(|finding| !finding.path.starts_with("/metadata"));
        assert_eq!(ours.count(), 0, "{findings:#?}");
    }

    #[test]
    fn a_folder_that_is_a_pattern_or_no_path_is_refused() {
        for wrong in ["results", "/run/*", "/run/a b", "/run/\"", "/run/${x}", "/run/`", ""] {
            assert!(exported(wrong).is_err(), "{wrong}");
        }
        assert!(exported("/var/lib/x_y-z.d/").unwrap().contains("/var/lib/x_y-z.d/0E1001.*"));
    }

    /// What the server makes of the exported check, given what the agent says.
    fn judged(results: Json, timer: &str, service: &str) -> (&'static str, Json) {
        let exported = loaded("0E1001", &exported(RESULTS_FOLDER).unwrap());
        let facts = vec![
            Answered::value("results", results),
            Answered::value("timer", json!({"active_state": timer, "id": TIMER})),
            Answered::value("service", json!({"active_state": service, "id": SERVICE})),
        ];
        let agents = vec![Agent { agent_id: "a".into(), facts, ..Agent::default() }];
        let report = evaluate(&exported, &Input { agents, ..Input::default() });
        let AgentResult::Done { expectation_evaluations, .. } =
            &report.check_results[0].agents_check_results[0]
        else {
            panic!("{report:?}")
        };
        let Evaluation::Value { failure_message, .. } = &expectation_evaluations[0] else {
            panic!("{expectation_evaluations:?}")
        };
        (report.result.name(), failure_message.clone())
    }

    fn file(name: &str) -> Json {
        json!({"name": format!("{RESULTS_FOLDER}/{name}"), "owner": "root", "group": "root"})
    }

    #[test]
    fn the_server_sees_the_published_verdict_and_message() {
        let judge = |name: &str| judged(json!([file(name)]), "active", "inactive");
        assert_eq!(judge("0E1001.passing."), ("passing", Json::Null));
        assert_eq!(judge("0E1001.skipped.pull mode"), ("passing", Json::Null));
        assert_eq!(
            judge("0E1001.warning.twice in \u{2215}etc\u{2215}alloy: ${x} `y` \"z\" ż"),
            ("warning", json!("twice in /etc/alloy: ${x} `y` \"z\" ż"))
        );
        assert_eq!(judge("0E1001.critical.broken"), ("critical", json!("broken")));
        assert_eq!(judge("0E1001.nonsense.").0, "critical");
    }

    #[test]
    fn results_that_cannot_be_trusted_are_critical() {
        let passing = file("0E1001.passing.");
        let cases = [
            (json!([]), "active", "inactive", "no results: is trento-alloy-check.timer"),
            (json!([passing]), "inactive", "inactive", "trento-alloy-check.timer is not active"),
            (json!([passing]), "active", "failed", "trento-alloy-check.service has failed"),
            (json!([passing, file("0E1001.critical.")]), "active", "inactive", "several"),
            (
                json!([{"name": passing["name"], "owner": "mallory", "group": "root"}]),
                "active",
                "inactive",
                "belongs to mallory",
            ),
        ];
        for (results, timer, service, want) in cases {
            let (verdict, message) = judged(results, timer, service);
            assert_eq!(verdict, "critical", "{want}");
            assert!(message.as_str().unwrap_or_default().contains(want), "{message}");
        }
    }

    #[test]
    fn every_check_of_the_catalogue_can_be_exported() {
        for embedded in crate::checks::catalogue::CATALOGUE {
            let original = load::source(Source::new(embedded.name, embedded.text));
            let text = via_dir_scan(original.check.as_ref().unwrap(), RESULTS_FOLDER.into());
            let read = load::source(Source::new(embedded.name, text.unwrap()));
            assert!(lint::lint(std::slice::from_ref(&read)).is_empty(), "{}", embedded.name);
            assert_eq!(read.check.unwrap().id, original.check.unwrap().id);
        }
    }
}
