//! The program that makes the schema's tables. It is not part of trento-alloy itself.
//!
//! ```text
//! cargo run --example schema -- import DIR   # DIR/versions/components.jsonl … → facts.tsv
//! cargo run --example schema -- pack         # facts.tsv → strings.txt, tables.bin
//! ```
//!
//! `import` reads extracted facts about Grafana Alloy (Apache-2.0); who adds a version by hand
//! edits `facts.tsv` and runs `pack`.

mod import;
mod pack;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph/schema/data");
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<&str>>()[..] {
        ["import", from] => fs::write(here.join("facts.tsv"), import::facts(&PathBuf::from(from))?),
        ["pack"] => {
            let facts = fs::read_to_string(here.join("facts.tsv"))?;
            let packed = pack::pack(&facts).map_err(io::Error::other)?;
            fs::write(here.join("strings.txt"), packed.strings)?;
            fs::write(here.join("tables.bin"), packed.tables)
        }
        _ => Err(io::Error::other("give `import DIR` or `pack`")),
    }
}
