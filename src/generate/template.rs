//! The templates: what the shipped agent generates, and what the RFC asks for.

/// A template of the generated configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Template {
    /// What `trento-agent generate alloy` prints since 3.1.
    Agent31,
    /// What RFC 0003 describes.
    Rfc0003,
}

/// The collectors of the shipped agent.
const AGENT_COLLECTORS: &[&str] = &[
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
/// The collectors of the RFC.
const RFC_COLLECTORS: &[&str] =
    &["cpu", "cpufreq", "loadavg", "meminfo", "filesystem", "netdev", "uname"];
/// Where Prometheus takes remote writes; the RFC's URL is the server's without it.
const WRITE_PATH: &str = "/api/v1/write";

impl Template {
    /// Every template, the usual one first.
    pub const ALL: &[Template] = &[Template::Agent31, Template::Rfc0003];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Template::Agent31 => "agent-3.1",
            Template::Rfc0003 => "rfc-0003",
        }
    }

    /// The template of a name.
    pub fn named(name: &str) -> Option<Template> {
        Template::ALL.iter().copied().find(|template| template.name() == name)
    }

    /// The collectors it turns on.
    pub const fn collectors(self) -> &'static [&'static str] {
        match self {
            Template::Agent31 => AGENT_COLLECTORS,
            Template::Rfc0003 => RFC_COLLECTORS,
        }
    }

    /// The URL it writes to, made of prometheus-url.
    pub(super) fn url(self, prometheus_url: &str) -> String {
        let is_whole = self == Template::Agent31 || prometheus_url.ends_with(WRITE_PATH);
        if is_whole {
            return prometheus_url.to_owned();
        }
        format!("{}{WRITE_PATH}", prometheus_url.trim_end_matches('/'))
    }

    /// The value of the label exporter_name.
    pub(super) fn exporter_name(self, configured: &str) -> &str {
        match self {
            Template::Agent31 => configured,
            Template::Rfc0003 => "grafana_alloy",
        }
    }
}
