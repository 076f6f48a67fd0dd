//! The lines around the place of a finding, every line of the place marked.

use std::fmt::Write as _;

use crate::render::Options;
use crate::render::place::span;
use crate::render::text::markup;
use crate::source::At;

/// Lines shown around the place.
const CONTEXT: u32 = 2;
/// The most lines of a place that are shown.
const MOST_LINES: u32 = 24;
/// The longest part of a line that is shown, in characters.
const LONGEST: usize = 300;

/// The lines around a place as HTML; none where there is no text to be shown.
pub(super) fn excerpt(at: &At, options: &Options) -> Option<String> {
    let (source, span) = span(at, options)?;
    let first = at.line.saturating_sub(CONTEXT).max(1);
    let last = at.end_line.max(at.line);
    let (last_marked, is_cut) = (last, last - at.line >= MOST_LINES);
    let last = if is_cut { at.line + MOST_LINES - 1 } else { last + CONTEXT };
    let mut html = String::new();
    for number in first..=last {
        let Some(start) = source.lines().line_start(number) else { break };
        let start = start as usize;
        if start == source.text().len() && number > last_marked {
            break;
        }
        let line = source.text()[start..].lines().next().unwrap_or_default();
        let line = &line[..line.char_indices().nth(LONGEST).map_or(line.len(), |(end, _)| end)];
        let _ = write!(html, "<span class=\"number\">{number:>4}</span> ");
        let indent = line.len() - line.trim_start().len();
        let within = |offset: u32| (offset as usize).saturating_sub(start).min(line.len());
        let (from, to) = match span.is_none() {
            true => (0, 0),
            false => (within(span.start).max(indent), within(span.end)),
        };
        let parts = (line.get(..from), line.get(from..to), line.get(to..));
        match parts {
            (Some(before), Some(marked), Some(after)) if from < to => {
                let (before, marked, after) = (shown(before), shown(marked), shown(after));
                let _ = writeln!(html, "{before}<mark>{marked}</mark>{after}");
            }
            _ => {
                let _ = writeln!(html, "{}", shown(line));
            }
        }
    }
    if is_cut {
        html.push_str("<span class=\"number\">   …</span>\n");
    }
    Some(html)
}

fn shown(text: &str) -> String {
    markup(&text.replace('\t', "    "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn every_line_of_a_place_is_marked() {
        let source = Source::new("/a", "one\nblock {\n\tx = 1\n}\nlast\n");
        let sources = [("/a".to_owned(), source)].into();
        let options = Options { sources, ..Options::default() };
        let at = At { file: "/a".to_owned(), line: 2, column: 1, end_line: 4, end_column: 1 };
        let html = excerpt(&at, &options).unwrap();
        assert_eq!(
            html.replace("<span class=\"number\">", "").replace("</span>", ""),
            "   1 one\n   2 <mark>block {</mark>\n   3     <mark>x = 1</mark>\n   4 <mark>}</mark>\n\
             \u{20}  5 last\n"
        );
    }
}
