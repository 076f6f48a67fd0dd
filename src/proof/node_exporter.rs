//! What node_exporter exposes, be it a program of its own or part of Alloy: the collectors that are
//! on by default, and the names and labels of the metrics that Trento charts.

use std::collections::BTreeSet;

use super::variant::{Content, Label, Symbol, Variant};
use super::{INTEREST, Metric, Trail, named, unnamed};

/// How node_exporter runs, which decides what is on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// A program of its own.
    Program,
    /// Part of Alloy, which has no watchdog collector and turns on the one of processes.
    PartOfAlloy,
}

/// The collectors that are on unless told otherwise, in each build.
const DEFAULT_COLLECTORS: &[&str] = &[
    "arp",
    "bcache",
    "bonding",
    "btrfs",
    "conntrack",
    "cpu",
    "cpufreq",
    "diskstats",
    "dmi",
    "edac",
    "entropy",
    "fibrechannel",
    "filefd",
    "filesystem",
    "hwmon",
    "infiniband",
    "ipvs",
    "loadavg",
    "mdadm",
    "meminfo",
    "netclass",
    "netdev",
    "netstat",
    "nfs",
    "nfsd",
    "nvme",
    "os",
    "powersupplyclass",
    "pressure",
    "rapl",
    "schedstat",
    "selinux",
    "sockstat",
    "softnet",
    "stat",
    "tapestats",
    "textfile",
    "thermal_zone",
    "time",
    "timex",
    "udp_queues",
    "uname",
    "vmstat",
    "xfs",
    "zfs",
];

/// The metrics that Trento charts, with the collector and the labels of each.
pub const CHARTED: &[(&str, &str, &[&str])] = &[
    ("node_cpu_seconds_total", "cpu", &["cpu", "mode"]),
    ("node_memory_MemTotal_bytes", "meminfo", &[]),
    ("node_memory_MemFree_bytes", "meminfo", &[]),
    ("node_memory_Cached_bytes", "meminfo", &[]),
    ("node_memory_Buffers_bytes", "meminfo", &[]),
    ("node_memory_SwapTotal_bytes", "meminfo", &[]),
    ("node_memory_SwapFree_bytes", "meminfo", &[]),
    ("node_filesystem_size_bytes", "filesystem", FILESYSTEM),
    ("node_filesystem_avail_bytes", "filesystem", FILESYSTEM),
];

const FILESYSTEM: &[&str] = &["device", "device_error", "fstype", "mountpoint"];

/// Collectors whose metrics carry no label but these, `collector` of the exporter's own aside.
const LABELS: &[(&str, &[&str])] = &[
    (
        "cpu",
        &[
            "bug",
            "cachesize",
            "core",
            "cpu",
            "family",
            "flag",
            "microcode",
            "mode",
            "model",
            "model_name",
            "package",
            "stepping",
            "vendor",
        ],
    ),
    ("cpufreq", &["cpu", "governor"]),
    ("loadavg", &[]),
    ("meminfo", &[]),
    ("filesystem", FILESYSTEM),
    ("netdev", &["address", "broadcast", "device", "ifalias", "netmask", "scope"]),
    ("uname", &["domainname", "machine", "nodename", "release", "sysname", "version"]),
    ("textfile", &["file"]),
];

/// The series that collectors yield; all of them may be there where the collectors are unknown.
pub fn collected(enabled: Result<&BTreeSet<String>, &String>) -> Vec<(Metric, Variant)> {
    let mut series = Vec::new();
    for &(name, collector, labels) in CHARTED {
        if enabled.is_ok_and(|enabled| !enabled.contains(collector)) {
            continue;
        }
        let mut variant = named(name);
        for &label in labels {
            set_unknown(&mut variant, name, label, label != "device_error");
        }
        variant.is_possible_only = enabled.is_err();
        series.push((Metric::Charted(name), variant));
    }
    series.push((Metric::Other, others(enabled.ok())));
    series
}

/// The collectors that are on unless told otherwise.
pub fn default_collectors(build: Build) -> BTreeSet<String> {
    let own = match build {
        Build::Program => "watchdog",
        Build::PartOfAlloy => "processes",
    };
    DEFAULT_COLLECTORS.iter().chain([&own]).map(|&name| name.to_owned()).collect()
}

/// All other metrics of an exporter of the host.
fn others(enabled: Option<&BTreeSet<String>>) -> Variant {
    let reason = "the exporter's metrics are not known one by one";
    let mut variant = unnamed("node_", reason);
    let known: Option<Vec<&[&str]>> = enabled.and_then(|enabled| {
        enabled
            .iter()
            .map(|name| LABELS.iter().find(|(known, _)| known == name).map(|(_, labels)| *labels))
            .collect()
    });
    if let Some(labels) = known {
        variant = variant.closed();
        for label in labels.concat().into_iter().chain(["collector"]) {
            set_unknown(&mut variant, "others", label, false);
        }
    } else {
        no_label_of_interest(&mut variant);
    }
    variant
}

/// No exporter of the host's or Alloy's own metrics names its labels so.
pub fn no_label_of_interest(variant: &mut Variant) {
    for name in INTEREST {
        variant.set(*name, Label::NONE);
    }
}

fn set_unknown(variant: &mut Variant, of: &str, label: &str, is_present: bool) {
    let reason = format!("the values of `{label}` are those of the host");
    let mut symbol = Symbol::new(format!("{of}/{label}"), reason);
    symbol.is_present = is_present;
    variant.set(label, Label { content: Content::Unknown(symbol), trail: Trail::START });
}
