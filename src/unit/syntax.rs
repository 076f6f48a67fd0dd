//! The syntax of unit files and drop-ins: sections, assignments, continued lines.
//!
//! Knows no setting's meaning; `mod.rs` applies the assignments in order.

use alloy_grammar::span::Span;

/// One `name=value` line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The section it stands in, without brackets.
    pub(super) section: String,
    /// The text before the first `=`.
    pub(super) name: String,
    /// The text behind it, continued lines joined with a blank.
    pub(super) value: String,
    /// From the first byte of the name to the end of the last line.
    pub(super) span: Span,
}

/// What a line is that systemd skips with a warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Skipped {
    /// What is wrong with it.
    pub(super) reason: &'static str,
    /// Where it stands.
    pub(super) span: Span,
}

/// Reads the assignments of a unit file, in order, and what systemd skips.
pub(super) fn parse(text: &str) -> (Vec<Line>, Vec<Skipped>) {
    let mut lines = Vec::new();
    let mut skipped = Vec::new();
    let mut section: Option<String> = None;
    for (text, span) in joined_lines(text) {
        let text = text.trim_matches(is_blank);
        if text.is_empty() {
            continue;
        }
        let mut skip = |reason| skipped.push(Skipped { reason, span });
        if let Some(rest) = text.strip_prefix('[') {
            match rest.strip_suffix(']') {
                Some(name) => section = Some(name.to_owned()),
                None => skip("the section header is not closed"),
            }
            continue;
        }
        match (text.split_once('='), &section) {
            (None, _) => skip("the line has no `=`"),
            (Some(("", _)), _) => skip("the line has no name before its `=`"),
            (Some(_), None) => skip("the line stands before any section"),
            (Some((name, value)), Some(section)) => lines.push(Line {
                section: section.clone(),
                name: name.trim_end_matches(is_blank).to_owned(),
                value: value.trim_start_matches(is_blank).to_owned(),
                span,
            }),
        }
    }
    (lines, skipped)
}

/// The logical lines: a backslash at the end joins the next line, comments in between vanish.
fn joined_lines(text: &str) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut open: Option<(String, u32)> = None;
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut last_end = start as u32;
    while start < text.len() {
        let end = text[start..].find(['\n', '\r']).map_or(text.len(), |length| start + length);
        let line = text[start..end].trim_start_matches(is_blank);
        let first = (end - line.len()) as u32;
        start = end + if text[end..].starts_with("\r\n") { 2 } else { 1 };
        if line.starts_with(['#', ';']) {
            continue;
        }
        let (mut joined, from) = open.take().unwrap_or_else(|| (String::new(), first));
        joined.push_str(line);
        last_end = (end - (line.len() - line.trim_end_matches(is_blank).len())) as u32;
        // Only an odd number of backslashes leaves the last one to escape the line's end.
        let backslashes = joined.len() - joined.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            joined.pop();
            joined.push(' ');
            open = Some((joined, from));
        } else {
            found.push((joined, Span::new(from, last_end.max(from))));
        }
    }
    if let Some((joined, from)) = open {
        found.push((joined, Span::new(from, last_end.max(from))));
    }
    found
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Vec<(String, String, String)> {
        parse(text).0.into_iter().map(|line| (line.section, line.name, line.value)).collect()
    }

    fn setting(section: &str, name: &str, value: &str) -> (String, String, String) {
        (section.to_owned(), name.to_owned(), value.to_owned())
    }

    #[test]
    fn assignments_belong_to_the_section_above_them() {
        let text = "[Unit]\n Description = a = b \n[Service]\n;User=x\nUser=alloy\n";
        let expected =
            [setting("Unit", "Description", "a = b"), setting("Service", "User", "alloy")];
        assert_eq!(settings(text), expected);
    }

    #[test]
    fn a_continued_line_skips_comments_and_keeps_its_place() {
        let text = "[Service]\nExecStart=/bin/a \\\n# no\n  b \\\n  c\nUser=x\n";
        let (lines, _) = parse(text);
        assert_eq!(lines[0].value, "/bin/a  b  c");
        assert_eq!(&text[lines[0].span.range()], "ExecStart=/bin/a \\\n# no\n  b \\\n  c");
        assert_eq!(lines[1].value, "x");
    }

    #[test]
    fn windows_line_ends_do_not_break_a_continued_line() {
        assert_eq!(settings("[S]\r\nA=x \\\r\ny\r\n"), [setting("S", "A", "x  y")]);
    }

    #[test]
    fn an_even_number_of_backslashes_does_not_continue() {
        assert_eq!(settings("[S]\nA=x\\\\\nB=y\n").len(), 2);
        assert_eq!(settings("[S]\nA=x\\")[0].2, "x");
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "([\\[\\]=\\\\#; \r\n\tSAä]|\\PC){0,40}") {
            for line in parse(&text).0 {
                proptest::prop_assert!(text.get(line.span.range()).is_some());
            }
        }
    }

    #[test]
    fn what_is_no_assignment_is_skipped() {
        let (lines, skipped) = parse("A=1\n[S\n[S]\nnonsense\n=x\nB=2");
        assert_eq!(lines.len(), 1);
        assert_eq!(skipped.len(), 4);
    }
}
