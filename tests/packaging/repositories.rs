//! A repository of Alloy configurations: the pre-commit hooks, and the steps of the GitHub action.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::tools::{PROGRAM, packaging, succeed, tool};

const SOUND: &str = "logging {\n\tlevel = \"warn\"\n}\n";

/// A folder with the program in it under its name, and a PATH that begins there.
fn path() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(PROGRAM, folder.path().join("trento-alloy")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.path().display());
    (folder, path)
}

#[test]
fn pre_commit_formats_and_validates() {
    let (Some(_), Some(_)) = (tool("pre-commit"), tool("git")) else { return };
    let (_bin, path) = path();
    let hooks = tempfile::tempdir().unwrap();
    let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    fs::copy(definition, hooks.path().join(".pre-commit-hooks.yaml")).unwrap();
    let site = tempfile::tempdir().unwrap();
    let git = |folder: &Path, args: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-C"]).arg(folder);
        succeed(git.args(args).env("GIT_CONFIG_GLOBAL", "/dev/null"))
    };
    git(hooks.path(), &["init", "-q"]);
    git(hooks.path(), &["add", "."]);
    git(hooks.path(), &["commit", "-q", "-m", "hooks"]);
    let revision = git(hooks.path(), &["rev-parse", "HEAD"]);
    git(site.path(), &["init", "-q"]);
    let config = format!(
        "repos:\n- repo: {}\n  rev: {}\n  hooks:\n  - id: trento-alloy-fmt\n  \
         - id: trento-alloy-validate\n    args: [alloy]\n  - id: trento-alloy-check\n    \
         args: [alloy]\n",
        hooks.path().display(),
        revision.trim(),
    );
    fs::write(site.path().join(".pre-commit-config.yaml"), config).unwrap();
    fs::create_dir(site.path().join("alloy")).unwrap();
    let file = site.path().join("alloy/config.alloy");
    let commit = |text: &str| -> Output {
        fs::write(&file, text).unwrap();
        git(site.path(), &["add", "."]);
        Command::new("pre-commit")
            .args(["run", "--all-files", "--color", "never"])
            .current_dir(site.path())
            .env("PATH", &path)
            .env("PRE_COMMIT_HOME", hooks.path().join("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap()
    };
    let sound = commit(SOUND);
    assert!(sound.status.success(), "{sound:?}");
    let unformatted = commit("logging{\nlevel=\"warn\"\n}\n");
    assert!(!unformatted.status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), SOUND, "the hook has formatted it");
    let wrong = commit("prometheus.scrape \"a\" { }\n");
    let said = String::from_utf8_lossy(&wrong.stdout).into_owned();
    assert!(!wrong.status.success(), "{said}");
    let line = |name: &str| said.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("format Alloy").ends_with("Passed"), "{said}");
    assert!(line("validate the Alloy").ends_with("Failed"), "{said}");
    assert!(said.contains("missing required"), "{said}");
}

#[test]
fn the_action_annotates_and_fails() {
    let (_bin, path) = path();
    let site = tempfile::tempdir().unwrap();
    let run = |text: &str, fail_on: &str| -> (Option<i32>, String) {
        fs::write(site.path().join("config.alloy"), text).unwrap();
        let output = Command::new(packaging("github/run"))
            .current_dir(site.path())
            .env("PATH", &path)
            .env("INPUT_PATH", "config.alloy")
            .env("INPUT_ALLOY_VERSION", "1.18.1")
            .env("INPUT_FAIL_ON", fail_on)
            .env("INPUT_SARIF", "found.sarif")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = run(SOUND, "critical");
    assert_eq!((code, said.contains("::error")), (Some(0), false), "{said}");
    let sarif = fs::read_to_string(site.path().join("found.sarif")).unwrap();
    assert!(sarif.contains("\"2.1.0\""));
    let (code, said) = run("prometheus.scrape \"a\" { }\n", "never");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("::error ") && said.contains("file=config.alloy,line=1,"), "{said}");
    let (code, said) = run("logging{}\n", "never");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("config.alloy") && said.contains("format"), "{said}");
}

#[test]
fn the_action_has_the_inputs_that_its_steps_read() {
    let action = fs::read_to_string(packaging("github/action.yml")).unwrap();
    let steps = fs::read_to_string(packaging("github/run")).unwrap();
    for name in ["PATH", "ALLOY_VERSION", "FAIL_ON", "SARIF"] {
        let input = name.to_lowercase().replace('_', "-");
        assert!(action.contains(&format!("\n  {input}:\n")), "{input}");
        assert!(action.contains(&format!("INPUT_{name}: ${{{{ inputs.{input} }}}}")), "{name}");
        assert!(steps.contains(&format!("${{INPUT_{name}:-")), "{name}");
    }
}
