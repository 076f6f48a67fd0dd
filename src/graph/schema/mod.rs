//! What each version of Alloy takes: components, blocks, types, defaults, functions.
//!
//! The facts are compiled in as two flat files (`data/`), read in place: nothing is parsed or
//! allocated at start. This module says what exists; whether a configuration fits is `validate`'s
//! work.

mod body;
mod codec;
pub mod defaults;
mod function;
mod tables;
mod version;
mod words;

pub use body::{Field, FieldKind, Repeat, Type};
pub use codec::Codec;
pub use function::{Function, FunctionKind};
pub use version::{Fit, Presence, V1_11_0, V1_16_0, V1_18_1, Version};
pub use words::{TypeWords, Words};

use std::fmt;

use tables::{CODECS, COMPONENTS, CONFIGS, FUNCTIONS, NAMES, SERVICES, Table};

/// What one version of Alloy takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    version: Version,
}

/// How far a component has come; from the least to the most stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stability {
    /// May change or vanish.
    Experimental,
    /// May still change.
    PublicPreview,
    /// Stable.
    GenerallyAvailable,
}

impl Stability {
    /// The name as Alloy's `--stability.level` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Stability::Experimental => "experimental",
            Stability::PublicPreview => "public-preview",
            Stability::GenerallyAvailable => "generally-available",
        }
    }

    /// Finds a level by its name.
    pub fn parse(name: &str) -> Option<Stability> {
        [Stability::Experimental, Stability::PublicPreview, Stability::GenerallyAvailable]
            .into_iter()
            .find(|level| level.name() == name)
    }
}

impl fmt::Display for Stability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A component, a configuration block (`logging`, `declare` …) or a service (`http` …).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    schema: Schema,
    table: Table,
    record: u16,
}

impl Schema {
    /// What that version takes.
    pub fn for_version(version: Version) -> Schema {
        Schema { version }
    }

    /// What the newest known version takes.
    pub fn latest() -> Schema {
        Schema::for_version(Version::latest())
    }

    /// The version.
    pub fn version(self) -> Version {
        self.version
    }

    /// The component of that full name, such as `prometheus.scrape`.
    pub fn component(self, name: &str) -> Option<Component> {
        self.find(COMPONENTS, name)
    }

    /// All components, by name.
    pub fn components(self) -> impl Iterator<Item = Component> + Clone {
        self.all(COMPONENTS)
    }

    /// The configuration block of that name: `logging`, `argument`, `import.file` …
    pub fn config_block(self, name: &str) -> Option<Component> {
        self.find(CONFIGS, name)
    }

    /// All configuration blocks, by name.
    pub fn config_blocks(self) -> impl Iterator<Item = Component> + Clone {
        self.all(CONFIGS)
    }

    /// The service of that name: `http`, `remotecfg` …
    pub fn service(self, name: &str) -> Option<Component> {
        self.find(SERVICES, name)
    }

    /// All services, by name.
    pub fn services(self) -> impl Iterator<Item = Component> + Clone {
        self.all(SERVICES)
    }

    /// The member of the standard library of that full name: `string.join`, `sys`, `env` …
    pub fn function(self, name: &str) -> Option<Function> {
        FUNCTIONS
            .named(name)
            .map(|record| Function { record })
            .find(|function| function.presence().contains(self.version))
    }

    /// The standard library, by name.
    pub fn functions(self) -> impl Iterator<Item = Function> + Clone {
        (0..FUNCTIONS.len())
            .map(|record| Function { record })
            .filter(move |function| function.presence().contains(self.version))
    }

    /// The Go type of a `text(NAME)` or `capsule(NAME)`.
    pub fn codec(self, name: &str) -> Option<Codec> {
        let mut records = CODECS.named(name);
        let last = records.clone().last();
        records
            .find(|&record| Presence::of_mask(CODECS.get(record, 1)).contains(self.version))
            .or(last)
            .map(|record| Codec { record })
    }

    /// A type by its Go name.
    pub fn body(self, name: &str) -> Option<Type> {
        NAMES.named(name).next().and_then(|number| Type::of_number(self, number))
    }

    /// A type written in words, such as [`Codec::element`] has them.
    pub fn words(self, words: &'static str) -> TypeWords {
        TypeWords::new(self, words)
    }

    fn find(self, table: Table, name: &str) -> Option<Component> {
        table
            .named(name)
            .map(|record| Component { schema: self, table, record })
            .find(|found| found.own_presence().contains(self.version))
    }

    fn all(self, table: Table) -> impl Iterator<Item = Component> + Clone {
        (0..table.len())
            .map(move |record| Component { schema: self, table, record })
            .filter(move |found| found.own_presence().contains(self.version))
    }
}

impl Component {
    /// The full name.
    pub fn name(self) -> &'static str {
        self.table.text(self.record, 0)
    }

    /// What its body takes; none where it has a free body or cannot be configured.
    pub fn arguments(self) -> Option<Type> {
        Type::of_number(self.schema, self.table.get(self.record, 3))
    }

    /// What it exports.
    pub fn exports(self) -> Option<Type> {
        Type::of_number(self.schema, self.table.get(self.record, 4))
    }

    /// How stable it is; none for a community component.
    pub fn stability(self) -> Option<Stability> {
        match self.table.get(self.record, 2) {
            0 => Some(Stability::GenerallyAvailable),
            1 => Some(Stability::PublicPreview),
            2 => Some(Stability::Experimental),
            _ => None,
        }
    }

    /// Whether it needs `--feature.community-components.enabled`.
    pub fn is_community(self) -> bool {
        self.stability().is_none()
    }

    /// Whether it takes a label.
    pub fn has_label(self) -> bool {
        self.table.get(self.record, 5) != 0
    }

    /// A word on where it may stand; empty for components.
    pub fn note(self) -> &'static str {
        self.table.text(self.record, 6)
    }

    /// Names of arguments and blocks that the reference pages call deprecated, as far as the pages
    /// tell where in the component they are.
    pub fn deprecated_names(self) -> impl Iterator<Item = &'static str> + Clone {
        self.table.text(self.record, 7).split_whitespace()
    }

    /// The versions that have it.
    pub fn presence(self) -> Presence {
        Presence(
            self.table
                .named(self.name())
                .map(|record| tables::mask(self.table.get(record, 1)))
                .fold(0, |all, mask| all | mask),
        )
    }

    fn own_presence(self) -> Presence {
        Presence::of_mask(self.table.get(self.record, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_tells_its_arguments_in_every_version() {
        for version in Version::known() {
            let schema = Schema::for_version(version);
            let scrape = schema.component("prometheus.scrape").expect("it always existed");
            let arguments = scrape.arguments().expect("it takes arguments");
            let targets = arguments.field("targets").expect("it always existed");
            assert!(targets.is_required());
            assert_eq!(
                targets.value().map(TypeWords::text),
                Some("list(capsule(discovery.Target))")
            );
            for component in schema.components() {
                assert!(component.arguments().is_some(), "{version}: {}", component.name());
            }
        }
    }

    #[test]
    fn every_word_and_every_body_is_understood_in_every_version() {
        let mut fields = 0;
        for schema in Version::known().map(Schema::for_version) {
            let mut open: Vec<Type> = schema
                .components()
                .chain(schema.config_blocks())
                .chain(schema.services())
                .flat_map(|component| [component.arguments(), component.exports()])
                .flatten()
                .collect();
            let mut seen = std::collections::BTreeSet::new();
            while let Some(body) = open.pop() {
                if !seen.insert(body.name()) {
                    continue;
                }
                for field in body.fields() {
                    fields += 1;
                    match field.kind() {
                        FieldKind::Attr => {
                            check_words(schema, field.value().expect("an attribute"))
                        }
                        FieldKind::Label => {}
                        _ => open.push(field.body().expect("a block has a type")),
                    }
                }
            }
        }
        assert!(fields > 100_000, "{fields}");
    }

    fn check_words(schema: Schema, words: TypeWords) {
        match words.kind() {
            Words::List(inner) | Words::Map(inner) | Words::Pointer(inner) => {
                check_words(schema, inner);
            }
            Words::Text(codec) | Words::Capsule(codec) => {
                assert!(schema.codec(codec).is_some(), "{codec}");
            }
            Words::Other(words) => panic!("{words}"),
            _ => {}
        }
    }

    #[test]
    fn a_version_is_found_with_and_without_its_letter() {
        assert_eq!(Version::parse("1.18.1"), Version::parse("v1.18.1"));
        assert_eq!(Version::parse("v1.18.1").map(Version::name), Some("v1.18.1"));
        assert_eq!(Version::latest().name(), "main");
        assert_eq!(Version::parse("1.18"), None);
        assert_eq!(Version::parse("vmain"), None);
    }

    #[test]
    fn an_unknown_version_is_placed_between_the_known_ones() {
        let name = |text| Version::fit(text).map(|fit| fit.version().name());
        assert!(matches!(Version::fit("1.18.1-1.2"), Some(Fit::Exact(_))));
        assert_eq!(name("1.18.1-1.2"), Some("v1.18.1"));
        assert!(matches!(Version::fit("1.10.9"), Some(Fit::Between(_))));
        assert_eq!(name("1.10.9"), Some("v1.10.2"));
        assert!(matches!(Version::fit("2.0.0"), Some(Fit::Newer(_))));
        assert!(matches!(Version::fit("1.19.0"), Some(Fit::Newer(_))));
        assert!(matches!(Version::fit("1.19.0-rc.1"), Some(Fit::Between(_))));
        assert!(matches!(Version::fit("1.7.5"), Some(Fit::Older(_))));
        assert_eq!(Version::fit("stable"), None);
        assert_eq!(Version::fit(""), None);
    }

    #[test]
    fn a_range_of_releases_has_an_exclusive_end() {
        let is_within = Version::is_written_within;
        assert!(is_within("1.12.0", "1.12", "1.14"));
        assert!(is_within("v1.13.2-1.1", "1.12", "1.14"));
        assert!(!is_within("1.14.0", "1.12", "1.14"));
        assert!(is_within("main", "1.12", ""));
        assert!(!is_within("main", "1.12", "1.20"));
        assert!(!is_within("", "", ""));
    }

    #[test]
    fn defaults_come_with_the_fields() {
        let scrape = Schema::latest().component("prometheus.scrape").expect("known");
        let field = |name| scrape.arguments().and_then(|body| body.field(name)).expect("known");
        assert_eq!(field("scrape_interval").default(), Some("\"1m0s\""));
        assert_eq!(field("honor_labels").default(), None);
        assert_eq!(field("honor_labels").default_or_zero(), Some("false"));
        let unix = Schema::latest().component("prometheus.exporter.unix").expect("known");
        let filesystem = unix.arguments().and_then(|body| body.field("filesystem"));
        assert!(
            filesystem.and_then(Field::absent).is_some_and(|text| text.contains("mount_timeout"))
        );
    }
}
