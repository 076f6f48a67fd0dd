//! Secrets in YAML that parses: found by the keys they stand behind, however they are written.
//!
//! Flow, blocks, quotes with escapes, anchors and several lines are all one here. For a text that
//! does not parse there is [`super::lines`].

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::Vault;
use super::lines::{self, Kind as Lines};
use super::names::{is_harmless_header, is_header_map, is_secret_name};
use crate::yaml::{self, Kind, Node, Style};

/// The secrets of a text.
#[derive(Default)]
pub(super) struct Found {
    /// Where they stand, in order.
    pub(super) places: Vec<Place>,
    /// Where old ones stand in comments and prose.
    pub(super) prose: Vec<Range<usize>>,
    /// What may be a URL.
    urls: Vec<Arc<str>>,
}

/// A secret in its place.
pub(super) struct Place {
    pub(super) range: Range<usize>,
    /// What its reader takes it for.
    pub(super) meant: String,
    /// Whether it is searched for everywhere.
    is_known: bool,
    /// Whether only the name of its anchor stands here.
    is_alias: bool,
}

/// Finds the secrets of a text; none where it is no YAML.
pub(super) fn find(text: &str) -> Option<Found> {
    let documents = yaml::parse(text).ok()?;
    let mut search = Search { text, ..Search::default() };
    documents.iter().for_each(|document| search.node(document, "", "", Hold::Open));
    documents.iter().for_each(|document| search.anchored(document));
    let Search { mut found, scalars, .. } = search;
    found.places.sort_by_key(|place| (place.range.start, place.range.end));
    found.places.dedup_by(|next, first| next.range == first.range);
    found.prose.extend(comments(text, &scalars));
    Some(found)
}

impl Found {
    /// Every place that must be covered.
    pub(super) fn ranges(&self) -> Vec<Range<usize>> {
        let shown = self.places.iter().filter(|place| !place.is_alias);
        shown.map(|place| place.range.clone()).chain(self.prose.iter().cloned()).collect()
    }

    /// Each secret that is written out, with what it means.
    pub(super) fn meanings(self, text: &str) -> Vec<(Range<usize>, String)> {
        let shown = self.places.into_iter().filter(|place| !place.is_alias);
        let prose = self.prose.into_iter().map(|range| (range.clone(), text[range].to_owned()));
        shown.map(|place| (place.range, place.meant)).chain(prose).collect()
    }

    /// Tells a vault.
    pub(super) fn register(&self, text: &str, vault: &Vault) {
        for place in self.places.iter().filter(|place| place.is_known) {
            vault.register(&place.meant);
            // As it is written, where its lines are another thing than its text.
            let written = text.get(place.range.clone()).unwrap_or_default();
            if written.contains('\n') {
                vault.register_content(written);
            }
        }
        self.urls.iter().for_each(|text| vault.register_url(text));
        for range in &self.prose {
            lines::register_value(&text[range.clone()], Lines::Comment, vault);
        }
    }
}

/// What a node stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// Nothing of a kind: keys tell what is a secret.
    Open,
    /// A map of headers.
    Headers,
    /// One header, as a map of where its values come from.
    Header,
    /// Secrets, whatever their keys are.
    Values,
    /// Something in the place of a secret.
    Secret,
}

#[derive(Default)]
struct Search<'t> {
    text: &'t str,
    found: Found,
    /// Texts of secrets, by where they are kept: an alias shares its anchor's.
    kept: BTreeSet<usize>,
    /// Where each scalar stands.
    scalars: BTreeSet<(u32, u32)>,
    seen: BTreeSet<(u32, u32, Hold)>,
}

impl Search<'_> {
    /// What stands behind `key`, in the map behind `of`.
    fn node(&mut self, node: &Node, of: &str, key: &str, hold: Hold) {
        let span = (node.span.start, node.span.end);
        match &node.kind {
            Kind::Scalar { text, style } => {
                self.scalars.insert(span);
                if self.seen.insert((span.0, span.1, hold)) {
                    self.scalar(node, (of, key), (text, *style), hold);
                }
            }
            Kind::Sequence(items) => items.iter().for_each(|item| self.node(item, of, key, hold)),
            Kind::Mapping(entries) => self.map(entries, key, hold),
        }
    }

    fn map(&mut self, entries: &[(Node, Node)], of: &str, hold: Hold) {
        let mut before: Option<&Node> = None;
        for (key, value) in entries {
            let Some((name, _)) = key.scalar() else {
                self.node(key, "", of, hold);
                self.node(value, "", of, hold);
                continue;
            };
            self.scalars.insert((key.span.start, key.span.end));
            let is_rest = is_empty(value) && before.is_some_and(|it| self.belongs(it, key));
            if hold == Hold::Secret || is_rest {
                self.place(key, name, is_rest || lines::is_odd(name));
            } else if let Some((first, rest)) = name.trim().split_once([' ', '\t'])
                && is_empty(value)
                && is_secret_name(first)
            {
                // `password hunter2`, which lacks its colon.
                self.place(key, rest, true);
            } else {
                self.found.urls.push(name.into());
            }
            let inner = inner(hold, of, name, value);
            self.node(value, of, name, inner);
            before = matches!(inner, Hold::Secret | Hold::Values).then_some(value);
        }
    }

    /// Whether a key without a value is the rest of the secret before it: `{password: a,b}`.
    fn belongs(&self, before: &Node, key: &Node) -> bool {
        let between = self.text.get(before.span.end as usize..key.span.start as usize);
        is_empty(before) || between == Some(",")
    }

    fn scalar(
        &mut self,
        node: &Node,
        (of, key): (&str, &str),
        (text, style): (&Arc<str>, Style),
        hold: Hold,
    ) {
        if matches!(hold, Hold::Secret | Hold::Values | Hold::Header) {
            let is_none = style == Style::Plain && matches!(&**text, "" | "~" | "null")
                || matches!(&**text, "true" | "false" | "<secret>");
            if !is_none {
                self.kept.insert(text.as_ptr() as usize);
                self.place(node, text, true);
            }
            return;
        }
        // `- password hunter2`, and `type: Bearer hunter2`.
        if let Some((first, rest)) = text.trim().split_once(' ') {
            let is_type = key == "type" && of == "authorization";
            if is_type || style == Style::Plain && is_secret_name(first) {
                return self.place(node, rest, is_type || lines::is_odd(rest));
            }
        }
        self.found.urls.push(text.clone());
        let quote = usize::from(style == Style::Quoted);
        let start = node.span.start as usize + quote;
        if let Some(written) = self.text.get(start..node.span.end as usize - quote)
            && !text.contains("://")
        {
            let found = lines::places(written, Lines::Comment).into_iter();
            self.found.prose.extend(found.map(|it| start + it.start..start + it.end));
        }
    }

    fn place(&mut self, node: &Node, meant: &str, is_known: bool) {
        let mut range = node.span.start as usize..node.span.end as usize;
        // A block ends where the next thing begins.
        let written = self.text.get(range.clone()).unwrap_or_default().trim_end();
        range.end = range.start + written.len();
        let is_alias = written.starts_with('*');
        // Part of a scalar.
        if let Some(begins) = written.find(meant).filter(|begins| *begins > 1) {
            range = range.start + begins..range.start + begins + meant.len();
        }
        self.found.places.push(Place { range, meant: meant.to_owned(), is_known, is_alias });
    }

    /// Finds the nodes of anchors whose aliases stand in the place of a secret.
    fn anchored(&mut self, node: &Node) {
        match &node.kind {
            Kind::Scalar { text, .. } => {
                if self.kept.contains(&(text.as_ptr() as usize)) {
                    self.place(node, text, false);
                }
            }
            Kind::Sequence(items) => items.iter().for_each(|item| self.anchored(item)),
            Kind::Mapping(entries) => {
                for (key, value) in entries {
                    self.anchored(key);
                    self.anchored(value);
                }
            }
        }
    }
}

/// What a value stands in, by its name and by what its map stands in.
fn inner(hold: Hold, of: &str, name: &str, value: &Node) -> Hold {
    let is_map = matches!(value.kind, Kind::Mapping(_));
    match hold {
        Hold::Headers if is_harmless_header(name) => Hold::Open,
        Hold::Headers if is_map => Hold::Header,
        Hold::Header if name == "files" => Hold::Open,
        Hold::Headers | Hold::Header | Hold::Values => Hold::Values,
        Hold::Secret => Hold::Secret,
        Hold::Open => match name {
            // A map with names of its own.
            "authorization" if is_map => Hold::Open,
            "basic_auth_users" | "endpoint_params" if is_map => Hold::Values,
            "key" if matches!(of, "tls_config" | "tls_server_config") => Hold::Secret,
            _ if is_map && (is_header_map(name) || name.ends_with("_header")) => Hold::Headers,
            _ if is_secret_name(name) && !name.ends_with("_ref") => Hold::Secret,
            _ => Hold::Open,
        },
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(node.scalar(), Some(("" | "~" | "null", Style::Plain)))
}

/// Secrets in comments: in what stands between scalars, behind a `#`.
fn comments(text: &str, scalars: &BTreeSet<(u32, u32)>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    let behind = [(text.len() as u32, text.len() as u32)];
    for (start, end) in scalars.iter().chain(&behind) {
        let until = *start as usize;
        while let Some(hash) = text.get(from..until).and_then(|gap| gap.find('#')) {
            let begins = from + hash;
            let line = text[begins..].find('\n').map_or(text.len(), |end| begins + end);
            let places = lines::places(&text[begins..line], Lines::Comment).into_iter();
            found.extend(places.map(|it| begins + it.start..begins + it.end));
            from = line;
        }
        from = from.max(*end as usize);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "Hunter2-secret";

    fn covered(text: &str) -> String {
        let found = find(text).expect("it is YAML");
        super::super::vault::cover(text, &super::super::vault::merged(found.ranges()))
    }

    fn vault(text: &str) -> Vault {
        let vault = Vault::new();
        find(text).expect("it is YAML").register(text, &vault);
        vault
    }

    /// Every style that a secret can be written in, in the same place.
    #[test]
    fn a_secret_is_found_in_every_style() {
        for text in [
            "remote_write: [{url: http://h, basic_auth: {username: observer, password: @}}]",
            "{remote_write: [{basic_auth: {password: \"@\", username: observer}}]}",
            "a: {basic_auth: {'password': '@', username: observer}} # end",
            "basic_auth:\n  username: observer\n  password: @\n",
            "basic_auth:\n  password: |\n    @\n  username: observer\n",
            "basic_auth:\n  password: >-\n    @\n    more\n  username: observer\n",
            "basic_auth:\n  password:\n    @\n  username: observer\n",
            "basic_auth:\n  password: &p @\n  username: observer\nother: {password: *p}\n",
            "x: &p @\nbasic_auth: {password: *p, username: observer}\n",
            "x: &b {password: @, username: observer}\nbasic_auth: {<<: *b}\n",
            "password: [@, b]\nusername: observer\n",
            "password: {@: x}\n",
            "authorization: {type: Bearer @}\nusername: observer\n",
            "authorization: {type: Bearer, credentials: @}\nusername: observer\n",
            "http_headers: {X-Some: {values: [@]}, Accept: {values: [observer]}}\n",
            "http_headers:\n  X-Some:\n    secrets: ['@']\n    files: [observer]\n",
            "oauth2: {client_id: observer, endpoint_params: {x: @}}\n",
            "basic_auth_users: {observer: @}\n",
            "tls_config: {key: @, cert: observer}\n",
            "{username: observer, password: a,@}",
            "{username: observer, pasword: @}",
            "{username: observer, password @}",
            "scrape_configs: [{params: {token: [@], module: [observer]}}]\n",
            "# password: @\nusername: observer\n",
        ] {
            let text = text.replace('@', WORD);
            let (shown, vault) = (covered(&text), vault(&text));
            assert!(!shown.contains(WORD), "{text} -> {shown}");
            assert!(vault.cover(WORD) == crate::secret::STARS, "{text}: {}", vault.cover(WORD));
            let plain = "true http observer username basic_auth: {type: Bearer}, credentials:";
            assert_eq!(vault.cover(plain), plain, "{text}");
            assert_eq!(shown.contains("observer"), text.contains("observer"), "{text} -> {shown}");
        }
    }

    #[test]
    fn what_is_written_in_another_way_than_it_is_meant_is_known_in_both() {
        let vault = vault("{password: \"Hun\\u0074er2\\x2dsecret\"}");
        assert_eq!(vault.cover(WORD), crate::secret::STARS);
        let text = "password: |\n  first-line1\n  second-line2\nurl: http://h\n";
        assert_eq!(covered(text), "password: |\n  ********\nurl: http://h\n");
        assert_eq!(super::tests::vault(text).cover("x second-line2"), "x ********");
        let text = "{a: 1, password: 'it''s one'}";
        let meant = find(text).unwrap().meanings(text);
        assert_eq!(meant, [(17..28, "it's one".to_owned())]);
    }

    #[test]
    fn names_and_files_of_secrets_stay() {
        let text = "{password_file: /etc/observer, client_secret_ref: observer, key_file: /x, \
                    authorization: {type: Bearer, credentials_file: /y}, \
                    static_configs: [{targets: [a:1, b:2], labels: {host: observer}}]}";
        assert_eq!(covered(text), text);
        assert!(vault(text).is_empty());
        assert!(find("{password: x").is_none());
    }
}
