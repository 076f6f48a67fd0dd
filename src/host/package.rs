//! What the package tool of the running host says is installed.

use std::process::{Command, Stdio};

/// The version of an installed package, as `rpm` tells it. None where there is no rpm or no such
/// package; a Debian host tells by its status file instead.
pub fn version(package: &str) -> Option<String> {
    let output = Command::new("rpm")
        .args(["-q", "--queryformat", "%{VERSION}\n", package])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.lines().next()?.trim();
    (output.status.success() && !version.is_empty()).then(|| version.to_owned())
}
