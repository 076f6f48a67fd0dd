//! The pages of docs/ that are made from the program, and the links of all of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use trento_alloy::inside::checks::catalogue;
use trento_alloy::inside::cli::SECTIONS;
use trento_alloy::inside::facts::{GATHERER, GATHERERS};

/// Says on a generated page where it comes from.
const ORIGIN: &str = "<!-- Made by `UPDATE_DOCS=1 cargo test --test cmd`; not edited by hand. -->";

/// The kinds of error that a fact can be instead of a value.
const ERRORS: &[(&str, &str)] = &[
    ("alloy-hidden", "The host hides it, for another reason than a lack of permission."),
    ("alloy-http", "Alloy's own HTTP server gives no answer, or none that can be used."),
    ("alloy-no-agent-id", "The host has no machine-id, so that its ID in Trento is not known."),
    ("alloy-no-fleet", "Only a check of several hosts can tell."),
    ("alloy-no-template", "The pipeline is nearer to none of the templates than to the others."),
    ("alloy-not-live", "Only a running host can tell, with the network allowed."),
    ("alloy-not-recorded", "Only a running host can tell, and `snapshot.json` holds no recording."),
    ("alloy-permission", "We may not read what it takes; run it as root."),
    ("alloy-probe", "The endpoints could not be asked."),
    ("alloy-unknown-argument", "There is no such fact."),
    ("alloy-unknown-url", "The URL of an endpoint cannot be known from the files."),
    ("alloy-unknown-version", "Nothing tells which version of Alloy is installed."),
];

#[test]
fn every_kind_of_error_of_a_fact_is_on_the_page() {
    let mut used = std::collections::BTreeSet::new();
    for entry in walkdir::WalkDir::new(root().join("src/facts")) {
        let path = entry.expect("the sources can be listed").into_path();
        if path.is_file() {
            let text = read(&path);
            let quoted = text.split('"').filter(|word| word.starts_with("alloy-"));
            used.extend(quoted.filter(|word| !word.contains(' ')).map(str::to_owned));
        }
    }
    let told: Vec<&str> = ERRORS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(used.into_iter().collect::<Vec<_>>(), told);
}

#[test]
fn the_page_of_facts_is_up_to_date() {
    let mut page = format!(
        "# Facts\n\n{ORIGIN}\n\n\
         What checks can ask a host for, by gatherer `{GATHERER}` and an argument. A fact describes \
         and never\njudges. `trento-alloy facts gather --argument NAME` prints one, \
         `trento-alloy facts list` names them all.\n\n\
         - An element that stands somewhere carries `at`: `file`, `line`, `column`, `end_line`, \
         `end_column`.\n\
         - `message` says in one clause what there is to say of an element.\n\
         - What cannot be known is told as such, with the reason; it is never guessed.\n\
         - Secrets are never in a fact: `(secret A)`, `(secret B)`; equal secrets share a letter.\n\
         - A fact that asks the running host (*live*) does not exist under `--root`, unless a \
         recording in\n  `snapshot.json` answers it. A fact that does not apply to a host does not \
         exist there either, and\n  checks that ask for it are skipped.\n\n\
         | fact | live | what it tells |\n|---|---|---|\n"
    );
    for about in GATHERERS.iter().map(|gatherer| gatherer.about()) {
        let first = about.meaning.split_inclusive(". ").next().unwrap_or_default().trim();
        let live = if about.live { "yes" } else { "" };
        let name = about.argument;
        let _ = writeln!(page, "| [`{name}`](#{name}) | {live} | {} |", cell(first));
    }
    for about in GATHERERS.iter().map(|gatherer| gatherer.about()) {
        let live = if about.live { " (live)" } else { "" };
        let _ = write!(page, "\n## `{}`\n\n{}{live}\n", about.argument, about.meaning);
        let _ = write!(page, "\n```text\n{}\n```\n", about.shape);
    }
    page.push_str("\n## Errors\n\n| kind | meaning |\n|---|---|\n");
    for (kind, meaning) in ERRORS {
        let _ = writeln!(page, "| `{kind}` | {meaning} |");
    }
    page.push_str("\nThe plugin has a few more: see [plugin.md](plugin.md#the-plugin).\n");
    compare("docs/facts.md", &page);
}

#[test]
fn the_page_of_diagnostics_is_up_to_date() {
    let mut page = format!(
        "# Diagnostics\n\n{ORIGIN}\n\n\
         Every kind of thing that can be wrong with a text, by the name in brackets behind \
         `error` or\n`warning`. Names are stable: never renamed, never used for something else. \
         What a check finds carries\nthe check's id instead; see [catalogue.md](catalogue.md).\n"
    );
    for (title, codes) in SECTIONS {
        let _ = write!(page, "\n## {title}\n\n| code | meaning |\n|---|---|\n");
        for code in *codes {
            let _ = writeln!(page, "| `{}` | {} |", code.name, cell(code.meaning));
        }
    }
    compare("docs/diagnostics.md", &page);
}

#[test]
fn the_page_of_the_catalogue_is_up_to_date() {
    let mut page = format!(
        "# The catalogue of checks\n\n{ORIGIN}\n\n\
         `trento-alloy check` runs them all; `trento-alloy catalog show ID` prints one with its \
         remediation.\nA *live* check needs a running host, or a recording of one. How to write \
         your own:\n[development.md](development.md#writing-a-check).\n"
    );
    let checks: Vec<_> = catalogue::load()
        .into_iter()
        .map(|loaded| loaded.check.expect("the catalogue can be read"))
        .collect();
    let mut groups: Vec<String> = Vec::new();
    for check in &checks {
        let group = check.group.text().into_owned();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let live = |argument: &str| {
        GATHERERS.iter().any(|it| it.about().argument == argument && it.about().live)
    };
    for group in groups {
        let _ = write!(page, "\n## {group}\n\n");
        page.push_str(
            "| check | severity | live | what is asked | facts |\n|---|---|---|---|---|\n",
        );
        for check in checks.iter().filter(|check| check.group.text() == group) {
            let arguments: Vec<String> =
                check.facts.iter().map(|fact| fact.argument.text().into_owned()).collect();
            let facts: Vec<String> =
                arguments.iter().map(|name| format!("[`{name}`](facts.md#{name})")).collect();
            let _ = writeln!(
                page,
                "| {} | {} | {} | **{}.** {} | {} |",
                check.id(),
                check.severity.name(),
                if arguments.iter().any(|argument| live(argument)) { "yes" } else { "" },
                cell(&check.name.text()),
                cell(&first_sentence(&check.description.text())),
                facts.join(", "),
            );
        }
    }
    compare("docs/catalogue.md", &page);
}

#[test]
fn links_of_the_documentation_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = read(&page);
        let folder = page.parent().expect("a page lies in a folder");
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = if path.is_empty() { page.clone() } else { folder.join(path) };
            let known = target.exists()
                && (anchor.is_empty() || anchors(&read(&target)).iter().any(|it| it == anchor));
            if !known {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn the_summary_of_the_site_lists_every_page_once() {
    let docs = root().join("docs");
    let summary = read(&docs.join("SUMMARY.md"));
    let mut listed: Vec<PathBuf> = links(&summary).iter().map(|link| docs.join(link)).collect();
    listed.sort();
    let is_page = |page: &PathBuf| page.starts_with(&docs) && !page.ends_with("SUMMARY.md");
    let there: Vec<PathBuf> = pages().into_iter().filter(is_page).collect();
    assert_eq!(listed, there);
}

#[test]
fn the_site_is_built_and_its_links_lead_somewhere() {
    let built = tempfile::tempdir().expect("a folder");
    let mut mdbook = Command::new("mdbook");
    mdbook.arg("build").arg(root().join("docs")).arg("--dest-dir").arg(built.path());
    let Ok(output) = mdbook.output() else {
        eprintln!("skipped: mdbook is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("WARN"), "{said}");
    let mut broken = Vec::new();
    for entry in walkdir::WalkDir::new(built.path()) {
        let page = entry.expect("the site can be listed").into_path();
        let is_page = page.extension().is_some_and(|extension| extension == "html");
        if !is_page || page.ends_with("404.html") || page.ends_with("print.html") {
            continue;
        }
        let text = read(&page);
        for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let folder = page.parent().expect("a page lies in a folder");
            if !path.is_empty() && !path.contains(':') && !folder.join(path).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// Compares a page with what it should be, or writes it where that was asked for.
fn compare(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, wanted).expect("the page can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let different = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "{path} is out of date ({different:?}): run `UPDATE_DOCS=1 cargo test --test cmd`"
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = walkdir::WalkDir::new(root().join("docs"))
        .into_iter()
        .map(|entry| entry.expect("docs can be listed").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(root().join("README.md"));
    pages.push(root().join("CHANGELOG.md"));
    pages.sort();
    pages
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a page can be read")
}

/// The targets of `[…](…)` outside of code.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            found.extend(line[at + 2..].split(')').next());
        }
    }
    found
}

/// The anchors that headings give, as the usual renderers make them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// A text as one cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}
