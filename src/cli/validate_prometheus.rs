//! `trento-alloy validate --sender prometheus-agent`: what promtool and a start would say.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::{Exit, Io};
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::{Error, Result};
use crate::prometheus::{self, Finding, Version};
use crate::render::verdict;
use crate::system::System;
use crate::visible::{Lines, visible};

/// What is asked.
pub(super) struct Question<'a> {
    pub system: &'a System,
    pub paths: &'a [Utf8PathBuf],
    pub version: Option<&'a str>,
    pub is_strict: bool,
    pub as_json: bool,
}

/// Answers it.
pub(super) fn run(question: &Question<'_>, io: &mut Io<'_>) -> Result<Exit> {
    let version = match question.version {
        Some(version) => Version::parse(version)?,
        None => Version::NEWEST,
    };
    let [path] = question.paths else {
        return Err(Error::Usage("give the one file that Prometheus loads".to_owned()));
    };
    let files = &question.system.files;
    let (path, bytes) = if path == "-" {
        let mut bytes = Vec::new();
        io.stdin
            .read_to_end(&mut bytes)
            .map_err(|source| Error::Read { path: path.clone(), source })?;
        (Utf8Path::new("<stdin>"), bytes)
    } else {
        let bytes =
            files.read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        (path.as_path(), bytes)
    };
    let answer = prometheus::promtool(files, path, &bytes, &version);
    let mut said = verdict::Prometheus {
        is_ok: answer.is_ok(),
        error: answer.error,
        diagnostics: answer.findings.into_iter().map(|it| of(Severity::Error, it)).collect(),
        warnings: answer.warnings,
        unproven: answer.unproven,
    };
    if question.is_strict {
        let start = prometheus::start(files, path, &bytes, &version);
        said.is_ok = start.is_ok();
        said.diagnostics = start.findings.into_iter().map(|(how, it)| of(how, it)).collect();
        said.error = start.error;
    }
    if question.as_json {
        verdict::prometheus_json(&said, &mut io.out).map_err(Error::Output)?;
    } else {
        write(&said, &version, question.is_strict, io).map_err(Error::Output)?;
    }
    Ok(if said.is_ok { Exit::Clean } else { Exit::Findings })
}

fn of(severity: Severity, finding: Finding) -> Diagnostic {
    let Finding { message, source, span } = finding;
    let code = prometheus::NOT_ACCEPTED;
    match severity {
        Severity::Error => Diagnostic::error(code, &source, span, message),
        Severity::Warning => Diagnostic::warning(code, &source, span, message),
    }
}

fn write(
    said: &verdict::Prometheus,
    version: &Version,
    is_strict: bool,
    io: &mut Io<'_>,
) -> std::io::Result<()> {
    if let Some(error) = &said.error {
        writeln!(io.out, "{}", visible(error, Lines::Keep))?;
    }
    // The lines themselves may hold credentials: only their places are printed.
    for found in &said.diagnostics {
        let message = visible(&found.message, Lines::Fold);
        match found.source.at(found.span) {
            Some(at) => writeln!(io.out, "{}:{}:{}: {message}", at.file, at.line, at.column)?,
            None => writeln!(io.out, "{}: {message}", found.source.path())?,
        }
    }
    for warning in &said.warnings {
        writeln!(io.out, "warning: {warning}")?;
    }
    for unproven in &said.unproven {
        writeln!(io.out, "unproven: {unproven}")?;
    }
    let verdict = match (said.is_ok, is_strict) {
        (true, false) => "is valid",
        (false, false) => "is not valid",
        (true, true) => "starts",
        (false, true) => "does not run",
    };
    writeln!(io.out, "The configuration {verdict} (Prometheus {version}, agent mode).")
}
