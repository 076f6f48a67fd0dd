//! The program under test, its packaging files, and tools that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_trento-alloy");

/// The settings of an agent that pushes.
pub const AGENT: &str = "\
prometheus-mode: push
prometheus-url: https://trento.example.com/prometheus/api/v1/write
prometheus-auth: basic
prometheus-auth-username: admin
prometheus-auth-password: geheim
force-agent-id: 1e2f3a4b-0000-5000-8000-000000000001
";

/// A folder with packaging files.
pub fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/packaging").join(name)
}

/// A tool that is not ours, if it is installed; says so if it is not.
pub fn tool(name: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found.map(Command::new)
}

/// Runs a command, and gives its output; fails the test where the command fails.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    format!("{out}{err}")
}
