//! The textfile collector: series that other programs leave in `*.prom` files.
//!
//! The files are read as they are now, as Alloy would on its next scrape. Only what can matter to
//! a label of interest is told apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy_grammar::ast::Attr;
use camino::Utf8Path;

use super::component::ComponentId;
use super::values::Values;
use crate::proof::node_exporter::no_label_of_interest;
use crate::proof::{self, Label, Metric, Step, Trail, Variant};
use crate::system::FileKind;

/// The most series that are told apart.
const MOST_SERIES: usize = 64;
/// The most that is read of all files together.
const LARGEST: usize = 16 << 20;

/// The series of a textfile directory.
pub(super) fn series(
    values: &Values<'_>,
    id: ComponentId,
    directory: Attr<'_>,
) -> Vec<(Metric, Variant)> {
    let place = values.graph().place(id, directory.span());
    let what = "has it without a value in the files of the textfile collector";
    let empty = values.discovered().trails.push(Trail::START, Step::new(id, place, what));
    let directory = values.expr(id, directory.value());
    let Some(directory) = directory.as_str() else {
        let why = directory.unknown_reason().unwrap_or("it is no text");
        return vec![anything(&format!("the directory of the textfile collector: {why}"))];
    };
    if directory.is_empty() {
        return Vec::new();
    }
    match read(values, Utf8Path::new(directory)) {
        Ok(text) => of_text(&text, empty),
        Err(reason) => vec![anything(&reason)],
    }
}

fn anything(reason: &str) -> (Metric, Variant) {
    let mut variant = proof::unnamed("", reason);
    variant.is_possible_only = true;
    (Metric::Other, variant)
}

fn read(values: &Values<'_>, directory: &Utf8Path) -> Result<String, String> {
    let context = values.graph().context();
    let directory = context.working_dir.join(directory);
    let entries = match context.files.read_dir(&directory) {
        Ok(entries) => entries,
        // The collector then has nothing to give.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(format!("{directory} cannot be read: {error}")),
    };
    let mut text = String::new();
    for entry in entries {
        if !entry.name.ends_with(".prom") || entry.kind == FileKind::Dir {
            continue;
        }
        let path = directory.join(&entry.name);
        let bytes =
            context.files.read(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        if text.len() + bytes.len() > LARGEST {
            return Err("the textfile directory holds too much to be read".to_owned());
        }
        text.push_str(&String::from_utf8_lossy(&bytes));
        text.push('\n');
    }
    Ok(text)
}

/// The series of samples; `empty` says where a label without a value comes from.
fn of_text(text: &str, empty: Trail) -> Vec<(Metric, Variant)> {
    let mut samples = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match sample(line) {
            Some(found) => samples.push(found),
            None => return vec![anything("the textfile collector has a line that is no sample")],
        }
    }
    complete(&mut samples);
    let count = samples.len();
    if count > MOST_SERIES {
        // Those without a label of interest can stand for each other.
        samples.retain(|(_, labels)| {
            labels.iter().any(|(label, _)| proof::INTEREST.contains(&label.as_str()))
        });
    }
    if samples.len() > MOST_SERIES {
        return vec![anything("the textfile collector gives more than is told apart")];
    }
    let has_others = samples.len() < count;
    let mut series: Vec<(Metric, Variant)> = samples
        .into_iter()
        .map(|(name, labels)| {
            let mut variant = proof::named(name);
            for (label, text) in labels {
                let trail = if text.is_empty() { empty } else { Trail::START };
                variant.set(label, Label::known(text, trail));
            }
            (Metric::Other, variant)
        })
        .collect();
    if has_others {
        let reason: Arc<str> = "what the textfile collector gives is not told apart".into();
        let mut variant = proof::unnamed("", &reason);
        no_label_of_interest(&mut variant);
        series.push((Metric::Other, variant));
    }
    series
}

/// Gives samples of one name the same labels of interest, as the collector does: without a value
/// where the file has none.
fn complete(samples: &mut [Sample<'_>]) {
    let mut named: BTreeSet<(String, &str)> = BTreeSet::new();
    for (name, labels) in samples.iter() {
        for label in proof::INTEREST {
            if labels.iter().any(|(own, _)| own == label) {
                named.insert(((*name).to_owned(), label));
            }
        }
    }
    for (name, labels) in samples {
        for label in proof::INTEREST {
            let is_named = named.contains(&((*name).to_owned(), *label));
            if is_named && !labels.iter().any(|(own, _)| own == label) {
                labels.push(((*label).to_owned(), String::new()));
            }
        }
    }
}

/// The name and the labels of a sample.
type Sample<'t> = (&'t str, Vec<(String, String)>);

/// The name and the labels of a sample line.
fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(|char: char| char == '{' || char.is_whitespace())?;
    let (name, rest) = line.split_at(end);
    let mut labels = Vec::new();
    let Some(mut rest) = rest.trim_start().strip_prefix('{') else { return Some((name, labels)) };
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.starts_with('}') {
            return Some((name, labels));
        }
        let (label, behind) = rest.split_once('=')?;
        let (text, behind) = quoted(behind.trim_start())?;
        labels.push((label.trim().to_owned(), text));
        rest = behind;
    }
}

/// A quoted text with its escapes undone, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.char_indices();
    if chars.next()?.1 != '"' {
        return None;
    }
    let mut out = String::new();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_with_its_labels() {
        assert_eq!(sample("up 1"), Some(("up", vec![])));
        let labels = vec![("a".to_owned(), "x\"y".to_owned()), ("b".to_owned(), "1".to_owned())];
        assert_eq!(sample(r#"m{a="x\"y", b="1",} 1 2"#), Some(("m", labels)));
        assert_eq!(sample("m{a=1} 1"), None);
        assert_eq!(sample("nonsense"), None);
    }

    #[test]
    fn many_series_without_a_label_of_interest_stand_for_each_other() {
        let few = "a 1\nb{agentID=\"x\"} 1\n";
        let of_text = |text: &str| super::of_text(text, Trail::START);
        assert_eq!(of_text(few).len(), 2);
        let many: String = (0..200).map(|at| format!("m{at} 1\n")).collect();
        assert_eq!(of_text(&(many + few)).len(), 2);
        assert_eq!(of_text("# HELP a b\n\n").len(), 0);
    }
}
