//! Every output of the program, and the search in it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::host::{Case, root};

/// What was found.
pub struct Leaks {
    /// How many outputs were searched.
    pub searched: usize,
    /// Case and output.
    pub found: BTreeSet<(String, String)>,
}

/// Runs everything on every case, on all cores.
pub fn leaks(cases: &[Case]) -> Leaks {
    let (next, searched) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut search = Search::new(case);
                    search.all();
                    searched.fetch_add(search.searched, Ordering::Relaxed);
                    found.lock().expect("no thread panics with it").extend(search.found);
                }
            });
        }
    });
    let found = found.into_inner().expect("no thread panics with it");
    Leaks { searched: searched.into_inner(), found }
}

/// What a run printed.
struct Printed {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// The search through the outputs of one host.
struct Search<'c> {
    case: &'c Case,
    host: TempDir,
    /// Where reports and other files of the run go.
    folder: TempDir,
    traces: Vec<String>,
    searched: usize,
    found: BTreeSet<(String, String)>,
}

/// The formats of a report.
const FORMATS: &[&str] =
    &["human", "table", "json", "sarif", "junit", "github", "nagios", "prometheus", "html"];

impl<'c> Search<'c> {
    fn new(case: &'c Case) -> Search<'c> {
        let folder = TempDir::new().expect("a temporary folder can be made");
        fs::write(folder.path().join("key"), "a key of the test's own\n")
            .expect("it can be written");
        Search {
            case,
            host: case.lay(),
            folder,
            traces: case.traces(),
            searched: 0,
            found: BTreeSet::new(),
        }
    }

    fn all(&mut self) {
        self.reports();
        self.validations();
        self.prometheus();
        self.differences();
        self.formatting();
        self.inspections();
        self.facts();
        self.deployment();
    }

    /// `check` in every format, as a file and on standard output, of the host and of files.
    fn reports(&mut self) {
        for named in [false, true] {
            let mut args: Vec<String> = ["check", "--offline"].map(str::to_owned).to_vec();
            let kind = if named { "check:fpk" } else { "check" };
            for format in FORMATS {
                let file = self.folder.path().join(format!("{kind}.{format}"));
                args.extend(["-o".to_owned(), format!("{format}={}", file.display())]);
            }
            args.push(format!("--publish={}", self.folder.path().join("published").display()));
            let mut words: Vec<&str> = args.iter().map(String::as_str).collect();
            self.on_host(kind, &words_with(&mut words, named, &self.key()));
            for format in FORMATS {
                let file = self.folder.path().join(format!("{kind}.{format}"));
                let content = fs::read(&file).expect("the report was written");
                self.search(&format!("{kind} -o {format}"), &content);
            }
        }
        let published = names_below(&self.folder.path().join("published"));
        self.search("check --publish", published.as_bytes());
        for format in ["table", "nagios", "json"] {
            self.on_host(&format!("check {format}"), &["check", "--offline", "--format", format]);
        }
        for format in FORMATS.iter().chain(&["jsonl"]) {
            let host = self.host.path().display().to_string();
            let words = ["check", "--format", format, "--hosts", &host];
            self.run(&format!("check --hosts {format}"), &words);
        }
        for file in self.configurations() {
            for format in ["human", "json"] {
                let name = format!("check FILE {format}");
                self.run(&name, &["check", "--offline", "--format", format, &file]);
            }
        }
    }

    fn validations(&mut self) {
        for format in ["human", "json"] {
            for strict in [&[][..], &["--strict"][..]] {
                let words = [&["validate", "--format", format][..], strict].concat();
                self.on_host(&words.join(" "), &words);
                for file in self.configurations() {
                    let words = [&words[..], &[file.as_str()][..]].concat();
                    self.run(&format!("validate {strict:?} FILE {format}"), &words);
                }
            }
        }
        self.on_host("validate 1.12", &["validate", "--strict", "--alloy-version", "1.12.0"]);
    }

    /// The file of Prometheus by itself, and against another.
    fn prometheus(&mut self) {
        let good = root().join("tests/checks/base-prometheus/etc/prometheus/trento.yml");
        let good = good.display().to_string();
        let sender = ["--sender", "prometheus-agent"];
        for path in self.case.of_prometheus() {
            let file = self.host.path().join(path).display().to_string();
            for format in ["human", "json"] {
                for strict in [&[][..], &["--strict"][..]] {
                    let words = ["validate", "--format", format, &file];
                    let words = [&words[..], &sender, strict].concat();
                    self.run(&format!("validate {strict:?} prometheus.yml {format}"), &words);
                }
                for sides in [[&*file, &*good], [&*good, &*file]] {
                    let words = ["diff", "--format", format, "--text", sides[0], sides[1]];
                    let words = [&words[..], &sender].concat();
                    self.run(&format!("diff prometheus.yml {format}"), &words);
                }
            }
            let words = ["check", "--offline", "--format", "human", &file];
            self.run("check prometheus.yml", &[&words[..], &sender].concat());
        }
    }

    fn differences(&mut self) {
        let key = self.key();
        let forms: &[&[&str]] = &[
            &[],
            &["--text"],
            &["--all", "--text"],
            &["--format", "json"],
            &["--format", "json", "--text", "--all"],
            &["--fingerprint-key", &key, "--text"],
            &["--base", "rfc-0003", "--text"],
            &["--base", "agent-3.1", "--format", "json"],
            &["--template", "rfc-0003", "--text"],
            &["--upgrade", "1.9.0..1.18.1"],
            &["--upgrade", "1.11.0..1.18.1", "--format", "json"],
        ];
        for form in forms {
            let words = [&["diff"][..], form].concat();
            self.on_host(&words.join(" ").replace(&key, "KEY"), &words);
        }
        let host = self.host.path().display().to_string();
        self.run("diff ROOT", &["diff", &host, "--text"]);
        let good = root().join("docs/examples/hosts/good").display().to_string();
        self.run("diff GOOD ROOT", &["diff", &good, &host, "--text"]);
        let good = format!("{good}/etc/alloy/trento.alloy");
        for file in self.configurations() {
            self.run("diff FILE GOOD", &["diff", "--text", &file, &good]);
            self.run("diff GOOD FILE", &["diff", "--text", "--format", "json", &good, &file]);
            self.run("diff FILE TEMPLATE", &["diff", &file, "rfc-0003"]);
            self.run("diff --base", &["diff", "--base", &file, "--text", &good, "rfc-0003"]);
        }
    }

    fn formatting(&mut self) {
        for file in self.configurations() {
            self.run("fmt --diff", &["fmt", "--diff", &file]);
            self.run("fmt --check", &["fmt", "--check", &file]);
            self.run("fmt --check --diff", &["fmt", "--check", "--diff", &file]);
            let text = fs::read(&file).expect("the case has the file");
            for words in [&["fmt", "-"][..], &["inspect", "tree", "--format", "json", "-"][..]] {
                let printed = self.printed(words, &text);
                self.search(&format!("{} (stderr)", words.join(" ")), &printed.stderr);
            }
            let printed = self.printed(&["fmt", "--diff", "-"], &text);
            self.search("fmt --diff -", &[printed.stdout, printed.stderr].concat());
        }
    }

    fn inspections(&mut self) {
        for what in ["sources", "settings"] {
            for format in ["human", "json"] {
                let words = ["inspect", what, "--format", format];
                self.on_host(&words.join(" "), &words);
            }
        }
        for format in ["text", "dot", "mermaid", "json", "svg"] {
            let words = ["inspect", "graph", "--format", format];
            self.on_host(&words.join(" "), &words);
        }
    }

    fn facts(&mut self) {
        for argument in arguments() {
            let words = ["facts", "gather", "--offline", "--argument", argument];
            self.on_host(&format!("fact {argument}"), &words);
        }
        self.on_host("facts record", &["facts", "record"]);
        let archive = self.folder.path().join("host.tar").display().to_string();
        self.on_host("snapshot", &["snapshot", &archive]);
        let content = fs::read(&archive).unwrap_or_else(|_| {
            let printed = self.printed_on_host(&["snapshot", &archive]);
            panic!("no snapshot: {}", String::from_utf8_lossy(&printed.stderr))
        });
        self.search("the snapshot itself", &content);
    }

    fn deployment(&mut self) {
        self.on_host("apply --dry-run", &["apply", "--dry-run"]);
        self.on_host("apply rfc", &["apply", "--dry-run", "--force", "--template", "rfc-0003"]);
        self.on_host("remove --dry-run", &["remove", "--dry-run"]);
        let printed = self.printed_on_host(&["generate"]);
        self.search("generate (stderr)", &printed.stderr);
        // The last one, as it changes the host.
        self.on_host("apply", &["apply", "--yes", "--force"]);
    }

    fn key(&self) -> String {
        self.folder.path().join("key").display().to_string()
    }

    fn configurations(&self) -> Vec<String> {
        let path = |path: &str| self.host.path().join(path).display().to_string();
        self.case.configurations().map(path).collect()
    }

    /// Runs a command on the host, and searches all it prints.
    fn on_host(&mut self, name: &str, words: &[&str]) {
        let printed = self.printed_on_host(words);
        self.search(name, &[printed.stdout, printed.stderr].concat());
    }

    fn printed_on_host(&self, words: &[&str]) -> Printed {
        let host = self.host.path().display().to_string();
        self.printed(&[words, &["--root", &host][..]].concat(), b"")
    }

    fn run(&mut self, name: &str, words: &[&str]) {
        let printed = self.printed(words, b"");
        self.search(name, &[printed.stdout, printed.stderr].concat());
    }

    fn search(&mut self, output: &str, content: &[u8]) {
        self.searched += 1;
        let text = String::from_utf8_lossy(content);
        if self.traces.iter().any(|trace| text.contains(trace.as_str())) {
            self.found.insert((self.case.name.clone(), output.to_owned()));
            if std::env::var_os("SHOW_LEAKS").is_some() {
                for line in text.lines().filter(|line| line.contains(&self.case.word)).take(3) {
                    let line: String = line.chars().take(300).collect();
                    eprintln!("{}: {output}: {line}", self.case.name);
                }
            }
        }
    }

    fn printed(&self, words: &[&str], stdin: &[u8]) -> Printed {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(words)
            .env_clear()
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut input = child.stdin.take().expect("it has a standard input");
        // Who does not read it closes it early.
        let _ = input.write_all(stdin);
        drop(input);
        let output = child.wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{words:?}: {stderr}");
        let is_usage = stderr.contains("Usage:") && output.status.code() == Some(2);
        assert!(!is_usage, "the test asks wrongly: {words:?}: {stderr}");
        Printed { stdout: output.stdout, stderr: output.stderr }
    }
}

fn words_with<'w>(words: &mut Vec<&'w str>, named: bool, key: &'w str) -> Vec<&'w str> {
    if named {
        words.extend(["--fingerprint-key", key]);
    }
    words.clone()
}

/// The arguments of the gatherer, as the program lists them.
fn arguments() -> &'static [String] {
    static ARGUMENTS: OnceLock<Vec<String>> = OnceLock::new();
    ARGUMENTS.get_or_init(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_trento-alloy"))
            .args(["facts", "list", "--format", "json"])
            .output()
            .expect("the program can be started");
        let listed: Json = serde_json::from_slice(&output.stdout).expect("the list is JSON");
        let listed = listed.as_array().expect("it is an array").clone();
        listed.iter().filter_map(|it| Some(it["argument"].as_str()?.to_owned())).collect()
    })
}

/// Names of files and folders, one a line: a published result is a name.
fn names_below(folder: &Path) -> String {
    let mut names = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        names.push_str(&format!("{}\n", entry.path().display()));
        if entry.path().is_dir() {
            names.push_str(&names_below(&entry.path()));
        } else {
            names.push_str(&fs::read_to_string(entry.path()).unwrap_or_default());
        }
    }
    names
}
