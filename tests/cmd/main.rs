//! What a user sees: the transcripts of the documentation, and the pages made from the program.
//!
//! `UPDATE_DOCS=1 cargo test --test cmd` writes the generated pages anew, and
//! `TRYCMD=overwrite cargo test --test cmd` the output of the transcripts; read the difference
//! before you commit it.

#[cfg(test)]
mod pages;

#[test]
fn console_blocks_of_the_documentation_are_what_happens() {
    transcripts(&["README.md", "docs/*.md", "docs/packaging/*.md"]);
}

#[test]
fn commands_answer_as_written_down() {
    transcripts(&["tests/cmd/*.md"]);
}

/// Runs the console blocks of files, with an environment that is the same everywhere.
#[cfg(test)]
fn transcripts(globs: &[&str]) {
    let cases = trycmd::TestCases::new();
    for glob in globs {
        cases.case(glob);
    }
    cases
        .register_bin("trento-alloy", trycmd::cargo::cargo_bin!("trento-alloy"))
        .timeout(std::time::Duration::from_secs(120))
        .env("COLUMNS", "80")
        .env("NO_COLOR", "1")
        .env("TERM", "dumb")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC");
    cases.run();
}
