//! The structs of `prometheus.yml` and their fields, with the versions that know them.
//!
//! The table is `fields.txt`; it is read once, when the first file is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::version::Version;

/// A struct: what a mapping in the file may hold.
#[derive(Debug)]
pub(super) struct Struct {
    /// Its name in the table.
    pub name: &'static str,
    /// What Go calls it in an error.
    pub go: &'static str,
    fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Debug)]
pub(super) struct Field {
    pub name: &'static str,
    /// Its type, in the table's words.
    pub kind: &'static str,
    first: (u16, u16),
    last: (u16, u16),
}

impl Struct {
    /// The struct of that name.
    pub(super) fn named(name: &str) -> Option<&'static Struct> {
        table().get(name)
    }

    /// The field of that name, if that version knows it.
    pub(super) fn field(&self, name: &str, version: &Version) -> Option<&Field> {
        let release = version.release();
        self.fields
            .iter()
            .find(|field| field.name == name && (field.first..=field.last).contains(&release))
    }

    /// The type of the field of that name, in any version.
    pub(super) fn kind_of(&self, name: &str) -> Option<&'static str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.kind)
    }

    /// The names of all fields, of any version.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }
}

fn table() -> &'static BTreeMap<&'static str, Struct> {
    static TABLE: OnceLock<BTreeMap<&'static str, Struct>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let text = include_str!("fields.txt");
        let mut table = BTreeMap::new();
        for block in text.split("\n= ").skip(1) {
            let mut lines = block.lines();
            let Some((name, go)) = lines.next().and_then(|line| line.split_once(' ')) else {
                continue;
            };
            table.insert(name, Struct { name, go, fields: fields_of(text, lines) });
        }
        table
    })
}

fn fields_of(table: &'static str, lines: std::str::Lines<'static>) -> Vec<Field> {
    let mut fields = Vec::new();
    for line in lines {
        let mut words = line.split(' ');
        let (Some(first), Some(second)) = (words.next(), words.next()) else { continue };
        let (from, to) = range(words.next().unwrap_or_default());
        if first == "+" {
            let head = format!("\n= {second} ");
            let Some(at) = table.find(&head) else { continue };
            let behind = &table[at + head.len()..];
            let inner = behind.split("\n\n").next().unwrap_or_default();
            let mut inner = inner.lines();
            inner.next();
            for field in fields_of(table, inner) {
                fields.push(Field {
                    first: field.first.max(from),
                    last: field.last.min(to),
                    ..field
                });
            }
            continue;
        }
        fields.push(Field { name: first, kind: second, first: from, last: to });
    }
    fields
}

/// `2.43`, `2.41-2.42`, `-2.42` or nothing.
pub(super) fn range(text: &str) -> ((u16, u16), (u16, u16)) {
    let (first, last) = text.split_once('-').unwrap_or((text, ""));
    let release = |text: &str| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    (release(first).unwrap_or((0, 0)), release(last).unwrap_or((u16::MAX, u16::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_takes_in_the_fields_of_another_in_its_versions() {
        let job = Struct::named("ScrapeConfig").unwrap();
        let version = |text: &str| Version::parse(text).unwrap();
        assert!(job.field("no_proxy", &version("2.42.0")).is_none());
        assert_eq!(job.field("no_proxy", &version("2.43.0")).unwrap().kind, "text");
        assert_eq!(job.field("static_configs", &version("2.32.0")).unwrap().kind, "static");
        assert_eq!(job.field("proxy_url", &version("2.42.0")).unwrap().kind, "proxy");
        assert_eq!(job.field("proxy_url", &version("3.14.0")).unwrap().kind, "proxy");
    }

    #[test]
    fn every_type_of_the_table_is_known() {
        for of in table().values() {
            for field in &of.fields {
                let bare = field.kind.trim_start_matches("[]").trim_start_matches('*');
                let is_struct = Struct::named(bare).is_some();
                assert!(is_struct || super::super::decode::is_known(field.kind), "{}", field.kind);
            }
        }
    }
}
