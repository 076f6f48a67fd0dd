//! What is found while a program is walked, in order, and the repairs that have one right answer.

use alloy_grammar::span::Span;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// A repair: the text of a span is to be replaced.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The file.
    pub source: Source,
    /// What is to be replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// Diagnostics in Alloy's order, and repairs.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) fixes: Vec<Fix>,
}

impl Fix {
    /// The text of a file after the repairs that concern it; none if there are none.
    pub fn apply(fixes: &[Fix], source: &Source) -> Option<String> {
        let mut own: Vec<&Fix> =
            fixes.iter().filter(|fix| fix.source.path() == source.path()).collect();
        own.sort_by_key(|fix| (fix.span.start, fix.span.end));
        own.dedup_by_key(|fix| fix.span);
        let text = source.text();
        let (mut fixed, mut at) = (String::with_capacity(text.len() + 64), 0);
        for fix in own.iter().filter(|fix| !fix.span.is_none()) {
            let range = fix.span.range();
            if range.start < at {
                continue;
            }
            fixed.push_str(text.get(at..range.start)?);
            fixed.push_str(&fix.replacement);
            at = range.end;
        }
        fixed.push_str(text.get(at..)?);
        (!own.is_empty()).then_some(fixed)
    }
}

/// How many diagnostics are given a suggestion: a broken program needs no thousand of them.
const SUGGESTIONS: usize = 200;
/// A longer name is no slip of the pen.
const LONGEST_NAME: usize = 64;

impl Findings {
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn fix(&mut self, source: &Source, span: Span, replacement: impl Into<String>) {
        self.fixes.push(Fix { source: source.clone(), span, replacement: replacement.into() });
    }

    /// The known names that a wrong one was meant to be, the likeliest first.
    pub(super) fn suggest<'n>(
        &self,
        wrong: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Vec<&'n str> {
        if self.diagnostics.len() >= SUGGESTIONS || wrong.len() > LONGEST_NAME {
            return Vec::new();
        }
        let allowed = (wrong.len() / 3).clamp(1, 3);
        let mut found: Vec<(usize, &str)> = known
            .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
            .filter(|(distance, _)| *distance <= allowed)
            .collect();
        found.sort_unstable();
        found.dedup();
        let least = found.first().map_or(0, |(distance, _)| *distance);
        found.into_iter().filter(|(distance, _)| *distance == least).map(|(_, name)| name).collect()
    }
}

/// `write `a` or `b``, as a help.
pub(super) fn did_you_mean(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", names.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_are_made_from_the_first_to_the_last() {
        let source = Source::new("a.alloy", "a = env(\"X\") + env(\"Y\")");
        let fix = |start| Fix {
            source: source.clone(),
            span: Span::new(start, start + 3),
            replacement: "sys.env".to_owned(),
        };
        let fixes = [fix(15), fix(4), fix(4)];
        let fixed = Fix::apply(&fixes, &source);
        assert_eq!(fixed.as_deref(), Some("a = sys.env(\"X\") + sys.env(\"Y\")"));
        assert_eq!(Fix::apply(&fixes, &Source::new("b.alloy", "")), None);
    }

    #[test]
    fn only_the_nearest_names_are_suggested() {
        let known = ["scrape_interval", "scrape_timeout", "targets"];
        let suggest = |wrong| Findings::default().suggest(wrong, known.into_iter());
        assert_eq!(suggest("scrape_intervall"), ["scrape_interval"]);
        assert_eq!(suggest("target"), ["targets"]);
        assert!(suggest("honor_labels").is_empty());
    }
}
