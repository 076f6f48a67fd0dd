//! Configuration that comes from elsewhere: imports from git, http and the like, and `remotecfg`.
//!
//! Names what cannot be known from the files of a host. Fetches nothing.

use crate::graph::import::Outcome;
use crate::graph::{Graph, Place};

/// The block by which Alloy fetches a whole configuration beside its own.
const REMOTECFG: &str = "remotecfg";

/// A part of the configuration that does not lie on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The block, by its id.
    pub block: String,
    /// Why what it brings is unknown.
    pub reason: String,
    /// Where the block stands.
    pub place: Place,
}

impl Graph {
    /// The blocks that bring in configuration which cannot be known here, in load order.
    pub fn elsewhere(&self) -> Vec<Elsewhere> {
        let imports = self.imports().iter().filter_map(|import| match &import.outcome {
            Outcome::Unknown(reason) => Some(Elsewhere {
                block: self.full_id(import.component),
                reason: reason.clone(),
                place: self.header(import.component),
            }),
            _ => None,
        });
        let mut found: Vec<Elsewhere> = self.remote_configuration().chain(imports).collect();
        found.sort_by_key(|it| it.place);
        found.dedup_by_key(|it| it.place);
        found
    }

    /// Without a `url` the block does nothing.
    fn remote_configuration(&self) -> impl Iterator<Item = Elsewhere> + '_ {
        self.files().filter(|file| self.is_program_file(*file)).flat_map(move |file| {
            self.tree(file)
                .body()
                .blocks()
                .filter(|block| block.name() == REMOTECFG && block.body().attr("url").is_some())
                .map(move |block| Elsewhere {
                    block: REMOTECFG.to_owned(),
                    reason: "what Alloy fetches from a server runs beside these files and cannot \
                             be known here"
                        .to_owned(),
                    place: Place { file, span: block.header_span() },
                })
                .collect::<Vec<_>>()
        })
    }
}
