//! Any bytes can be parsed, and the tree walked and written as JSON.

#![no_main]

use alloy_grammar::{json, parser, visit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let parsed = parser::parse(source);
    assert_eq!(parsed.file.source().len(), source.len());
    for (_, stmt) in visit::statements(parsed.file.body()) {
        assert!(parsed.file.source().get(stmt.span().range()).is_some());
    }
    json::write(&parsed.file);
});
