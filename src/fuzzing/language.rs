//! The Alloy language: texts, expressions, patterns, whole programs.

use alloy_grammar::{parser, printer};

use crate::diff::{self, Side};
use crate::eval::{self, Environment, Scope, eval_noting};
use crate::fuzzing::{parts, system};
use crate::go;
use crate::installation::{Installation, Wanted};
use crate::proof::{Dialect, Pattern};
use crate::validate::{Levels, Program, strict, validate};

/// A text: what is printed of a sound one is sound, has every comment, and is printed the same.
pub(super) fn parse(input: &[u8]) {
    let parsed = parser::parse(input);
    let printed = printer::print(&parsed.file);
    if !parsed.errors.is_empty() {
        return;
    }
    let again = parser::parse(printed.as_bytes());
    assert!(again.errors.is_empty(), "what is printed does not parse: {printed}");
    assert_eq!(parsed.file.comments().len(), again.file.comments().len(), "{printed}");
    assert_eq!(printer::print(&again.file), printed, "it is not printed the same again");
}

/// An expression, with a variable to read.
pub(super) fn eval(input: &[u8]) {
    let parsed = parser::parse_expression(input);
    if !parsed.errors.is_empty() {
        return;
    }
    let environment = Environment::known([("A".to_owned(), "a".to_owned())].into());
    let scope = Scope::new().with_environment(&environment);
    if let Ok(value) = eval_noting(parsed.file.expr(parsed.root), &scope, &mut Vec::new())
        && value.unknown_within().is_none()
    {
        eval::json::typed(&value);
    }
}

/// A pattern and a text: what Go refuses matches nothing here.
pub(super) fn regex(input: &[u8]) {
    let [pattern, text] = parts(input).map(String::from_utf8_lossy);
    let is_refused = go::regexp::fault(&pattern).is_some();
    for dialect in [Dialect::ALLOY, Dialect::PROMETHEUS_2] {
        let compiled = Pattern::new(pattern.as_ref(), dialect);
        let matches = compiled.is_match(&text);
        assert!(!(is_refused && matches.is_ok()), "Go refuses {pattern:?}");
        if compiled.matches_all() && !text.contains('\n') {
            assert!(!matches.is_ok_and(|it| !it), "{pattern:?} matches all, not {text:?}");
        }
    }
}

/// Two programs: judged as Alloy does and beyond, proven, and compared.
pub(super) fn program(input: &[u8]) {
    let [one, other] = parts(input);
    let files = [("/etc/alloy/a.alloy", one)];
    let Some(host) = system(&files) else { return };
    let wanted = Wanted { alloy_config: Some("/etc/alloy".into()), ..Wanted::default() };
    let installation = Installation::of(&host, wanted.clone());
    let program = Program::of_files(&installation.merge_set().files);
    let levels = Levels::default();
    let verdict = validate(&program, &levels);
    strict(&program, installation.prover(), &levels, &verdict);
    installation.prover().feed(None);
    let graph = installation.graph();
    let itself = diff::compare(&Side::whole(graph), &Side::whole(graph));
    assert!(itself.is_empty(), "a program differs from itself: {itself:?}");
    let Some(host) = system(&[("/etc/alloy/a.alloy", other)]) else { return };
    let second = Installation::of(&host, wanted);
    diff::compare(&Side::whole(graph), &Side::whole(second.graph()));
}
