//! The process that the agent starts: its line, its answers, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::tools::PROGRAM;

/// The program as the agent starts it.
fn agent_starts(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .env("TRENTO_PLUGIN", "gatherer")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .env("PLUGIN_PROTOCOL_VERSIONS", "1")
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Reads the line, and gives the socket it names.
fn socket_of(child: &mut Child) -> PathBuf {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let fields: Vec<&str> = line.trim_end_matches('\n').split('|').collect();
    assert_eq!((fields[0], fields[1], fields[2], fields[4]), ("1", "1", "unix", "netrpc"));
    PathBuf::from(fields[3])
}

fn wait(child: &mut Child, limit: Duration) -> i32 {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        assert!(started.elapsed() < limit, "the plugin stays");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The chunks of a conversation of ours, with who spoke.
fn conversation(name: &str) -> Vec<(bool, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let byte = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
    text.lines()
        .filter_map(|line| {
            let (is_host, hex) = match line.split_once(' ')? {
                (">", hex) => (true, hex),
                ("<", hex) => (false, hex),
                _ => return None,
            };
            Some((is_host, hex.as_bytes().chunks(2).map(byte).collect()))
        })
        .collect()
}

#[test]
fn answers_an_agent_byte_for_byte_and_leaves_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = agent_starts(folder.path()).spawn().unwrap();
    let path = socket_of(&mut child);
    let mut socket = UnixStream::connect(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for (is_host, bytes) in conversation("session-unknown-argument.txt") {
        if is_host {
            socket.write_all(&bytes).unwrap();
        } else {
            let mut got = vec![0; bytes.len()];
            socket.read_exact(&mut got).unwrap();
            assert_eq!(got, bytes);
        }
    }
    assert!(!path.exists(), "the socket is gone once it is connected to");
    drop(socket);
    assert_eq!(wait(&mut child, Duration::from_secs(2)), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
}

#[test]
fn leaves_when_the_agent_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = agent_starts(folder.path()).spawn().unwrap();
    let socket = UnixStream::connect(socket_of(&mut child)).unwrap();
    drop(socket);
    assert_eq!(wait(&mut child, Duration::from_secs(2)), 0);
}

#[test]
fn leaves_when_the_agent_is_gone_before_it_connected() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    // The shell is the agent: it starts the plugin and ends.
    let script =
        format!("{PROGRAM} >/dev/null 2>&1 & echo $! > {}; /bin/sleep 0.5", pid_file.display());
    let mut shell = agent_starts(folder.path());
    let status = Command::new("/bin/sh")
        .args(["-c", &script])
        .env_clear()
        .envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .status()
        .unwrap();
    shell.stdin(Stdio::null());
    assert!(status.success());
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    let process = PathBuf::from(format!("/proc/{}/exe", pid.trim()));
    let started = Instant::now();
    while std::fs::read_link(&process).is_ok_and(|exe| exe == Path::new(PROGRAM)) {
        assert!(started.elapsed() < Duration::from_secs(10), "the plugin stays");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn refuses_tls() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        agent_starts(folder.path()).env("PLUGIN_CLIENT_CERT", "-----BEGIN").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("[ERROR] alloy: "));
}

#[test]
fn started_as_alloy_by_a_person_it_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("alloy");
    std::os::unix::fs::symlink(PROGRAM, &link).unwrap();
    let output = Command::new(&link).arg("run").env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("plugin of trento-agent"));
}

#[test]
fn says_its_line_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let best = (0..20)
        .map(|_| {
            let started = Instant::now();
            let mut child = agent_starts(folder.path()).spawn().unwrap();
            let socket = socket_of(&mut child);
            let took = started.elapsed();
            drop(UnixStream::connect(socket).unwrap());
            wait(&mut child, Duration::from_secs(2));
            took
        })
        .min()
        .unwrap();
    eprintln!("start to line: {best:?}");
    // Not the promise, which is for a release build on an idle machine: a bound for the worst.
    assert!(best < Duration::from_millis(500));
}
