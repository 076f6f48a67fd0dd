//! What Prometheus loads on a host and how it is started, for people and as JSON.

use std::io::{self, Write};

use camino::Utf8PathBuf;
use serde_json::json;

use crate::installation::Prometheus;
use crate::render::json::{Versioned, pretty};
use crate::render::table;
use crate::visible::{Lines, visible};

/// Writes unit, version, mode and path, and each file with what becomes of it.
pub fn human(
    prometheus: &Prometheus,
    candidates: &[Utf8PathBuf],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = |name: &str, text: &str| -> io::Result<()> {
        writeln!(out, "{name}: {}", visible(text, Lines::Fold))
    };
    line("path", prometheus.config.as_str())?;
    line("is", &state(prometheus))?;
    line("version", &version(prometheus))?;
    line("mode", prometheus.mode.name())?;
    if let Some(stop) = prometheus.arguments.stop() {
        line("ends at once", &stop.message)?;
    }
    match &prometheus.unit {
        Ok(unit) => {
            let files: Vec<String> = unit.files().iter().map(ToString::to_string).collect();
            line("unit", &files.join(", "))?;
        }
        Err(absent) => line("unit", &absent.reason)?,
    }
    line("samples wait in", prometheus.storage().as_str())?;
    let rows: Vec<[String; 2]> = files(prometheus, candidates)
        .into_iter()
        .map(|(path, state)| [path, state.to_owned()])
        .collect();
    writeln!(out)?;
    table::rows(["FILE", "STATE"], &rows, out)
}

/// Writes the same as one JSON object.
pub fn json(
    prometheus: &Prometheus,
    candidates: &[Utf8PathBuf],
    out: &mut dyn Write,
) -> io::Result<()> {
    let files: Vec<_> = files(prometheus, candidates)
        .into_iter()
        .map(|(path, state)| json!({"path": path, "state": state}))
        .collect();
    pretty(
        &Versioned::new(json!({
            "sender": "prometheus-agent",
            "path": prometheus.config,
            "is": state(prometheus),
            "version": prometheus.version.to_string(),
            "version_known": prometheus.written.is_some(),
            "mode": prometheus.mode.name(),
            "stops": prometheus.arguments.stop().map(|stop| &stop.message),
            "unit": prometheus.unit.as_ref().ok().map(|unit| &unit.name),
            "storage": prometheus.storage(),
            "files": files,
        })),
        out,
    )
}

fn state(prometheus: &Prometheus) -> String {
    match (&prometheus.bytes, &prometheus.configuration) {
        (Err(why), _) => format!("not readable: {why}"),
        (_, Err(refused)) => format!("not loaded: {}", refused.message),
        (Ok(_), Ok(_)) => "a configuration that Prometheus loads".to_owned(),
    }
}

fn version(prometheus: &Prometheus) -> String {
    match &prometheus.written {
        Some(written) => written.clone(),
        None => format!("not known; held against {}", prometheus.version),
    }
}

/// Each file, and what becomes of it.
fn files(prometheus: &Prometheus, candidates: &[Utf8PathBuf]) -> Vec<(String, &'static str)> {
    let loaded = prometheus.configuration.iter().flat_map(|it| it.sources());
    let mut files: Vec<(String, &str)> =
        loaded.map(|source| (source.path().to_owned(), "loaded")).collect();
    if files.is_empty() {
        files.push((prometheus.config.to_string(), "not loaded"));
    }
    files.extend(candidates.iter().map(|path| (path.to_string(), "not loaded")));
    files
}
