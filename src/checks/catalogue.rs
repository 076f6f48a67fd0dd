//! The checks that come with the program: every file of `checks/`, embedded.

use crate::checks::compact::{self, Reader};
use crate::checks::engine;
use crate::checks::load::{self, Loaded};
use crate::checks::model::Check;
use crate::source::Source;

/// A check file by its name.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// The file's name, such as `A11001.yaml`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The text's fingerprint.
    fingerprint: u64,
}

impl Embedded {
    const fn new(name: &'static str, text: &'static str) -> Embedded {
        Embedded { name, text, fingerprint: compact::fingerprint(text) }
    }
}

/// Embeds files of `checks/` by their names without the ending.
macro_rules! embed {
    ($($id:literal)*) => {
        &[$(Embedded::new(
            concat!($id, ".yaml"),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/checks/", $id, ".yaml")),
        )),*]
    };
}

/// Every check of the catalogue, sorted by id. A test compares it with the folder.
pub const CATALOGUE: &[Embedded] = embed! {
    "A11001" "A11002" "A11003" "A11004" "A11005" "A11006" "A11007" "A11008" "A11010"
    "A11011" "A11012" "A11013" "A11014" "A11015" "A11016" "A11017" "A11020"
    "A11021" "A11022" "A11023" "A11024" "A11025" "A11026" "A11027" "A11028"
    "A11029" "A11030" "A11031" "A11032" "A11033" "A11034" "A11035" "A11036"
    "A11037" "A11038" "A11040" "A11041" "A11042" "A11043" "A11044" "A11050"
    "A11051" "A11052" "A11053" "A11054" "A11055" "A11056" "A11060" "A11061"
    "A11070" "A11071" "A11072" "A11073" "A11074" "A11075" "A11076"
    "A11080" "A11081" "A11082"
};

/// The folder that they seem to lie in.
const FOLDER: &str = "checks/";

/// Every check of [`CATALOGUE`] in its compact form, in the same order.
const COMPACT: &str = include_str!("catalogue.compact");

/// Reads the catalogue for a run: what each check is, without the places of its parts.
pub fn load() -> Vec<Loaded> {
    let mut compact = Reader::new(COMPACT);
    let read = |embedded: &Embedded| {
        let source = source(embedded);
        match compact.check(&source, embedded.fingerprint) {
            Some(check) => Loaded::of_check(source, check),
            None => load::source(source),
        }
    };
    CATALOGUE.iter().map(read).collect()
}

/// Whether a check of this id is in the catalogue, in capitals or not.
pub fn contains(id: &str) -> bool {
    let ids = CATALOGUE.iter().filter_map(|check| check.name.strip_suffix(".yaml"));
    ids.into_iter().any(|known| known.eq_ignore_ascii_case(id))
}

/// Whether a check is one of the catalogue as it is, not one that somebody changed.
pub fn is_own(check: &Check) -> bool {
    let name = check.source.path().strip_prefix(FOLDER).unwrap_or_default();
    CATALOGUE.iter().any(|own| own.name == name && own.text == check.source.text())
}

/// Reads the catalogue's files, with the places of everything in them.
pub fn load_with_places() -> Vec<Loaded> {
    engine::on_large_stacks(CATALOGUE, |embedded| load::source(source(embedded)))
}

fn source(embedded: &Embedded) -> Source {
    Source::embedded(format!("{FOLDER}{}", embedded.name), embedded.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/checks");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .map(|entries| {
                entries
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .filter(|name| name.ends_with(".yaml"))
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        let embedded: Vec<&str> = CATALOGUE.iter().map(|check| check.name).collect();
        assert_eq!(
            embedded, names,
            "list every file of checks/ in src/checks/catalogue.rs, sorted"
        );
    }

    #[test]
    fn the_compact_form_is_made_of_the_files() {
        let made: String = load_with_places()
            .iter()
            .map(|loaded| {
                let check = loaded.check.as_ref().unwrap();
                compact::written(check).unwrap_or_default()
            })
            .collect();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checks/catalogue.compact");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(file, made).unwrap();
            return;
        }
        assert!(made == COMPACT, "run the tests with UPDATE_DOCS=1 after a change in checks/");
    }
}
