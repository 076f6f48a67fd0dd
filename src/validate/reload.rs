//! What a running Alloy does when it reads its files again, by what is wrong with them.
//!
//! A reload is no start: it keeps what it cannot build, and a start does not.

use super::{codes, is_of_validate_only};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::load::{SYNTAX_ERROR, WRONG_ENCODING};

/// What a reload does with files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloading {
    /// It takes them as they are.
    Applied,
    /// It is answered with 400, and Alloy goes on as before.
    Refused,
    /// It is answered with 400, and all the rest of the files is applied: a faulty component goes
    /// on as before, or is not there if it is new. The next start fails.
    Partly,
    /// A component that runs already takes them; the next start fails. A new one is not built.
    UntilRestart,
    /// Alloy panics. By a signal, as `systemctl reload` sends one, that is its end; over HTTP the
    /// answer is cut off, and Alloy usually goes on. The next start fails.
    Panic,
}

/// Faults of the graph as a whole: nothing is built with one of them.
const OF_THE_GRAPH: &[Code] = &[
    SYNTAX_ERROR,
    WRONG_ENCODING,
    codes::TOP_LEVEL_ATTRIBUTE,
    codes::MISSING_LABEL,
    codes::DUPLICATE_BLOCK,
    codes::MODULE_ONLY,
    codes::ROOT_ONLY,
    codes::NOT_CONFIGURABLE,
    codes::UNSTABLE,
    codes::COMMUNITY,
    codes::UNKNOWN_COMPONENT,
    codes::UNKNOWN_REFERENCE,
    codes::CYCLE,
    codes::SELF_REFERENCE,
];

/// What a running Alloy does when it reads files in which `validate` and `strict`
/// find these faults, softened as for a start. Warnings do not count: what depends on something
/// unknown may go either way.
///
/// Who writes files asks this before: `Panic` means that no signal may be sent, `Partly` and
/// `UntilRestart` that a reload leaves an Alloy which does not start again.
pub fn reloading(faults: &[Diagnostic]) -> Reloading {
    let errors =
        || faults.iter().filter(|it| it.severity == Severity::Error && !is_of_validate_only(it));
    let is_of_the_graph = |fault: &Diagnostic| OF_THE_GRAPH.contains(&fault.code);
    if errors().any(is_of_the_graph) {
        Reloading::Refused
    } else if errors().any(|fault| fault.code == codes::CRASH) {
        Reloading::Panic
    } else if errors().any(|fault| fault.code != codes::NEEDS_STABILITY) {
        Reloading::Partly
    } else if errors().next().is_some() {
        Reloading::UntilRestart
    } else {
        Reloading::Applied
    }
}

impl Reloading {
    /// What that means, as the end of a sentence about the files.
    pub fn says(self) -> &'static str {
        match self {
            Reloading::Applied => "a reload takes it",
            Reloading::Refused => "a reload changes nothing, and Alloy does not start again",
            Reloading::Partly => "a reload applies all the rest, and Alloy does not start again",
            Reloading::UntilRestart => "a reload may take it, but Alloy does not start again",
            Reloading::Panic => {
                "a reload by signal (`systemctl reload`) ends Alloy, and it does not start again"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use camino::Utf8Path;
    use serde_json::Value as Json;

    use super::*;
    use crate::eval::Environment;
    use crate::graph::schema::Stability;
    use crate::graph::{self, Graph, Prover};
    use crate::system::System;
    use crate::validate::{Levels, Program, soften, strict, validate};

    fn outcome(text: &str, dir: &Utf8Path, environment: Environment, levels: &Levels) -> Reloading {
        let program = Program::new([("a.alloy".to_owned(), text.as_bytes().to_vec())]);
        let files = program.files().iter().map(|file| graph::ProgramFile {
            source: file.source.clone(),
            tree: file.tree.clone(),
        });
        let context = graph::Context::new(&System::live(), environment, dir.to_owned());
        let prover = Prover::new(Graph::build(&graph::Program::new(files.collect()), context));
        let mut verdict = validate(&program, levels);
        let beyond = strict(&program, &prover, levels, &verdict);
        soften(prover.graph(), &mut verdict);
        let mut faults = verdict.diagnostics;
        faults.extend(beyond);
        reloading(&faults)
    }

    fn of(text: &str) -> Reloading {
        let nowhere = Utf8Path::new("/no-such-folder");
        outcome(text, nowhere, Environment::known(BTreeMap::new()), &Levels::default())
    }

    #[test]
    fn a_fault_of_the_graph_changes_nothing_and_one_of_a_node_little() {
        assert_eq!(of("logging { }"), Reloading::Applied);
        assert_eq!(of("logging {"), Reloading::Refused);
        assert_eq!(of("prometheus.nope \"x\" { }"), Reloading::Refused);
        let scrape = |body: &str| {
            of(&format!("prometheus.scrape \"s\" {{\ntargets = []\nforward_to = []\n{body}\n}}"))
        };
        assert_eq!(scrape("scrape_timeout = \"2m\""), Reloading::Partly);
        assert_eq!(scrape("honor_metadata = true"), Reloading::UntilRestart);
        let netclass =
            "prometheus.exporter.unix \"u\" {\nnetclass {\nignored_devices = \"(\"\n}\n}";
        assert_eq!(of(netclass), Reloading::Panic);
        assert!(Reloading::Panic.says().contains("systemctl reload"));
    }

    /// What the real Alloy did, as far as text, files and environment decide it.
    fn did(case: &Json) -> Option<Reloading> {
        let reload = &case["reload"];
        let is_healthy = reload["healthy"] == 200;
        Some(match (reload["how"].as_str()?, reload["status"].as_u64()) {
            ("SIGHUP", _) if reload["alive"] == false => Reloading::Panic,
            ("SIGHUP", _) if is_healthy => return None,
            ("SIGHUP", _) => Reloading::Partly,
            (_, Some(200)) if case["start"] == "ok" => Reloading::Applied,
            (_, Some(200)) => Reloading::UntilRestart,
            (_, Some(_)) if is_healthy => Reloading::Refused,
            (_, Some(_)) => Reloading::Partly,
            (_, None) => Reloading::Panic,
        })
    }

    #[test]
    fn recorded_reloads_went_as_they_are_foretold() {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/starts/given.jsonl");
        let Ok(text) = fs::read_to_string(shared) else { return };
        let (mut right, mut wrong) = (0, Vec::new());
        for line in text.lines() {
            let case: Json = serde_json::from_str(line).expect("a case is JSON");
            let depends = case["depends"].to_string();
            let (false, Some(did)) = (depends.contains("network"), did(&case)) else { continue };
            let folder = tempfile::tempdir().expect("a folder can be made");
            let dir = Utf8Path::from_path(folder.path()).expect("UTF-8");
            let put = |text: &str| text.replace("@DIR@", dir.as_str()).replace("@P", "2");
            for (path, content) in case["files"].as_object().into_iter().flatten() {
                let path = dir.join(path);
                fs::create_dir_all(path.parent().expect("a folder")).expect("can be made");
                fs::write(path, put(content.as_str().unwrap_or_default())).expect("can be written");
            }
            let set = case["env"].as_object().into_iter().flatten();
            let environment =
                set.map(|(name, value)| (name.clone(), put(value.as_str().unwrap_or(""))));
            let mut levels = Levels::default();
            if case["args"].to_string().contains("experimental") {
                levels.stability = Stability::Experimental;
            }
            let config = put(case["config"].as_str().unwrap_or_default());
            let ours = outcome(&config, dir, Environment::known(environment.collect()), &levels);
            // A component that is new is not built where a running one would take the change.
            let fits = ours == did || (ours, did) == (Reloading::UntilRestart, Reloading::Partly);
            if fits {
                right += 1;
            } else {
                wrong.push(format!("{}: {ours:?}, not {did:?}", case["id"]));
            }
        }
        let share = right * 100 / (right + wrong.len());
        assert!(share >= 90, "{right} right; wrong:\n{}", wrong.join("\n"));
    }
}
