//! Templates such as `host_$1` and `${name}`, expanded as Go's `Regexp.Expand` does.

use regex::Captures;

/// A text with places for what a pattern captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(String),
}

impl Template {
    /// Reads a template: `$name` takes the longest run of letters, digits and underscores,
    /// `$$` is a dollar sign, and any other `$` is one too.
    pub fn new(text: &str) -> Template {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('$') {
                plain.push('$');
                rest = behind;
            } else if let Some((name, behind)) = group(rest) {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Group(name.to_owned()));
                rest = behind;
            } else {
                plain.push('$');
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Template { text: text.to_owned(), parts }
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it gives whatever was captured; none if it uses a group.
    pub fn constant(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Group(_) => None,
            })
            .collect()
    }

    /// Whether it is nothing but the first group.
    pub fn is_first_group(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Group(name)] if name == "1")
    }

    /// What it gives for a match. A group that does not exist or took no part is empty.
    pub fn expand(&self, captures: &Captures<'_>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(name) => {
                    let is_number = !name.starts_with('0') || name == "0";
                    let found = match name.parse::<usize>() {
                        Ok(number) if is_number => captures.get(number),
                        _ => captures.name(name),
                    };
                    out.push_str(found.map_or("", |found| found.as_str()));
                }
            }
        }
        out
    }
}

/// The name behind a `$`, and what follows it.
fn group(text: &str) -> Option<(&str, &str)> {
    let (braced, inner) = match text.strip_prefix('{') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let len =
        inner.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(inner.len());
    if len == 0 {
        return None;
    }
    let (name, behind) = inner.split_at(len);
    if braced { Some((name, behind.strip_prefix('}')?)) } else { Some((name, behind)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(pattern: &str, template: &str, text: &str) -> String {
        let captures = regex::Regex::new(pattern).unwrap();
        Template::new(template).expand(&captures.captures(text).unwrap())
    }

    #[test]
    fn dollars_are_read_as_go_reads_them() {
        assert_eq!(expand("(.*)/(.*)", "$2-$1", "a/b"), "b-a");
        assert_eq!(expand("(.*)", "a$b", "x"), "a");
        assert_eq!(expand("(.*)", "a$$b", "x"), "a$b");
        assert_eq!(expand("(.*)", "$1x", "y"), "");
        assert_eq!(expand("(.*)", "${1}x", "y"), "yx");
        assert_eq!(expand("(?P<id>.*)", "${id}", "y"), "y");
        assert_eq!(expand("(.*)", "$0", "y"), "y");
        assert_eq!(expand("(.*)", "${1", "y"), "${1");
        assert_eq!(expand("(.*)", "5$", "y"), "5$");
    }

    #[test]
    fn a_template_without_groups_is_constant() {
        assert_eq!(Template::new("a$$b").constant(), Some("a$b".to_owned()));
        assert_eq!(Template::new("a$1").constant(), None);
    }
}
