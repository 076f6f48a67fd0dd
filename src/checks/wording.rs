//! How the checks of the catalogue read on a host from which another program than Alloy pushes.
//!
//! A check is written once, for Alloy, as Trento's web shows it. Here its texts become those of
//! the sender that a host has: terms hold for all checks, and where a sentence would not be true
//! the table has its own. Nothing but texts is touched, and no check of other people.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::checks::catalogue;
use crate::checks::model::{Check, Text};
use crate::checks::report::CheckResult;
use crate::facts::Host;
use crate::installation::SenderNames;

/// The table of Prometheus in agent mode.
static PROMETHEUS: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("wording/prometheus.txt")));

/// As wide as the texts of the catalogue are.
const WIDTH: usize = 98;

/// The texts of checks for one sender.
#[derive(Clone, Debug)]
pub struct Wording {
    names: SenderNames,
}

impl Wording {
    /// The wording of a host; none where the catalogue's own is right.
    pub fn of(host: &Host<'_>) -> Option<Wording> {
        let installation = host.installation();
        let is_own = !installation.is_of_prometheus();
        (!is_own).then(|| Wording { names: installation.names().clone() })
    }

    /// The wording for Prometheus where nothing is known of a host.
    pub fn of_prometheus() -> Wording {
        Wording { names: SenderNames::of_prometheus() }
    }

    /// Gives the result of a check the sender's texts.
    pub fn retell(&self, check: &Check, result: &mut CheckResult) {
        if !is_worded(check) {
            return;
        }
        let texts = self.texts(check);
        result.group = texts.group.into();
        result.name = texts.name.into();
        result.description = texts.about.into();
        result.remediation = texts.remediation.into();
    }

    /// The message of an expectation, still with what it interpolates.
    pub fn message<'t>(&self, check: &Check, message: &'t Text) -> Cow<'t, Text> {
        let Some(text) = message.as_str() else { return Cow::Borrowed(message) };
        if !is_worded(check) {
            return Cow::Borrowed(message);
        }
        let own = PROMETHEUS.check(check);
        let mut told = String::with_capacity(text.len());
        for (literal, code) in parts(text) {
            let literal =
                own.map_or(Cow::Borrowed(literal), |own| replaced(literal, &own.messages));
            told.push_str(&replaced(&literal, &PROMETHEUS.terms));
            told.push_str(code);
        }
        if told == text { Cow::Borrowed(message) } else { Cow::Owned(Text::new(told)) }
    }

    /// A check of the catalogue as it reads for the sender.
    pub fn check(&self, check: &Check) -> Check {
        let mut worded = check.clone();
        if !is_worded(check) {
            return worded;
        }
        let texts = self.texts(check);
        worded.group = Text::new(texts.group);
        worded.name = Text::new(texts.name);
        worded.description = Text::new(texts.about);
        worded.remediation = Text::new(texts.remediation);
        for expectation in &mut worded.expectations {
            for message in [&mut expectation.failure_message, &mut expectation.warning_message] {
                *message = self.message(check, message).into_owned();
            }
        }
        worded
    }

    fn texts(&self, check: &Check) -> Texts {
        let none = Own::default();
        let own = PROMETHEUS.check(check).unwrap_or(&none);
        let line = |own: &Option<String>, text: &Text| match own {
            Some(own) => self.filled(own),
            None => self.filled(&replaced(text.text().trim_end(), &PROMETHEUS.terms)),
        };
        Texts {
            group: line(&None, &check.group),
            name: line(&own.name, &check.name),
            about: line(&own.about, &check.description),
            remediation: self.remediation(own, &check.remediation.text()),
        }
    }

    /// The three parts of a remediation, each line of it new where the table has it.
    fn remediation(&self, own: &Own, text: &str) -> String {
        let mut told = String::new();
        for part in text.split("## ").filter(|part| !part.is_empty()) {
            let (heading, body) = part.split_once('\n').unwrap_or((part, ""));
            let items = items(body);
            let mut lines: Vec<Cow<'_, str>> = match heading {
                "Abstract" if own.why.is_some() => own.why.iter().map(Cow::from).collect(),
                "Remediation" if !own.steps.is_empty() => {
                    let last = items.iter().filter(|it| is_last_step(it)).cloned();
                    own.steps.iter().map(Cow::from).chain(last.map(Cow::from)).collect()
                }
                _ => items.into_iter().map(Cow::from).collect(),
            };
            for line in &mut lines {
                *line = Cow::Owned(self.filled(&replaced(line, &PROMETHEUS.terms)));
            }
            lines.dedup();
            told.push_str(&format!("## {heading}\n"));
            for (number, line) in lines.iter().enumerate() {
                let mark = match heading {
                    "Remediation" => format!("{}. ", number + 1),
                    "References" => "- ".to_owned(),
                    _ => String::new(),
                };
                wrap(&mark, line, &mut told);
            }
            told.push('\n');
        }
        told.truncate(told.trim_end().len());
        told.push('\n');
        told
    }

    /// A text with what the host has in the place of what stands in braces.
    fn filled(&self, text: &str) -> String {
        let names = &self.names;
        let known: [(&str, &str); 8] = [
            ("{unit}", &names.unit),
            ("{file}", names.file.as_str()),
            ("{folder}", names.folder().as_str()),
            ("{arguments}", &names.arguments),
            ("{environment}", &names.environment),
            ("{user}", &names.user),
            ("{group}", &names.group),
            ("{exporter}", names.exporter),
        ];
        let mut text = text.to_owned();
        for (mark, name) in known {
            if text.contains(mark) {
                text = text.replace(mark, name);
            }
        }
        text
    }
}

/// What a check is called and says.
struct Texts {
    group: String,
    name: String,
    about: String,
    remediation: String,
}

/// What is written for a sender.
#[derive(Debug, Default)]
struct Table {
    /// What the catalogue says, and what is said instead, in this order.
    terms: Vec<(String, String)>,
    checks: BTreeMap<String, Own>,
}

/// What is written for one check.
#[derive(Debug, Default)]
struct Own {
    name: Option<String>,
    about: Option<String>,
    why: Option<String>,
    steps: Vec<String>,
    messages: Vec<(String, String)>,
}

impl Table {
    fn read(text: &str) -> Table {
        let mut entries: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match (line.strip_prefix("  "), entries.last_mut()) {
                (Some(more), Some(entry)) => {
                    entry.push(' ');
                    entry.push_str(more);
                }
                _ => entries.push(line.to_owned()),
            }
        }
        let mut table = Table::default();
        let mut own: Option<&mut Own> = None;
        for entry in &entries {
            let (key, value) = entry.split_once(' ').unwrap_or((entry, ""));
            let pair = value.split_once(" => ").unwrap_or((value, ""));
            let pair = (pair.0.to_owned(), pair.1.to_owned());
            match (key, &mut own) {
                ("term", _) => table.terms.push(pair),
                ("name", Some(own)) => own.name = Some(value.to_owned()),
                ("about", Some(own)) => own.about = Some(value.to_owned()),
                ("why", Some(own)) => own.why = Some(value.to_owned()),
                ("step", Some(own)) => own.steps.push(value.to_owned()),
                ("message", Some(own)) => own.messages.push(pair),
                (id, _) => own = Some(table.checks.entry(id.to_owned()).or_default()),
            }
        }
        table
    }

    fn check(&self, check: &Check) -> Option<&Own> {
        self.checks.get(&*check.id())
    }
}

/// Whether a check is one of the catalogue, and about one host: what compares hosts is for hosts of
/// any sender.
fn is_worded(check: &Check) -> bool {
    catalogue::is_own(check) && check.metadata["target_type"] == "host"
}

/// A text with each term in the place of what it stands for.
fn replaced<'t>(text: &'t str, terms: &[(String, String)]) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for (from, to) in terms {
        if text.contains(from.as_str()) {
            text = Cow::Owned(text.replace(from.as_str(), to));
        }
    }
    text
}

/// A message as literal text and the code behind it, which ends with its brace.
fn parts(text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let mut depth = 0;
        let end = rest[start..].find(|char| {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => return false,
            }
            depth == 0
        });
        let end = end.map_or(rest.len(), |end| start + end + 1);
        parts.push((&rest[..start], &rest[start..end]));
        rest = &rest[end..];
    }
    parts.push((rest, ""));
    parts
}

/// The paragraphs or list items of a part, each as one line without its mark.
fn items(body: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in body.lines() {
        let text = line.trim();
        let item = text.strip_prefix("- ").or_else(|| {
            let (number, item) = text.split_once(". ")?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then_some(item)
        });
        match (item, items.last_mut()) {
            _ if text.is_empty() => is_open = false,
            (None, Some(last)) if is_open => {
                last.push(' ');
                last.push_str(text);
            }
            (item, _) => {
                items.push(item.unwrap_or(text).to_owned());
                is_open = true;
            }
        }
    }
    items
}

/// Whether a step is the catalogue's last, which is the same for every sender.
fn is_last_step(step: &str) -> bool {
    step.starts_with("Check again: ")
}

/// Writes a line behind its mark, broken where it gets too long.
fn wrap(mark: &str, line: &str, out: &mut String) {
    let indent = " ".repeat(mark.len());
    let mut width = mark.len();
    out.push_str(mark);
    for (number, word) in line.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&indent);
            width = indent.len();
        } else if number > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_term_and_message_of_the_table_is_one_of_the_catalogue() {
        let checks = catalogue::load();
        let checks: Vec<&Check> = checks.iter().filter_map(|it| it.check.as_deref().ok()).collect();
        let mut said = String::new();
        for check in &checks {
            said.push_str(&items(&check.remediation.text()).join("\n"));
            said.push_str(&format!("{}\n{}", check.name, check.description));
            said.push_str(&check.group.text());
        }
        let idle: Vec<&String> = PROMETHEUS
            .terms
            .iter()
            .map(|(from, _)| from)
            .filter(|it| !said.contains(&***it))
            .collect();
        assert!(idle.is_empty(), "no check has these: {idle:?}");
        for (id, own) in &PROMETHEUS.checks {
            let check = checks.iter().find(|check| check.id() == *id).unwrap();
            let messages: String = check
                .expectations
                .iter()
                .map(|it| format!("{}{}", it.failure_message, it.warning_message))
                .collect();
            for (from, _) in &own.messages {
                assert!(messages.contains(from.as_str()), "{id} has no message with {from}");
            }
        }
    }

    #[test]
    fn the_code_of_a_message_stays_as_it_is() {
        let found = parts("Alloy ${if x { \"Alloy\" } else { y }} runs ${z}");
        let code: Vec<&str> = found.iter().map(|(_, code)| *code).collect();
        assert_eq!(code, ["${if x { \"Alloy\" } else { y }}", "${z}", ""]);
        assert_eq!(found[1].0, " runs ");
    }

    #[test]
    fn long_lines_are_broken_below_their_text() {
        let mut out = String::new();
        wrap("10. ", &"word ".repeat(30), &mut out);
        assert!(out.lines().all(|line| line.len() <= WIDTH));
        assert!(out.lines().nth(1).unwrap().starts_with("    word"));
    }
}
