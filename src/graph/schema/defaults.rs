//! What changed between versions of Alloy while names and types stayed: defaults, and what a
//! setting does. The rows stand in `data/defaults.tsv`; whether a configuration meets one is
//! `validate::upgrade`'s question.

use std::sync::OnceLock;

use super::Version;

static ROWS: &str = include_str!("data/defaults.tsv");

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The first version that has it, as it is written.
    pub since: &'static str,
    /// The component; a name that ends in `*` means a family.
    component: &'static str,
    /// When it matters.
    when: &'static str,
    /// The argument, with the blocks around it before it, separated by `/`; empty: the component.
    pub path: &'static str,
    /// The default until then, in Alloy's syntax, or in words behind a `~`; empty where it is no
    /// default that changed.
    before: &'static str,
    /// The default since then.
    pub after: &'static str,
    text: &'static str,
}

/// What must hold in a component for a change to matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Nothing.
    Always,
    /// It is given.
    Given(&'static str),
    /// It is not given, in a block that is.
    NotGiven(&'static str),
    /// It is given as a text with a dot in it.
    HasDot(&'static str),
    /// It refers to an export whose type is a secret's.
    RefersToSecret(&'static str),
}

impl Changed {
    /// Whether it is about that component.
    pub fn is_of(&self, component: &str) -> bool {
        match self.component.strip_suffix('*') {
            Some(family) => component.starts_with(family),
            None => component == self.component,
        }
    }

    /// Whether it lies between two versions: the newer one has it, the older one has not.
    pub fn is_between(&self, from: Version, to: Version) -> bool {
        self.is_in(to) && !self.is_in(from)
    }

    fn is_in(&self, version: Version) -> bool {
        Version::is_written_within(version.name(), self.since, "")
    }

    /// The first known version that has it.
    pub fn first(&self) -> Version {
        Version::known().find(|version| self.is_in(*version)).unwrap_or_else(Version::latest)
    }

    /// What must hold for it to matter; all of it.
    pub fn conditions(&self) -> impl Iterator<Item = When> {
        let is_default = self.when.is_empty().then_some(When::NotGiven(self.path));
        let written = self.when.split(' ').filter(|when| !when.is_empty()).map(|when| {
            let rest = when.get(1..).unwrap_or_default();
            match when.as_bytes().first() {
                Some(b'+') => When::Given(rest),
                Some(b'-') => When::NotGiven(rest),
                Some(b'.') => When::HasDot(rest),
                Some(b'@') => When::RefersToSecret(rest),
                _ => When::Always,
            }
        });
        is_default.into_iter().chain(written)
    }

    /// Whether it has no effect that a person would notice.
    pub fn is_silent(&self) -> bool {
        self.text == "="
    }

    /// Whether a configuration can fail because of it.
    pub fn breaks(&self) -> bool {
        self.text.starts_with('!')
    }

    /// Whether it is a default that changed.
    pub fn is_default(&self) -> bool {
        !self.before.is_empty()
    }

    /// What there is to say of the argument, as the end of a sentence.
    pub fn says(&self) -> String {
        if !self.is_default() {
            return self.text.trim_start_matches('!').to_owned();
        }
        let before = self.before.trim_start_matches('~');
        format!("is not given: its default is {} instead of {before}", self.after)
    }
}

/// Every change, by version, component and argument.
pub fn changed() -> &'static [Changed] {
    static PARSED: OnceLock<Vec<Changed>> = OnceLock::new();
    PARSED.get_or_init(|| ROWS.lines().filter_map(row).collect())
}

/// The default of an argument in a version that is older than a change of it, in Alloy's syntax.
/// The path has `/` between blocks and argument.
pub fn default_before(version: Version, component: &str, path: &str) -> Option<&'static str> {
    changed()
        .iter()
        .filter(|change| change.is_default() && !change.before.starts_with('~'))
        .filter(|change| change.path == path && change.is_of(component))
        .find(|change| !change.is_in(version))
        .map(|change| change.before)
}

fn row(line: &'static str) -> Option<Changed> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    let row = Changed {
        since: next()?,
        component: next()?,
        when: next()?,
        path: next()?,
        before: next()?,
        after: next()?,
        text: next()?,
    };
    (!line.starts_with('#')).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::schema::Schema;

    #[test]
    fn each_row_is_read_and_says_something() {
        let written = ROWS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(changed().len(), written);
        for change in changed() {
            assert!(change.is_default() != change.after.is_empty(), "{change:?}");
            assert!(change.is_default() || !change.says().is_empty(), "{change:?}");
            assert!(change.conditions().count() > 0 && change.first() <= Version::latest());
        }
    }

    #[test]
    fn each_row_names_a_component_and_an_argument_that_exist() {
        for change in changed() {
            let schema = Schema::for_version(change.first());
            let mut own = schema.components().filter(|it| change.is_of(it.name()));
            assert!(own.any(|it| has(it.arguments(), change.path)), "{change:?}");
        }
    }

    fn has(arguments: Option<crate::graph::schema::Type>, path: &str) -> bool {
        let mut body = arguments;
        path.split('/').filter(|name| !name.is_empty()).all(|name| {
            let field = body.and_then(|body| body.field(name).or_else(|| body.member(name)));
            body = field.and_then(|field| field.body());
            field.is_some()
        })
    }

    #[test]
    fn an_older_version_has_the_older_default() {
        let version = |name| Version::parse(name).expect("known");
        let http2 = |name| {
            let path = "endpoint/enable_http2";
            default_before(version(name), "prometheus.remote_write", path)
        };
        assert_eq!(http2("1.10.2"), Some("true"));
        assert_eq!(http2("1.11.0"), None);
        let family = |path| default_before(version("1.9.0"), "otelcol.exporter.otlp", path);
        assert_eq!(family("sending_queue/batch/min_size"), Some("8192"));
        assert_eq!(family("url"), None);
    }
}
