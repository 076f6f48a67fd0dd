//! Jobs and remote writes as they are configured, for whoever describes them.

use super::{Configuration, targets};
use crate::prometheus::check::Inherited;
use crate::prometheus::decode::Item;
use crate::prometheus::jobs::JobIn;
use crate::proof::{ComponentId, Place};

/// A job of a configuration.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number, as the proof knows it.
    pub id: ComponentId,
    /// Its name.
    pub name: String,
    /// How often it scrapes, in milliseconds.
    pub interval: i64,
    /// How long a scrape may take, in milliseconds.
    pub timeout: i64,
    /// Where its name stands.
    pub place: Place,
    /// Where its interval stands, or its name where it states none.
    pub interval_place: Place,
    /// Its static targets.
    pub targets: Vec<String>,
    /// Whether it asks for some collectors only, or leaves some out.
    pub picks_collectors: bool,
    /// Whether it scrapes a node_exporter, as far as its targets tell.
    pub is_of_host: bool,
}

/// A remote write of a configuration.
#[derive(Clone, Debug)]
pub struct Write {
    /// Its number, as the proof knows it.
    pub id: ComponentId,
    /// Its name; empty where it has none.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether a 429 is tried again.
    pub retries_429: bool,
    /// The message it sends: version 2, or else version 1.
    pub is_version_2: bool,
}

impl Configuration {
    /// All jobs, those of the main file first.
    pub fn described_jobs(&self) -> Vec<Job> {
        let inherited = Inherited::of(&self.loaded.fields);
        let jobs = self.jobs();
        jobs.iter().enumerate().map(|(number, &of)| self.job(number, of, &inherited)).collect()
    }

    fn job(&self, number: usize, of: JobIn<'_>, inherited: &Inherited) -> Job {
        let id = ComponentId::new(number);
        let (interval, timeout) = inherited.times_of(of.job);
        let name = if of.job.is_set("scrape_interval") { "scrape_interval" } else { "job_name" };
        let groups = of.job.list("static_configs").iter().filter_map(Item::fields);
        let addresses = groups.flat_map(|group| group.list("targets"));
        Job {
            id,
            name: of.job.text("job_name").to_owned(),
            interval,
            timeout,
            place: self.place(of.source, of.job.span_of("job_name")),
            interval_place: self.place(of.source, of.job.span_of(name)),
            targets: addresses.map(|address| address.text().to_owned()).collect(),
            picks_collectors: of
                .job
                .map("params")
                .iter()
                .any(|(name, _)| ["collect[]", "exclude[]"].contains(&&**name)),
            is_of_host: self.is_host_job(id),
        }
    }

    /// All remote writes.
    pub fn described_writes(&self) -> Vec<Write> {
        let first = self.jobs().len();
        let writes = self.loaded.fields.list("remote_write").iter().filter_map(Item::fields);
        writes
            .enumerate()
            .map(|(number, write)| Write {
                id: ComponentId::new(first + number),
                name: write.text("name").to_owned(),
                place: self.place(&self.loaded.source, write.span_of("url")),
                retries_429: write
                    .fields("queue_config")
                    .is_some_and(|queue| queue.bool_or("retry_on_http_429", false)),
                is_version_2: write.text("protobuf_message").contains(".v2."),
            })
            .collect()
    }

    /// The files that hold targets, by the patterns of `file_sd_configs`.
    pub fn target_files(&self, files: &crate::system::HostFiles) -> Vec<camino::Utf8PathBuf> {
        let mut found = Vec::new();
        for of in self.jobs() {
            for entry in of.job.list("file_sd_configs").iter().filter_map(Item::fields) {
                found.extend(targets::files(files, of, entry));
            }
        }
        found
    }
}
