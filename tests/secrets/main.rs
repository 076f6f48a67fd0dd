//! Secrets never leave: hosts with a marked word in the place of a secret, and every output that
//! could show it.
//!
//! A case is a host of `docs/examples/hosts/good` with some files laid over it. The project's own
//! cases are `tests/secrets/cases/*.case`: `=== PATH` begins a file, `CANARY` stands for the word;
//! one that begins with `# of prometheus` is laid over `tests/checks/base-prometheus` instead.
//! Those in `../shared/cases/secrets.jsonl` are tried too where they lie beside the checkout.
//!
//! What prints a configuration because it was asked to (`generate`, `fmt -`, `inspect tree`, and
//! the file that `apply` writes) is not searched; what these print on standard error is.

#[cfg(test)]
mod outputs;

#[cfg(test)]
mod host;

#[cfg(test)]
mod places;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::PathBuf;

    use serde_json::Value as Json;

    use crate::host::{Case, root};
    use crate::{outputs, places};

    #[test]
    fn own_cases_leak_nowhere() {
        let folder = root().join("tests/secrets/cases");
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
            .expect("the cases lie in the repository")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        paths.sort();
        let cases: Vec<Case> = paths.iter().map(|path| Case::read(path)).collect();
        assert!(cases.len() >= 12, "the cases are gone: {}", cases.len());
        nothing_leaks(&cases);
    }

    #[test]
    fn no_place_that_takes_a_secret_leaks() {
        let word = "Qz55schema81Kx7vWp";
        let (every, places) = places::every_secret_argument(word);
        assert!(places > 500, "the schema is not walked: {places}");
        let broken = format!("{every}\nprometheus.scrape \"broken\" {{ targets = = }}\n");
        nothing_leaks(&[
            Case::of_configuration("every-argument", word, every),
            Case::of_configuration("every-argument-broken", word, broken),
            Case::of_configuration("odd-characters", word, places::beside_odd_characters(word)),
        ]);
    }

    #[test]
    fn shared_cases_leak_nowhere() {
        let file = root().join("../shared/cases/secrets.jsonl");
        let Ok(text) = fs::read_to_string(&file) else {
            eprintln!("not tried, as {} is not there", file.display());
            return;
        };
        let cases: Vec<Case> = text
            .lines()
            .map(|line| {
                let case: Json = serde_json::from_str(line).expect("a line is JSON");
                Case::of_json(&case)
            })
            .collect();
        nothing_leaks(&cases);
    }

    fn nothing_leaks(cases: &[Case]) {
        let leaks = outputs::leaks(cases);
        let mut by_case: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (case, output) in &leaks.found {
            by_case.entry(case).or_default().push(output);
        }
        println!(
            "{} cases, {} outputs searched, {} leak, in {} cases",
            cases.len(),
            leaks.searched,
            leaks.found.len(),
            by_case.len()
        );
        let lines: Vec<String> = by_case
            .iter()
            .map(|(case, outputs)| format!("{case}: {}", outputs.join(", ")))
            .collect();
        assert!(
            leaks.found.is_empty(),
            "{} outputs leak:\n{}",
            leaks.found.len(),
            lines.join("\n")
        );
        assert!(leaks.searched > cases.len() * 50, "outputs are missing: {}", leaks.searched);
    }
}
