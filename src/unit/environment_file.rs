//! `EnvironmentFile=`: files of `NAME=value` lines, read as systemd reads them.
//!
//! Not a shell: nothing is expanded, `export` is no keyword, a quote may close and open again.

use alloy_grammar::span::Span;

/// One assignment of an environment file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The text before the `=`, trailing blanks removed. Not yet known to be a valid name.
    pub(super) name: String,
    /// The value, quotes and escapes resolved.
    pub(super) value: String,
    /// From the first byte of the name to the last of the value.
    pub(super) span: Span,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    BeforeName,
    Name,
    BeforeValue,
    Value,
    ValueEscape,
    Single,
    Double,
    DoubleEscape,
    Comment,
    CommentEscape,
}

/// Reads the assignments of an environment file, in order.
pub(super) fn parse(text: &str) -> Vec<Assignment> {
    let mut reader = Reader::default();
    for (at, c) in text.char_indices() {
        reader.take(at, c);
    }
    reader.finish(text.len());
    reader.found
}

/// The assignment of a variable that is in force, as it is written; none if there is none.
pub(super) fn assignment<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let found = parse(text).into_iter().rfind(|found| found.name == name)?;
    text.get(found.span.range())
}

/// The text with the assignment of a variable that is in force replaced by another, or taken away.
/// Where there is none, the new one is put at the end.
pub(super) fn reassigned(text: &str, name: &str, with: Option<&str>) -> String {
    let found = parse(text).into_iter().rfind(|found| found.name == name);
    let Some(range) = found.map(|found| found.span.range()) else {
        let Some(with) = with else { return text.to_owned() };
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{gap}{with}\n");
    };
    let after = &text[range.end..];
    let after = match with {
        Some(_) => after,
        None => after.strip_prefix('\n').unwrap_or(after),
    };
    format!("{}{}{after}", &text[..range.start], with.unwrap_or_default())
}

/// An assignment that gives a variable this value.
pub(super) fn quoted(name: &str, value: &str) -> String {
    let mut line = format!("{name}=\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '`' | '$') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('"');
    line
}

#[derive(Default)]
struct Reader {
    state: State,
    name: String,
    start: usize,
    value: String,
    /// Length of the value up to its last character that is no trailing blank.
    kept: usize,
    found: Vec<Assignment>,
}

impl Reader {
    fn take(&mut self, at: usize, c: char) {
        match self.state {
            State::BeforeName if matches!(c, '#' | ';') => self.state = State::Comment,
            State::BeforeName if is_blank(c) => {}
            State::BeforeName => {
                self.start = at;
                self.name.push(c);
                self.state = State::Name;
            }
            State::Name if is_newline(c) => {
                self.name.clear();
                self.state = State::BeforeName;
            }
            State::Name if c == '=' => self.state = State::BeforeValue,
            State::Name => self.name.push(c),
            State::BeforeValue | State::Value if is_newline(c) => self.push(at),
            State::BeforeValue if c == '\'' => self.state = State::Single,
            State::BeforeValue if c == '"' => self.state = State::Double,
            State::BeforeValue | State::Value if c == '\\' => {
                self.kept = self.value.len();
                self.state = State::ValueEscape;
            }
            State::BeforeValue if is_blank(c) => {}
            State::BeforeValue | State::Value => {
                self.value.push(c);
                if !is_blank(c) {
                    self.kept = self.value.len();
                }
                self.state = State::Value;
            }
            State::ValueEscape => {
                // An escaped newline vanishes.
                if !is_newline(c) {
                    self.keep(c);
                }
                self.state = State::Value;
            }
            State::Single if c == '\'' => self.state = State::BeforeValue,
            State::Double if c == '"' => self.state = State::BeforeValue,
            State::Double if c == '\\' => self.state = State::DoubleEscape,
            State::Single | State::Double => self.keep(c),
            State::DoubleEscape => {
                self.state = State::Double;
                if matches!(c, '"' | '\\' | '`' | '$') {
                    self.keep(c);
                } else if c != '\n' {
                    self.keep('\\');
                    self.keep(c);
                }
            }
            State::Comment if c == '\\' => self.state = State::CommentEscape,
            State::Comment if is_newline(c) => self.state = State::BeforeName,
            State::Comment => {}
            // A comment is not continued (since systemd 254; before, its next line was lost).
            State::CommentEscape if is_newline(c) => self.state = State::BeforeName,
            State::CommentEscape => self.state = State::Comment,
        }
    }

    fn keep(&mut self, c: char) {
        self.value.push(c);
        self.kept = self.value.len();
    }

    fn push(&mut self, end: usize) {
        self.value.truncate(self.kept);
        let name = std::mem::take(&mut self.name);
        self.found.push(Assignment {
            name: name.trim_end_matches(is_blank).to_owned(),
            value: std::mem::take(&mut self.value),
            span: Span::new(self.start as u32, end as u32),
        });
        self.kept = 0;
        self.state = State::BeforeName;
    }

    fn finish(&mut self, end: usize) {
        match self.state {
            State::BeforeName | State::Name | State::Comment | State::CommentEscape => {}
            _ => self.push(end),
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().map(|found| (found.name, found.value)).collect()
    }

    fn value(text: &str) -> String {
        let mut found = pairs(text);
        assert_eq!(found.len(), 1, "{text:?}");
        found.remove(0).1
    }

    #[test]
    fn quotes_blanks_and_comments_are_read_as_systemd_does() {
        let text = "# one\n A = 'x y'  \n;B=2\nC=\n\nD= \"q\\\"\\n\" tail \nbroken\nE=last";
        let expected = [("A", "x y"), ("C", ""), ("D", "q\"\\ntail"), ("E", "last")];
        let found = pairs(text);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_quote_closes_and_opens_again() {
        assert_eq!(value(r#"A="a"'b' "d""#), "abd");
        // But once a bare character stands there, a quote is a character like any other.
        assert_eq!(value(r#"A="a"b'c'"#), "ab'c'");
    }

    #[test]
    fn a_backslash_joins_lines_and_takes_blanks() {
        assert_eq!(value("A=a\\\nb\\ \n"), "ab ");
        assert_eq!(value("A=\"a\\\nb\nc\"\n"), "ab\nc");
        assert_eq!(value(r"A=\$x"), "$x");
        assert_eq!(value("A='a\\"), "a\\");
    }

    proptest::proptest! {
        #[test]
        fn a_quoted_value_comes_back_whole(text: String) {
            let escaped = text.replace('\\', r"\\").replace('"', r#"\""#);
            let found = parse(&format!("# x\nA=\"{escaped}\"\nB=1\n"));
            proptest::prop_assert_eq!(found.len(), 2);
            proptest::prop_assert_eq!(&found[0].value, &text);
        }

        #[test]
        fn any_text_can_be_read(text: String) {
            for found in parse(&text) {
                proptest::prop_assert!(text.get(found.span.range()).is_some());
            }
        }
    }

    #[test]
    fn the_assignment_in_force_is_replaced_and_all_else_stays() {
        let text = "# CONFIG_FILE=x\nCONFIG_FILE=a\nB=1\n CONFIG_FILE = \"b\\\nc\" \nD=2";
        let new = reassigned(text, "CONFIG_FILE", Some("CONFIG_FILE=\"/etc/\""));
        assert_eq!(new, "# CONFIG_FILE=x\nCONFIG_FILE=a\nB=1\n CONFIG_FILE=\"/etc/\"\nD=2");
        assert_eq!(assignment(text, "CONFIG_FILE").unwrap(), "CONFIG_FILE = \"b\\\nc\" ");
        assert_eq!(reassigned("A=1", "B", Some("B=2")), "A=1\nB=2\n");
        assert_eq!(reassigned("A=1\nB=2\nC=3\n", "B", None), "A=1\nC=3\n");
        assert_eq!(reassigned("A=1\n", "B", None), "A=1\n");
        assert_eq!(value(&quoted("A", "a\"b\\c$d`e f")), "a\"b\\c$d`e f");
    }

    #[test]
    fn a_hash_inside_a_value_is_no_comment() {
        assert_eq!(value("A=x # y\n"), "x # y");
    }

    #[test]
    fn a_comment_is_not_continued() {
        assert_eq!(value("# c \\\nA=1\n"), "1");
    }

    #[test]
    fn export_is_part_of_the_name() {
        assert_eq!(pairs("export A=1")[0].0, "export A");
    }
}
