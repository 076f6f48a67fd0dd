//! Validation against what the real command says, and the schema behind it.

#[path = "../src/graph/schema/data/pack.rs"]
mod pack;

#[test]
fn packed_schema_is_made_of_its_facts() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph/schema/data");
    let facts = std::fs::read_to_string(data.join("facts.tsv")).expect("facts.tsv is there");
    let packed = pack::pack(&facts).expect("facts.tsv is understood");
    let stale = "run `cargo run --example schema -- pack`";
    assert!(std::fs::read(data.join("tables.bin")).expect("is there") == packed.tables, "{stale}");
    let strings = std::fs::read_to_string(data.join("strings.txt")).expect("is there");
    assert!(strings == packed.strings, "{stale}");
}
