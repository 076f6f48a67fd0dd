//! `trento-alloy inspect eval`: the value of an expression.

use std::io::Write;

use alloy_grammar::parser::parse_expression;
use alloy_grammar::span::{LineIndex, Span};

use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::eval::{Constants, Environment, Scope, Value, eval_noting, json};
use crate::system::System;

/// Evaluate an Alloy expression
///
/// Prints the value as JSON with its type. `sys.env` reads the environment of this process;
/// components do not exist here.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct Args {
    /// The expression; it may begin with `-`
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let source = args.expression.as_bytes();
    let lines = LineIndex::new(source);
    let parsed = parse_expression(source);
    for error in &parsed.errors {
        writeln!(io.err, "{}: {}", place(&lines, error.span), error.message)
            .map_err(Error::Output)?;
    }
    if !parsed.errors.is_empty() {
        return Ok(Exit::Findings);
    }
    let system = System::live();
    let environment = Environment::known(system.own_environment().cloned().unwrap_or_default());
    let constants = constants(&system);
    let scope = Scope::new().with_environment(&environment).with_constants(&constants);
    let mut deprecated = Vec::new();
    let found = eval_noting(parsed.file.expr(parsed.root), &scope, &mut deprecated);
    for note in deprecated {
        let place = place(&lines, note.span);
        writeln!(io.err, "{place}: warning: {} is deprecated; use {}", note.name, note.instead)
            .map_err(Error::Output)?;
    }
    let complaint = match &found {
        Err(error) => {
            let subject = if error.names_itself { "" } else { text(source, error.span) };
            let space = if subject.is_empty() { "" } else { " " };
            format!("{}: {subject}{space}{}", place(&lines, error.span), error.message)
        }
        Ok(value) => match value.unknown_within() {
            Some(unknown) => format!("cannot be evaluated here: {}", unknown.reason()),
            None => {
                let out = io.out.as_it_is().map_err(Error::Output)?;
                writeln!(out, "{}", json::typed(value)).map_err(Error::Output)?;
                return Ok(Exit::Clean);
            }
        },
    };
    writeln!(io.err, "{complaint}").map_err(Error::Output)?;
    Ok(Exit::Findings)
}

/// What `constants` holds on this machine, for an Alloy that was built without a version.
fn constants(system: &System) -> Constants {
    let defaults = Constants::default();
    Constants {
        hostname: system.hostname.as_deref().map_or(defaults.hostname, Value::from),
        os: defaults.os,
        arch: Value::string(match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "powerpc64" => "ppc64le",
            other => other,
        }),
        version: Value::string("v0.0.0"),
    }
}

fn place(lines: &LineIndex, span: Span) -> String {
    let at = lines.position(span.start);
    format!("{}:{}", at.line, at.column)
}

fn text(source: &[u8], span: Span) -> &str {
    source.get(span.range()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}
