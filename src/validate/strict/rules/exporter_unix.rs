//! `prometheus.exporter.unix`: what its collectors check when they are made.
//!
//! Only collectors that are on are made, so only their settings count.

use std::collections::BTreeSet;

use super::super::body::{Body, Given};
use super::super::{codes, regexp};
use super::{Rule, files, rule};
use crate::graph::exporter;

pub(super) const RULES: &[Rule] = &[rule("prometheus/exporter/unix.Arguments", unix)];

/// Expressions that a collector compiles without looking: collector, block, argument.
const EXPRESSIONS: &[(&str, &str, &str)] = &[
    ("arp", "arp", "device_exclude"),
    ("arp", "arp", "device_include"),
    ("diskstats", "disk", "device_exclude"),
    ("diskstats", "disk", "device_include"),
    ("ethtool", "ethtool", "device_exclude"),
    ("ethtool", "ethtool", "device_include"),
    ("ethtool", "ethtool", "metrics_include"),
    ("filesystem", "filesystem", "fs_types_exclude"),
    ("filesystem", "filesystem", "mount_points_exclude"),
    ("hwmon", "hwmon", "chip_exclude"),
    ("hwmon", "hwmon", "chip_include"),
    ("netclass", "netclass", "ignored_devices"),
    ("netdev", "netdev", "device_exclude"),
    ("netdev", "netdev", "device_include"),
    ("netstat", "netstat", "fields"),
    ("powersupplyclass", "powersupply", "ignored_supplies"),
    ("systemd", "systemd", "unit_exclude"),
    ("systemd", "systemd", "unit_include"),
    ("tapestats", "tapestats", "ignored_devices"),
    ("vmstat", "vmstat", "fields"),
];

/// Collectors that open procfs when they are made.
const PROCFS: &[&str] = &[
    "arp",
    "buddyinfo",
    "cgroups",
    "cpu",
    "diskstats",
    "entropy",
    "ipvs",
    "mountstats",
    "nfs",
    "nfsd",
    "pressure",
    "processes",
    "schedstat",
    "slabinfo",
    "softirqs",
    "softnet",
    "stat",
    "sysctl",
    "udp_queues",
    "xfs",
    "zoneinfo",
];
/// Collectors that open sysfs when they are made.
const SYSFS: &[&str] = &[
    "bcache",
    "btrfs",
    "cpu",
    "cpufreq",
    "diskstats",
    "dmi",
    "drm",
    "ethtool",
    "fibrechannel",
    "infiniband",
    "netclass",
    "nvme",
    "rapl",
    "tapestats",
    "thermal_zone",
    "xfs",
];

/// Blocks of collectors that are off unless enabled, or may be: the block alone changes nothing.
const BLOCKS: &[(&str, &str)] = &[
    ("systemd", "systemd"),
    ("textfile", "textfile"),
    ("ethtool", "ethtool"),
    ("ntp", "ntp"),
    ("perf", "perf"),
    ("runit", "runit"),
    ("supervisord", "supervisord"),
    ("sysctl", "sysctl"),
    ("filesystem", "filesystem"),
];

fn unix(body: &Body<'_>) {
    let Ok(enabled) = exporter::collectors(&body.judge.values, body.id) else { return };
    expressions(body, &enabled);
    cpu(body, &enabled);
    if enabled.contains("netdev") {
        netdev(body);
    }
    if enabled.contains("ipvs") {
        ipvs(body);
    }
    if enabled.contains("ntp") {
        ntp(body);
    }
    if enabled.contains("perf") {
        perf(body);
    }
    folder(body, &enabled, "procfs_path", PROCFS);
    folder(body, &enabled, "sysfs_path", SYSFS);
    for (collector, block) in BLOCKS {
        if body.inner(block).is_some() && !enabled.contains(*collector) {
            let message =
                format!("the block `{block}` has no effect: the collector {collector} is not on");
            body.warn(codes::NO_EFFECT, block, message);
        }
    }
}

fn expressions(body: &Body<'_>, enabled: &BTreeSet<String>) {
    for (collector, block, name) in EXPRESSIONS {
        let Some(inner) = body.inner(block).filter(|_| enabled.contains(*collector)) else {
            continue;
        };
        let Some(text) = inner.text(name).filter(|_| inner.is_written(name)) else { continue };
        let whole = match *collector {
            "systemd" => format!("^(?:{text})$"),
            _ => text,
        };
        // One of two filters of devices is not looked at where the other is given.
        if *collector == "diskstats"
            && *name == "device_exclude"
            && inner.given("device_include") == Given::Yes
        {
            continue;
        }
        if regexp::fault(&whole).is_some() {
            inner.crash(name, format!("`{name}` is no regular expression"));
        }
    }
}

fn cpu(body: &Body<'_>, enabled: &BTreeSet<String>) {
    let Some(cpu) = body.inner("cpu").filter(|_| enabled.contains("cpu")) else { return };
    for name in ["flags_include", "bugs_include"] {
        if cpu.text(name).is_some_and(|text| regexp::fault(&text).is_some()) {
            cpu.refuse(codes::WRONG_REGEX, name, format!("`{name}` is no regular expression"));
        }
    }
}

fn netdev(body: &Body<'_>) {
    if let Some(netdev) = body.inner("netdev") {
        let reason = "`device_include` and `device_exclude` are both given";
        netdev.exclude(codes::CONFLICTING_SETTINGS, &["device_include", "device_exclude"], reason);
    }
}

fn ipvs(body: &Body<'_>) {
    const LABELS: [&str; 6] =
        ["local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark"];
    let Some(ipvs) = body.inner("ipvs") else { return };
    let labels = ipvs.texts("backend_labels").unwrap_or_default();
    if labels
        .iter()
        .flat_map(|text| text.split(','))
        .any(|label| !label.is_empty() && !LABELS.contains(&label))
    {
        let reason = "`backend_labels` has a label that there is not";
        ipvs.refuse(codes::UNUSABLE_VALUE, "backend_labels", reason);
        ipvs.judge.help(format!("the labels are {}", LABELS.join(", ")));
    }
}

fn ntp(body: &Body<'_>) {
    let Some(ntp) = body.inner("ntp") else { return };
    let is_local = ntp.is("server_is_local");
    let server = if ntp.is_written("server") { ntp.text("server") } else { None };
    let is_own = |text: &str| text.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    if is_local == Some(false) && server.is_some_and(|server| !is_own(&server)) {
        let reason = "`server` is not an address of this host, and `server_is_local` is not set";
        ntp.refuse(codes::UNUSABLE_VALUE, "server", reason);
    }
    let version = ntp.integer("protocol_version").filter(|_| ntp.is_written("protocol_version"));
    if version.is_some_and(|version| !(2..=4).contains(&version)) {
        let reason = "`protocol_version` must be 2, 3 or 4";
        ntp.refuse(codes::UNUSABLE_VALUE, "protocol_version", reason);
    }
    let name = "local_offset_tolerance";
    if ntp.is_written(name) && ntp.duration(name).is_some_and(|length| length.nanoseconds() < 0) {
        ntp.refuse(codes::UNUSABLE_VALUE, name, format!("`{name}` must not be negative"));
    }
}

fn perf(body: &Body<'_>) {
    let Some(perf) = body.inner("perf") else { return };
    let is_number = |text: &str| text.parse::<i64>().is_ok();
    let is_range = |part: &str| {
        let (range, stride) = part.split_once(':').unwrap_or((part, "1"));
        let ends: Vec<&str> = range.split('-').collect();
        ends.len() == 2 && ends.iter().all(|end| is_number(end)) && is_number(stride)
    };
    let is_wrong = |text: &str| {
        text.split(',')
            .any(|part| if part.contains('-') { !is_range(part) } else { !is_number(part) })
    };
    if perf.text("cpus").is_some_and(|text| !text.is_empty() && is_wrong(&text)) {
        perf.refuse(codes::UNUSABLE_VALUE, "cpus", "`cpus` is no list of processors");
    }
    let points = perf.texts("tracepoint").unwrap_or_default();
    if points.iter().any(|point| point.split(':').count() != 2) {
        let reason = "`tracepoint` has one that is not written as SUBSYSTEM:EVENT";
        perf.refuse(codes::UNUSABLE_VALUE, "tracepoint", reason);
    }
}

/// A file system that is not there matters only to the collectors that open it at once.
fn folder(body: &Body<'_>, enabled: &BTreeSet<String>, name: &str, opened_by: &[&str]) {
    let Some(path) = body.text(name).filter(|_| body.is_written(name)) else { return };
    // A copy of a host holds neither.
    let is_usual = matches!(path.trim_end_matches('/'), "/proc" | "/sys");
    let Some(first) = enabled.iter().find(|name| opened_by.contains(&name.as_str())) else {
        return;
    };
    if is_usual {
        return;
    }
    if path.is_empty() {
        let reason = format!("`{name}` is empty, and the collector {first} opens it");
        body.refuse(codes::MISSING_FILE, name, reason);
    } else {
        files::needed_folder(body, name, &path);
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::strict::tests::raised;

    fn of(inner: &str) -> Vec<&'static str> {
        raised(&format!("prometheus.exporter.unix \"u\" {{\n {inner}\n}}"))
    }

    #[test]
    fn only_collectors_that_are_on_compile_their_expressions() {
        let wrong = "netdev {\n device_exclude = \"*veth\"\n }";
        assert_eq!(of(wrong), ["alloy-crashes"]);
        assert!(of(&format!("disable_collectors = [\"netdev\"]\n {wrong}")).is_empty());
        let both = "disable_collectors = [\"netdev\"]\n enable_collectors = [\"netdev\"]";
        assert_eq!(of(&format!("{both}\n {wrong}")), ["alloy-crashes"]);
    }

    #[test]
    fn a_block_without_its_collector_has_no_effect() {
        let textfile = "set_collectors = [\"cpu\"]\n textfile {\n directory = \"/x\"\n }";
        assert_eq!(of(textfile), ["no-effect"]);
        assert_eq!(of("systemd { }"), ["no-effect"]);
        assert!(of("enable_collectors = [\"systemd\"]\n systemd { }").is_empty());
    }

    #[test]
    fn a_file_system_must_be_there_for_those_that_open_it() {
        assert_eq!(of("procfs_path = \"\""), ["missing-file"]);
        assert!(of("procfs_path = \"\"\n set_collectors = [\"filesystem\"]").is_empty());
        assert_eq!(
            of("netdev {\n device_include = \"a\"\n device_exclude = \"b\"\n }"),
            ["conflicting-settings"]
        );
    }
}
