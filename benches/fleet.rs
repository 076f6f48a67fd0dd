//! A fleet checked as `check --hosts --format jsonl` does it: hosts a second, and peak memory.
//!
//! `cargo bench --bench fleet [HOSTS…]` makes folders of hosts, and archives of them, and runs the
//! program on each number of hosts. The hosts are the examples of docs, each with a name and an ID
//! of its own.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many hosts are checked where nobody says.
const HOSTS: &[usize] = &[100, 2_000];
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(5);

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let counts = if given.is_empty() { HOSTS.to_vec() } else { given };
    println!("{:>8} {:>10} {:>10} {:>12}", "hosts", "from", "hosts/s", "peak memory");
    for count in counts {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let folders = folder.path().join("folders");
        let archives = folder.path().join("archives");
        fs::create_dir_all(&archives).expect("a folder can be made");
        for number in 0..count {
            let host = host(&folders, number);
            let archive = archives.join(format!("sap{number:05}.tar.gz"));
            pack(&host, &archive);
        }
        for (name, path) in [("folders", &folders), ("archives", &archives)] {
            let (took, memory) = run(path);
            let speed = count as f64 / took.as_secs_f64();
            println!("{count:>8} {name:>10} {speed:>10.0} {:>9.1} MB", memory as f64 / 1024.0);
        }
    }
}

/// A host of a number: every tenth has drifted.
fn host(folders: &Path, number: usize) -> PathBuf {
    let example = if number.is_multiple_of(10) { "drifted" } else { "good" };
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hosts").join(example);
    let to = folders.join(format!("sap{number:05}"));
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.expect("the example can be listed");
        let below = to.join(entry.path().strip_prefix(&from).expect("it lies below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&below).expect("a folder can be made");
        } else {
            fs::copy(entry.path(), &below).expect("it can be copied");
        }
    }
    fs::write(to.join("etc/hostname"), format!("sap{number:05}\n")).expect("it can be written");
    to
}

fn pack(host: &Path, archive: &Path) {
    let done = Command::new("tar").arg("-czf").arg(archive).arg("-C").arg(host).arg(".").status();
    assert!(done.is_ok_and(|status| status.success()), "tar packs a host");
}

/// How long the program takes for a folder, and the most memory it has meanwhile, in kilobytes.
fn run(path: &Path) -> (Duration, u64) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
        .args(["check", "--format", "jsonl", "--fail-on", "never", "--hosts"])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it can be waited for").is_none() {
        peak = peak.max(peak_memory(&status));
        std::thread::sleep(LOOK);
    }
    (began.elapsed(), peak)
}

/// What the kernel calls the high water mark.
fn peak_memory(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
