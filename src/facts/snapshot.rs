//! A recording of a host for `snapshot.json`: what a plain copy of its files loses.
//!
//! Holds no secret and no file's content: who wants to replay it copies the listed files too.

mod size;

use camino::Utf8Path;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Result;
use crate::facts::running::seen;
use crate::facts::{Host, Options};
use crate::host::Hidden;
use crate::host::recording;
use crate::host::running::running;
use crate::installation::prometheus::PACKAGES;
use crate::installation::{Installation, Wanted, node_exporter};
use crate::site::{self, Site};
use crate::system::{HostFiles, LookedAt, System};

pub use size::LARGEST_FILE;

/// Folders of the kernel, which nobody copies.
const VIRTUAL: &[&str] = &["/proc", "/sys", "/dev"];

/// A recording, and what could not be recorded.
pub struct Taken {
    /// The content of `snapshot.json`. What in it is secret is not covered yet.
    pub snapshot: Map<String, Json>,
    /// What could not be seen.
    pub hidden: Vec<Hidden>,
    /// What of the host's files was looked at.
    pub looked_at: LookedAt,
}

/// Records what the facts look at: times, owners and modes of files, packages, units, the process of
/// the sender, and the answers of its HTTP server.
///
/// # Errors
/// There is more of it than of any host's configuration.
pub fn take(system: &System, wanted: Wanted, options: Options) -> Result<Taken> {
    // Counting is no look that the recording has to answer for.
    let unwatched = &system.files;
    size::before(&Installation::of(system, wanted.clone()))?;
    let mut watched = system.clone();
    watched.files = system.files.watched();
    let system = &watched;
    let installation = Installation::of(system, wanted);
    let host = Host::new(installation, Options { offline: true, ..options });
    for gatherer in super::all(&host) {
        // What a fact cannot see is for the checks to say; here only its look at files counts.
        let _ = gatherer.applies(&host);
        let _ = gatherer.gather(&host);
    }
    decisions(&system.files);
    size::after(unwatched, &system.files.looked_at())?;
    host.known_secrets();
    let server = host.installation().http_server();
    let Wanted { unit, patience, .. } = host.installation().wanted();
    let mut recording = recording::record(system, unit, Some(&server), *patience);
    if let Some(prometheus) = host.prometheus() {
        let pushing = recording::Pushing {
            unit: &prometheus.unit_name,
            exporter: node_exporter::unit_name(system),
            server: prometheus.http_server(system),
        };
        recording.add_prometheus(system, &pushing, *patience);
    }
    let mut snapshot = Map::new();
    snapshot.insert("version".to_owned(), json!(1));
    let taken_at = OffsetDateTime::from_unix_timestamp(system.now)
        .ok()
        .and_then(|now| now.format(&Rfc3339).ok());
    snapshot.insert("taken_at".to_owned(), json!(taken_at));
    snapshot.insert("packages".to_owned(), packages(&host));
    let looked_at = system.files.looked_at();
    let owners = files(&system.files, &looked_at);
    // An empty map would mean that owners and modes are known, and all of them the usual ones.
    if !owners.is_empty() {
        snapshot.insert("files".to_owned(), Json::Object(owners));
    }
    snapshot.extend(recording.keys);
    Ok(Taken { snapshot, hidden: recording.hidden, looked_at })
}

/// Looks at what the site decided for this host: no fact does, and it is part of what checks say.
fn decisions(files: &HostFiles) {
    let named = Site::of(files).ok().and_then(|site| site.waivers);
    let waivers = named.map_or_else(|| site::WAIVERS.into(), |it| it.value);
    for path in [Utf8Path::new(site::PATH), &waivers] {
        let _ = files.read(path);
        let _ = site::others_who_may_change(files, path);
    }
}

/// The versions that are known without asking a package manager: what the running Alloy says of
/// itself counts where nothing else tells.
fn packages(host: &Host<'_>) -> Json {
    let mut packages = host.system().snapshot().map(|it| it.packages.clone()).unwrap_or_default();
    let says = || running(seen(host.answers()).ok()?).ok()?.version;
    if let Some(version) = &host.installed().written.clone().or_else(says) {
        packages.entry("alloy".to_owned()).or_insert_with(|| version.clone());
    }
    if let Some(prometheus) = host.prometheus()
        && let Some(version) = &prometheus.written
        && !PACKAGES.iter().any(|name| packages.contains_key(*name))
    {
        packages.insert(PACKAGES[0].to_owned(), version.clone());
    }
    json!(packages)
}

/// Owner, mode and time of everything that was looked at, with the folders above.
fn files(files: &HostFiles, looked_at: &LookedAt) -> Map<String, Json> {
    let mut recorded = Map::new();
    for path in looked_at.paths.iter().filter(|path| !is_virtual(path)) {
        for path in path.ancestors() {
            if let Some(file) = file(files, path) {
                recorded.entry(path.as_str()).or_insert(file);
            }
        }
    }
    recorded
}

/// Whether a path is the kernel's.
pub fn is_virtual(path: &Utf8Path) -> bool {
    VIRTUAL.iter().any(|folder| path.starts_with(folder))
}

fn file(files: &HostFiles, path: &Utf8Path) -> Option<Json> {
    let meta = files.metadata(path).ok()?;
    let owner = meta.ownership?;
    Some(json!({
        "mode": format!("{:04o}", owner.mode),
        "user": owner.user,
        "group": owner.group,
        "modified": meta.modified,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{MemoryTree, Node};

    const SETTINGS: &str =
        "prometheus-mode: push\nprometheus-url: http://h/w\nprometheus-auth: none\n";
    const CONFIGURATION: &str = "scrape_configs:\n- job_name: trento\n  static_configs:\n  \
        - targets: [\"127.0.0.1:9100\"]\nremote_write:\n- {name: trento, url: \"http://h/w\"}\n";

    #[test]
    fn what_a_prometheus_said_is_recorded_with_its_units() {
        let text = |text: &str| Node::file(text.as_bytes());
        let recorded = json!({
            "version": 1,
            "packages": {"prometheus": "2.53.3+ds1-2"},
            "units": {"prometheus.service": {"Id": "prometheus.service", "MainPID": "7"}},
            "processes": {"prometheus.service": null},
            "prometheus_http": {"answers": {"GET /-/ready": {
                "status": 200, "content_type": "", "body": "Prometheus Agent is Ready."
            }}},
        });
        let unit = "[Service]\nExecStart=/usr/bin/prometheus --enable-feature=agent\n";
        let tree = MemoryTree::new()
            .with("/snapshot.json", text(&recorded.to_string()))
            .with("/usr/lib/systemd/system/prometheus.service", text(unit))
            .with("/etc/trento/agent.yaml", text(SETTINGS))
            .with("/etc/prometheus/prometheus.yml", text(CONFIGURATION));
        let system = System::in_memory(tree, "host".into()).unwrap();
        let taken = take(&system, Wanted::default(), Options::default()).unwrap().snapshot;
        assert!(taken["packages"].get("alloy").is_none());
        for key in ["packages", "units", "prometheus_http"] {
            assert_eq!(taken[key], recorded[key], "{key}");
        }
        assert_eq!(taken["processes"]["prometheus.service"], Json::Null);
    }
}
