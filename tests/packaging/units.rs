//! The systemd units and the packages' recipes, by the tools that read them where installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::tools::{PROGRAM, packaging, succeed, tool};

/// The units with the program under test in place of the installed one.
fn units(folder: &Path) {
    for name in ["trento-alloy-check.service", "trento-alloy-check.timer"] {
        let text = fs::read_to_string(packaging("systemd").join(name)).unwrap();
        fs::write(folder.join(name), text.replace("/usr/bin/trento-alloy", PROGRAM)).unwrap();
    }
}

#[test]
fn systemd_takes_the_units() {
    let Some(mut analyze) = tool("systemd-analyze") else { return };
    let folder = tempfile::tempdir().unwrap();
    units(folder.path());
    // Alloy's unit stands in for the packaged one, with our drop-in on it.
    fs::write(
        folder.path().join("alloy.service"),
        "[Service]\nExecStart=/bin/true\nExecReload=/bin/true $MAINPID\n",
    )
    .unwrap();
    let drop_in = folder.path().join("alloy.service.d");
    fs::create_dir(&drop_in).unwrap();
    let gate = packaging("systemd/alloy.service.d/50-trento-alloy-gate.conf");
    let text = fs::read_to_string(gate).unwrap();
    fs::write(drop_in.join("gate.conf"), text.replace("/usr/bin/trento-alloy", PROGRAM)).unwrap();
    let said = succeed(
        analyze
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .args(["trento-alloy-check.service", "trento-alloy-check.timer", "alloy.service"])
            .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()))
            .current_dir(folder.path()),
    );
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("trento-alloy-check") || line.contains("gate.conf"))
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
}

#[test]
fn the_service_is_locked_in() {
    let Some(mut analyze) = tool("systemd-analyze") else { return };
    let folder = tempfile::tempdir().unwrap();
    units(folder.path());
    // In tenths: root, the network and two capabilities are what remains.
    let said = succeed(
        analyze
            .args(["security", "--offline=true", "--threshold=30", "--no-pager"])
            .arg(folder.path().join("trento-alloy-check.service")),
    );
    let exposure = said.lines().find(|line| line.contains("Overall exposure")).unwrap_or_default();
    eprintln!("{}", exposure.trim());
}

#[test]
fn the_timer_is_the_one_that_exported_checks_ask_for() {
    let export =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks/export.rs"))
            .unwrap();
    for unit in ["trento-alloy-check.service", "trento-alloy-check.timer"] {
        assert!(packaging("systemd").join(unit).is_file());
        assert!(export.contains(&format!("\"{unit}\"")));
    }
    let service = fs::read_to_string(packaging("systemd/trento-alloy-check.service")).unwrap();
    assert!(service.contains("--publish /run/trento-alloy/results"));
    assert!(export.contains("\"/run/trento-alloy/results\""));
}

#[test]
fn rpm_reads_the_spec() {
    let Some(mut rpmspec) = tool("rpmspec") else { return };
    let said = succeed(rpmspec.arg("-P").arg(packaging("rpm/trento-alloy.spec")));
    assert!(said.contains("Name:"));
}

#[test]
fn rpmlint_finds_nothing() {
    let Some(mut rpmlint) = tool("rpmlint") else { return };
    rpmlint.arg("--config").arg(packaging("../../tests/packaging/rpmlint.toml"));
    let output = rpmlint.arg(packaging("rpm/trento-alloy.spec")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains(": E: ") && !said.contains(": W: "), "{said}");
}

#[test]
fn the_versions_of_the_packages_are_the_program_s() {
    let version = env!("CARGO_PKG_VERSION");
    let spec = fs::read_to_string(packaging("rpm/trento-alloy.spec")).unwrap();
    assert!(spec.lines().any(|line| line == format!("Version:        {version}")));
    let changelog = fs::read_to_string(packaging("debian/changelog")).unwrap();
    assert!(changelog.starts_with(&format!("trento-alloy ({version}-1)")));
}

#[test]
fn debian_reads_its_files() {
    let Some(mut parse) = tool("dpkg-parsechangelog") else { return };
    let folder = packaging("debian");
    let said = succeed(parse.arg("-l").arg(folder.join("changelog")));
    assert!(said.contains("Source: trento-alloy"));
    let Some(mut make) = tool("make") else { return };
    // A dry run: the rules are read, nothing is done.
    let source = tempfile::tempdir().unwrap();
    succeed(Command::new("cp").arg("-r").arg(&folder).arg(source.path().join("debian")));
    let rules = ["-n", "-f", "debian/rules", "override_dh_auto_build"];
    let said = succeed(make.args(rules).current_dir(source.path()));
    assert!(said.contains("docs/packaging/release/build --frozen"));
    let build = std::fs::read_to_string(packaging("release/build")).unwrap();
    assert!(build.contains("cargo build --release --locked \"$@\""));
}
