//! What the package tool of the running host says is installed.

use std::time::Duration;

use crate::system::System;

/// How long the package tool may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The version of an installed package, as `rpm` tells it. None where no programs can be run,
/// where there is no rpm or no such package; a Debian host tells by its status file instead.
pub fn version(system: &System, package: &str) -> Option<String> {
    let arguments = ["-q", "--queryformat", "%{VERSION}\n", package];
    let ran = system.programs()?.run("rpm", &arguments, TIME_LIMIT).ok()?;
    let version = ran.out.lines().next()?.trim();
    (ran.is_success && !version.is_empty()).then(|| version.to_owned())
}
