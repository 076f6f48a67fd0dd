//! A host in an archive is judged as the same host in a folder.

use std::path::Path;
use std::process::Command;

fn check(root: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .args(["check", "--offline", "--format", "json", "--root"])
        .arg(root)
        .output()
        .expect("the program runs");
    let out = String::from_utf8(output.stdout).expect("the report is UTF-8");
    (output.status.code(), out)
}

#[test]
fn a_host_in_an_archive_gets_the_results_of_its_folder() {
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts");
    let temporary = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for host in std::fs::read_dir(hosts).unwrap() {
        let host = host.unwrap().path();
        for prefix in ["", "sap01"] {
            let mut builder = tar::Builder::new(Vec::new());
            builder.append_dir_all(prefix, &host).unwrap();
            let archive = temporary.path().join("host.tar");
            std::fs::write(&archive, builder.into_inner().unwrap()).unwrap();
            let (code, json) = check(&archive);
            let (expected_code, expected) = check(&host);
            assert_eq!(code, expected_code, "{}", host.display());
            assert!(json == expected, "{} in {prefix:?} differs:\n{json}", host.display());
        }
        seen += 1;
    }
    assert!(seen > 1, "the example hosts were not found");
}

#[test]
fn two_hosts_differ_alike_in_archives_and_in_folders() {
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts");
    let temporary = tempfile::tempdir().unwrap();
    let [good, drifted] = ["good", "drifted"].map(|name| {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_dir_all(name, hosts.join(name)).unwrap();
        let archive = temporary.path().join(name).with_extension("tar");
        std::fs::write(&archive, builder.into_inner().unwrap()).unwrap();
        archive
    });
    let differ = |one: &Path, other: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(["diff", "--format", "json"])
            .args([one, other])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["changes"].clone()
    };
    let in_folders = differ(&hosts.join("good"), &hosts.join("drifted"));
    assert!(in_folders.as_array().is_some_and(|changes| changes.len() > 1), "{in_folders}");
    assert_eq!(differ(&good, &drifted), in_folders);
    assert_eq!(differ(&good, &hosts.join("drifted")), in_folders);
}

#[test]
fn what_is_no_archive_of_one_host_is_an_error_that_says_so() {
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("x.tar.gz");
    for (bytes, said) in [(&b"no archive"[..], "it is no tar archive"), (&[0x1f, 0x8b, 8, 0], "")] {
        std::fs::write(&archive, bytes).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(["check", "--root"])
            .arg(&archive)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.starts_with("error: cannot read ") && err.contains(said), "{err}");
    }
}
