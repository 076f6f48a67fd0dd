//! Links on a terminal from a place to its file, by the escape sequence OSC 8.

use std::borrow::Cow;

use camino::Utf8PathBuf;

use crate::render::sarif::uri;

/// Where the files of a report lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// The folder that stands for `/`, if the host is one in a folder.
    pub root: Option<Utf8PathBuf>,
    /// The folder that relative paths start from.
    pub folder: Utf8PathBuf,
}

impl Links {
    /// Makes links of the places that excerpts are headed by: `--> FILE:LINE:COLUMN`.
    pub(super) fn link<'l>(&self, line: &'l str) -> Cow<'l, str> {
        let Some(start) = ["--> ", "::: "].iter().find_map(|it| Some(line.find(it)? + it.len()))
        else {
            return Cow::Borrowed(line);
        };
        let end = line[start..].find('\u{1b}').map_or(line.len(), |end| start + end);
        let (before, place, after) = (&line[..start], &line[start..end], &line[end..]);
        let file = place.trim_end_matches(|c: char| c == ':' || c.is_ascii_digit());
        if file.is_empty() || file.starts_with('<') {
            return Cow::Borrowed(line);
        }
        let path = match &self.root {
            Some(root) => self.folder.join(root).join(file.trim_start_matches('/')),
            None => self.folder.join(file),
        };
        let uri = uri(path.as_str());
        Cow::Owned(format!("{before}\u{1b}]8;;{uri}\u{1b}\\{place}\u{1b}]8;;\u{1b}\\{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_becomes_a_link_to_its_file() {
        let links = |root: Option<&str>| Links { root: root.map(Into::into), folder: "/w".into() };
        assert_eq!(
            links(None).link("  --> /etc/a b.alloy:3:4"),
            "  --> \u{1b}]8;;file:///etc/a%20b.alloy\u{1b}\\/etc/a b.alloy:3:4\u{1b}]8;;\u{1b}\\"
        );
        assert!(links(None).link("--> a.alloy:1:1").contains(";file:///w/a.alloy\u{1b}"));
        assert!(links(Some("r")).link("--> /a.alloy").contains(";file:///w/r/a.alloy\u{1b}"));
        for line in ["3 | a = 1", "--> <stdin>:1:1", "--> "] {
            assert_eq!(links(None).link(line), line);
        }
    }
}
