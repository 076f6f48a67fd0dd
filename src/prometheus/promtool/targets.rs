//! Targets that the file or another names: whether each can be one once the job's rules were
//! applied.

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;

use crate::prometheus::check::Inherited;
use crate::prometheus::decode::Fields;
use crate::prometheus::file::{Loaded, Refusal};
use crate::prometheus::jobs::{JobIn, joined};
use crate::prometheus::version::Version;
use crate::prometheus::{discovered, glob, sender};
use crate::proof::{ComponentId, FileId, Place, Subject, Trail, Trails, apply};
use crate::system::HostFiles;

/// Checks the targets of a group; `name` is what Prometheus calls it.
pub(super) fn check_group(
    of: JobIn<'_>,
    group: &Fields,
    loaded: &Loaded,
    version: &Version,
    name: &str,
) -> Result<(), Refusal> {
    let inherited = Inherited::of(&loaded.fields);
    let scheme = match of.job.text("metric_name_validation_scheme") {
        "" => inherited.validation.as_str(),
        scheme => scheme,
    };
    let nowhere = Place { file: FileId::new(0), span: Span::NONE };
    let dialect = sender::dialect(version, scheme);
    let component = ComponentId::new(0);
    let rules = sender::rules(of.job, "relabel_configs", dialect, component, |_| nowhere);
    let trails = Trails::default();
    for (index, address) in group.list("targets").iter().enumerate() {
        let labels = group.map("labels");
        let target = sender::target(of, &inherited, address.text(), labels, Trail::START);
        let left = apply(&trails, &rules, Subject::Target, vec![target]).variants;
        // What is not certain is no reason to refuse.
        let [only] = left.as_slice() else { continue };
        if let Some(fault) = sender::fault(only, version).filter(|_| !only.is_possible_only) {
            let message = format!("instance {index} in group {name}: {fault}");
            return Err(Refusal::one(message, address.span));
        }
    }
    Ok(())
}

/// Checks the files of one `file_sd_configs` entry.
pub(super) fn check_files(
    files: &HostFiles,
    of: JobIn<'_>,
    entry: &Fields,
    loaded: &Loaded,
    version: &Version,
    warnings: &mut Vec<String>,
) -> Result<(), Refusal> {
    for item in entry.list("files") {
        let pattern = joined(of.folder, item.text());
        let paths = glob::paths(files, &pattern);
        if paths.is_empty() {
            warnings.push(format!(
                "file {} for file_sd in scrape job {} does not exist",
                quote(pattern.as_str()),
                quote(of.job.text("job_name"))
            ));
        }
        for path in paths {
            let groups = discovered::groups(files, &path, version).map_err(|message| {
                let message = format!("checking SD file {}: {message}", quote(pattern.as_str()));
                Refusal::one(message, item.span)
            })?;
            for group in &groups {
                check_group(of, group, loaded, version, "")
                    .map_err(|refusal| Refusal::one(refusal.message, item.span))?;
            }
        }
    }
    Ok(())
}
