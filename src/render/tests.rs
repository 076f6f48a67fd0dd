//! The same reports through every format: what a check stands at shows in each, and nothing of
//! others' texts steers a terminal or breaks a format.

use serde_json::{Value as Json, json};

use crate::checks::execution::{self, Input};
use crate::checks::facts::{Agent, Fact};
use crate::checks::load;
use crate::checks::report::Report;
use crate::checks::waivers::Waivers;
use crate::render::format::FORMATS;
use crate::render::nagios::State;
use crate::render::{Format, Options};
use crate::source::Source;
use crate::visible::is_hidden;

const CHECK: &str = "
    {id: A1, name: Nothing is there, group: g, description: d, remediation: r,
     facts: [{name: x, gatherer: g}],
     expectations: [{name: e, expect: 'facts.x.is_empty()', failure_message: wrong}]}";

/// A report of one check about elements in these files.
fn evaluated(check: &str, files: &[&str]) -> Report {
    let loaded = load::source(Source::new("A1.yaml", check));
    let element = |(line, file): (usize, &&str)| json!({"at": {"file": file, "line": line + 1}});
    let elements: Vec<Json> = files.iter().enumerate().map(element).collect();
    let facts = vec![Fact::value("x", elements)];
    let agent = Agent { agent_id: "h".to_owned(), facts, ..Agent::default() };
    execution::evaluate(&loaded, &Input { agents: vec![agent], ..Input::default() })
}

fn waived(mut report: Report, waivers: &str) -> Report {
    // 2026-06-15.
    Waivers::parse("w.yaml", waivers).unwrap().apply(&mut report, 1_781_500_000);
    report
}

fn shown(format: &Format, report: &Report) -> String {
    let mut out = Vec::new();
    format.write(report, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The states of a run, by name.
fn reports() -> Vec<(&'static str, Report)> {
    let two = || evaluated(CHECK, &["/a", "/b"]);
    let mut unreadable = evaluated(CHECK, &[]);
    unreadable.deny("/etc/x: permission denied");
    vec![
        ("nothing", evaluated(CHECK, &[])),
        ("some", two()),
        ("all waived", waived(two(), "- {check: A1, reason: known, until: 2026-12-31}")),
        ("one waived", waived(two(), "- {check: A1, file: /a, reason: known, until: 2026-12-31}")),
        ("broken", evaluated("{id: A1, name: n, expectations: 1}", &[])),
        ("unreadable", unreadable),
    ]
}

/// What a format shows of a state: everything that must be there, each after an `!` must not.
fn expected(format: &str, state: &str) -> &'static [&'static str] {
    const WHY: &str = "waived until 2026-12-31: known";
    const BROKEN: &str = "the check cannot be read: A1.yaml";
    const DENIED: &str = "/etc/x: permission denied";
    match (format, state) {
        ("human", "nothing") => &["1 check: 1 passing", "!wrong"],
        ("human", "some") => &["critical[A1]: wrong", "--> /a", "also at /b:2", "1 critical"],
        ("human", "all waived") => &["!critical", "1 waived", WHY, "at /a:1; /b:2"],
        ("human", "one waived") => &["critical[A1]: wrong", "--> /b", WHY, "at /a:1"],
        ("human" | "table" | "html", "broken") => &["error", BROKEN],
        ("human" | "table", "unreadable") => &["warning: /etc/x: permission denied", "passing"],
        ("table", "nothing") => &["passing", "!wrong"],
        ("table", "some") => &["critical", "/a:1:1: wrong (and 1"],
        ("table", "all waived") => &["A1", "waived until 2026-12-31:", "!critical", "1 waived"],
        ("table", "one waived") => &["critical", "/b:2:1: wrong", "!more"],
        ("json", "nothing") => &["\"result\": \"passing\"", "\"schema_version\": 1"],
        ("json", "some") => &["\"result\": \"critical\"", "\"file\": \"/b\"", "!waived"],
        ("json", "all waived") => {
            &["\"result\": \"waived\"", "\"reason\": \"known\"", "2026-12-31"]
        }
        ("json", "one waived") => &["\"result\": \"critical\"", "\"reason\": \"known\""],
        ("json", "broken") => &["\"result\": \"error\"", BROKEN],
        ("json", "unreadable") => &["\"unreadable\": [", DENIED],
        ("jsonl", "nothing") => &["{\"schema_version\":1,\"result\":\"passing\""],
        ("jsonl", "some") => &["\"result\":\"critical\"", "\"file\":\"/b\"", "!waived"],
        ("jsonl", "all waived") => &["\"result\":\"waived\"", "\"reason\":\"known\""],
        ("jsonl", "one waived") => &["\"result\":\"critical\"", "\"reason\":\"known\""],
        ("jsonl", "broken") => &["\"result\":\"error\"", BROKEN],
        ("jsonl", "unreadable") => &["\"unreadable\":[", DENIED],
        ("sarif", "nothing") => &["\"results\": []", "\"executionSuccessful\": true"],
        ("sarif", "some") => &["\"uri\": \"file:///a\"", "\"level\": \"error\"", "!suppressions"],
        ("sarif", "all waived") => &["\"level\": \"note\"", "suppressions", WHY],
        ("sarif", "one waived") => &["\"level\": \"error\"", "\"level\": \"note\"", WHY],
        ("sarif", "broken") => &["\"executionSuccessful\": false", "\"ruleId\": \"A1\"", BROKEN],
        ("sarif", "unreadable") => &["\"executionSuccessful\": false", DENIED],
        ("junit", "nothing") => &["failures=\"0\" errors=\"0\"", "!<failure", "!<skipped"],
        ("junit", "some") => {
            &["failures=\"1\"", "message=\"/a:1:1: wrong (and 1 more)\"", "/b:2:1"]
        }
        ("junit", "all waived") => {
            &["failures=\"0\"", "!<failure", "<skipped message=\"waived", WHY]
        }
        ("junit", "one waived") => &["failures=\"1\"", "message=\"/b:2:1: wrong\"", WHY, "/a:1:1"],
        ("junit", "broken") => &["errors=\"1\"", "<error message=", BROKEN],
        ("junit", "unreadable") => &["errors=\"1\"", DENIED],
        ("github", "nothing") => &["!::"],
        ("github", "some") => {
            &["::error title=A1 Nothing is there,file=/a,line=1", "file=/b,line=2"]
        }
        ("github", "all waived") => &["!::error", "::notice title=A1", WHY],
        ("github", "one waived") => &["::error title=A1 Nothing is there,file=/b", "::notice", WHY],
        ("github", "broken") => &["::error title=A1", BROKEN],
        ("github", "unreadable") => &["::warning title=trento-alloy::", DENIED],
        ("nagios", "nothing") => &["TRENTO ALLOY OK - 1 passing |"],
        ("nagios", "some") => {
            &["TRENTO ALLOY CRITICAL - ", "CRITICAL A1 /a:1:1: wrong (and 1 more"]
        }
        ("nagios", "all waived") => &["TRENTO ALLOY OK - 1 waived |", "WAIVED A1 /a:1:1", WHY],
        ("nagios", "one waived") => &["TRENTO ALLOY CRITICAL", "WAIVED A1 /a:1:1: wrong", WHY],
        ("nagios", "broken") => {
            &["TRENTO ALLOY UNKNOWN - A1: the check cannot be read", "ERROR A1"]
        }
        ("nagios", "unreadable") => {
            &["TRENTO ALLOY UNKNOWN - /etc/x: permission denied; 1 passing"]
        }
        ("prometheus", "nothing") => &["severity=\"critical\"} 0", "{check_id=\"A1\"} 0"],
        ("prometheus", "some") => &["severity=\"critical\"} 2", "{check_id=\"A1\"} 2"],
        ("prometheus", "all waived") => &["severity=\"critical\"} 5", "{check_id=\"A1\"} 0", WHY],
        ("prometheus", "one waived") => &["severity=\"critical\"} 2", "{check_id=\"A1\"} 1", WHY],
        ("prometheus", "broken") => &["severity=\"critical\"} 4"],
        ("prometheus", "unreadable") => &["trento_alloy_unreadable 1"],
        ("html", "nothing") => &["class=\"check passing", "!class=\"finding"],
        ("html", "some") => &["class=\"check critical", "/a:1", "/b:2"],
        ("html", "all waived") => &["class=\"check waived", "!check critical", WHY],
        ("html", "one waived") => &["class=\"check critical", WHY, "/b:2"],
        ("html", "unreadable") => &[DENIED],
        other => panic!("no expectation for {other:?}"),
    }
}

#[test]
fn every_format_shows_what_a_check_stands_at() {
    for format in FORMATS {
        for (state, report) in reports() {
            let text = shown(format, &report);
            for expected in expected(format.name, state) {
                match expected.strip_prefix('!') {
                    None => assert!(text.contains(expected), "{} {state}: {text}", format.name),
                    Some(not) => assert!(!text.contains(not), "{} {state}: {text}", format.name),
                }
            }
        }
    }
}

#[test]
fn a_monitoring_system_gets_the_state_of_what_counts() {
    let states: Vec<State> = reports().iter().map(|(_, report)| State::of(report)).collect();
    use State::{Critical, Ok, Unknown};
    assert_eq!(states, [Ok, Critical, Ok, Critical, Unknown, Unknown]);
}

#[test]
fn what_is_published_counts_as_it_counts_here() {
    let published = |report: &Report| {
        let result = super::publish::results(report).remove(0);
        format!("{} {}", result.result, result.message)
    };
    let all: Vec<String> = reports().iter().map(|(_, report)| published(report)).collect();
    assert_eq!(all[0], "passing ");
    assert_eq!(all[1], "critical /a:1:1: wrong (and 1 more)");
    assert_eq!(all[2], "passing waived until 2026-12-31: known");
    assert_eq!(all[3], "critical /b:2:1: wrong");
    assert!(all[4].starts_with("critical the check cannot be read"), "{}", all[4]);
}

#[test]
fn hostile_texts_of_a_check_steer_nothing_in_any_format() {
    let hostile =
        "\\e]8;;http://evil\\e\\\\x\\x7f\\x9b\\u2028\\u202e|evil=1 \\\"<img src=x>\\r\\n::error::x";
    for (field, other) in [("id", "name"), ("name", "id"), ("group", "id"), ("description", "id")]
        .into_iter()
        .chain([("remediation", "id"), ("failure_message", "id")])
    {
        let text = |name: &str| if name == field { hostile } else { "A1" };
        let check = format!(
            "{{id: \"{}\", name: \"{}\", group: \"{}\", description: \"{}\", \
             remediation: \"{}\", facts: [{{name: x, gatherer: g}}], expectations: \
             [{{name: e, expect: 'facts.x.is_empty()', failure_message: \"{}\"}}]}}",
            text("id"),
            text("name"),
            text("group"),
            text("description"),
            text("remediation"),
            text("failure_message")
        );
        let report = evaluated(&check, &["/a"]);
        assert!(report.check_results[0].reason.is_none(), "{field} {other}: {report:?}");
        for format in FORMATS {
            let text = shown(format, &report);
            let name = format.name;
            assert!(!text.contains(|c| is_hidden(c) && c != '\n'), "{name} {field}: {text:?}");
            match name {
                "nagios" => {
                    assert_eq!(text.matches('|').count(), 1, "{field}: {text}");
                    assert_eq!(text.lines().count(), 2, "{field}: {text}");
                }
                "prometheus" => assert!(text.lines().all(is_sample), "{field}: {text}"),
                "github" => {
                    assert!(text.lines().all(|it| it.starts_with("::error title=")), "{text}")
                }
                "html" | "junit" => assert!(!text.contains("<img"), "{field}: {text}"),
                _ => {}
            }
        }
    }
}

/// Whether a line is a comment or a sample whose labels end where their quotes end.
fn is_sample(line: &str) -> bool {
    if line.starts_with("# ") {
        return true;
    }
    let Some((_, labels)) = line.split_once('{') else { return line.split(' ').count() == 2 };
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, c) in labels.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '}' if !is_quoted => return labels[at + 1..].trim().parse::<f64>().is_ok(),
            _ => {}
        }
    }
    false
}
