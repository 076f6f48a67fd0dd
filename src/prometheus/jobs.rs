//! The jobs of a configuration: those of its file, and of the files that it brings in.

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};

use super::check::{self, Inherited};
use super::decode::{Fields, Item};
use super::file::{self, Loaded, Refusal};
use super::glob;
use super::version::Version;
use crate::source::Source;
use crate::system::HostFiles;

/// A job with the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct JobIn<'a> {
    pub job: &'a Fields,
    pub folder: &'a Utf8Path,
    pub source: &'a Source,
}

/// A file that `scrape_config_files` brings in.
#[derive(Clone, Debug)]
pub(super) struct Included {
    pub source: Source,
    pub folder: Utf8PathBuf,
    pub fields: Fields,
}

/// All jobs, those of the main file first.
pub(super) fn jobs<'a>(loaded: &'a Loaded, included: &'a [Included]) -> Vec<JobIn<'a>> {
    let own = loaded
        .fields
        .list("scrape_configs")
        .iter()
        .filter_map(Item::fields)
        .map(|job| JobIn { job, folder: &loaded.folder, source: &loaded.source });
    let others = included.iter().flat_map(|file| {
        file.fields.list("scrape_configs").iter().filter_map(Item::fields).map(|job| JobIn {
            job,
            folder: &file.folder,
            source: &file.source,
        })
    });
    own.chain(others).collect()
}

/// The files that `scrape_config_files` brings in, read and checked.
pub(super) fn included(
    files: &HostFiles,
    loaded: &Loaded,
    version: &Version,
) -> Result<Vec<Included>, (Refusal, Source)> {
    let inherited = Inherited::of(&loaded.fields);
    let mut names: Vec<(String, String)> = Vec::new();
    for job in loaded.fields.list("scrape_configs").iter().filter_map(Item::fields) {
        names.push((job.text("job_name").to_owned(), "main config file".to_owned()));
    }
    let mut included = Vec::new();
    for item in loaded.fields.list("scrape_config_files") {
        for path in glob::paths(files, &joined(&loaded.folder, item.text())) {
            let shown = files.absolute(&path).unwrap_or_else(|_| path.clone());
            let within = |refusal: Refusal| refusal.within(&format!("{}: ", quote(shown.as_str())));
            let source = |text: &str| Source::new(path.as_str(), text);
            let bytes = files.read(&path).map_err(|error| {
                let message = format!("open {path}: {}", go_error(&error));
                (within(Refusal::one(message, Span::NONE)), source(""))
            })?;
            file::register(&bytes, files);
            let text = file::text_of(&bytes).map_err(|it| (within(it), source("")))?;
            let source = source(&text);
            let of = |refusal: Refusal| (within(refusal), source.clone());
            let fields = file::read(&source, "ScrapeConfigs", version).map_err(of)?;
            for item in fields.list("scrape_configs") {
                check_included(item, &inherited, version, &names).map_err(of)?;
                let name = item.fields().map_or("", |job| job.text("job_name"));
                names.push((name.to_owned(), quote(shown.as_str())));
            }
            let folder = path.parent().unwrap_or(&path).to_owned();
            included.push(Included { source, folder, fields });
        }
    }
    Ok(included)
}

fn check_included(
    item: &Item,
    inherited: &Inherited,
    version: &Version,
    names: &[(String, String)],
) -> Result<(), Refusal> {
    let Some(job) = item.fields() else {
        return Err(Refusal::one("empty or null scrape config section", item.span));
    };
    check::in_file(job, inherited, version)
        .map_err(|fail| Refusal::one(fail.message, fail.span))?;
    let name = job.text("job_name");
    if let Some((_, first)) = names.iter().rev().find(|(known, _)| known == name) {
        let message = format!(
            "found multiple scrape configs with job name {}, first found in {first}",
            quote(name)
        );
        return Err(Refusal::one(message, job.span_of("job_name")));
    }
    Ok(())
}

/// A path that a file names, from that file's folder.
pub(super) fn joined(folder: &Utf8Path, path: &str) -> Utf8PathBuf {
    if path.is_empty() || path.starts_with('/') || folder == "." || folder == "" {
        return Utf8PathBuf::from(path);
    }
    folder.join(path.trim_start_matches("./"))
}

/// What Go calls an error of the system.
pub(super) fn go_error(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        std::io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => "input/output error".to_owned(),
    }
}
