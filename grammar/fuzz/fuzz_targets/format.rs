//! What parses is printed to the same tree with the same comments, and printing again changes
//! nothing.

#![no_main]

use alloy_grammar::{parser, printer, visit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let Ok(file) = parser::parse(source).into_sound() else { return };
    let printed = printer::print(&file);
    let again = parser::parse(printed.as_bytes()).into_sound().expect("it parses");
    assert!(visit::same_tree(&file, &again));
    assert_eq!(file.comments().len(), again.comments().len());
    assert_eq!(printer::print(&again), printed);
});
