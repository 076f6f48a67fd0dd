//! Sources made to hurt: deep, long, wrong all over. Each is read in linear time and printed, or
//! refused politely, on a small stack.

use std::time::{Duration, Instant};

use alloy_grammar::parser::{self, MAX_DEPTH};
use alloy_grammar::{json, printer, visit};

/// Far more than any of these takes, far less than quadratic work on them would.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads and, if it is valid, writes a source in every way.
fn try_all(source: &str) -> usize {
    let start = Instant::now();
    let parsed = parser::parse(source.as_bytes());
    let errors = parsed.errors.len();
    visit::statements(parsed.file.body()).count();
    if let Ok(file) = parsed.into_sound() {
        json::write(&file);
        let printed = printer::print(&file);
        let again = parser::parse(printed.as_bytes()).file;
        assert!(visit::same_tree(&file, &again));
    }
    assert!(start.elapsed() < PATIENCE, "{:?} for {} bytes", start.elapsed(), source.len());
    errors
}

#[test]
fn sixty_one_thousand_levels_are_accepted() {
    const DEPTH: usize = 61_000;
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{a = ", "1", "}"),
        ("f(", "", ")"),
        ("a[", "0", "]"),
        ("-", "1", ""),
        ("!(1 + ", "1", ")"),
        ("a ^ ", "1", ""),
        ("", "a", ".b"),
        ("a + ", "1", ""),
    ] {
        let source = format!("x = {}{inner}{}\n", open.repeat(DEPTH), close.repeat(DEPTH));
        assert_eq!(try_all(&source), 0, "{open}{inner}{close}");
    }
}

#[test]
fn nested_blocks_are_accepted_and_too_much_indent_is_not_written() {
    let depth = 61_000;
    let source = format!("{}{}\n", "b {\n".repeat(depth), "}\n".repeat(depth).trim_end());
    let file = parser::parse(source.as_bytes()).into_sound().expect("it is valid");
    assert_eq!(printer::print(&file), source);
}

#[test]
fn what_nests_too_deep_is_refused() {
    for open in ["(", "[", "-", "{a=", "f(", "1^", "x{"] {
        let start = if open == "x{" { "" } else { "x = " };
        let source = format!("{start}{}", open.repeat(1_000_000));
        let errors = parser::parse(source.as_bytes()).errors;
        let message = format!("nesting is deeper than {MAX_DEPTH} levels");
        assert_eq!(errors.last().map(|error| error.message.as_str()), Some(&message[..]), "{open}");
    }
}

#[test]
fn long_and_wrong_sources_take_linear_time() {
    assert_eq!(try_all(&format!("a = \"{}\"\n", "x".repeat(4_000_000))), 0);
    assert_eq!(try_all(&format!("a = [{}]\n", "1, ".repeat(100_000))), 0);
    assert_eq!(try_all(&format!("a = {{{}}}\n", "b = 1, ".repeat(30_000))), 0);
    assert_eq!(try_all(&"/* c */".repeat(50_000)), 0);
    assert_eq!(try_all(&"// c\n\n".repeat(50_000)), 0);
    assert_eq!(try_all(&"a = 1 // c\n".repeat(30_000)), 0);
    assert_eq!(try_all(&"a = = 1\n".repeat(50_000)), 50_000);
    assert_eq!(try_all(&"$".repeat(50_000)), 50_001);
    assert_eq!(try_all(&format!("a = {}", "}".repeat(200_000))), 1);
}
