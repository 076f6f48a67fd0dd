//! The known defects, by id. Versions as they are written: `from` has it, `to` no longer.

use super::{Action, Advisory, Like, Trigger};

/// Every advisory, by its id.
pub const ADVISORIES: &[Advisory] = &[
    Advisory {
        id: "deb-not-restarted",
        from: "",
        to: "1.16.1",
        trigger: Trigger::Action(Action::Upgrade),
        text: "the package of Debian and Ubuntu does not restart Alloy at an upgrade, whatever \
               RESTART_ON_UPGRADE says",
        help: "run `systemctl restart alloy` after the upgrade",
        link: "https://github.com/grafana/alloy/pull/6094",
    },
    Advisory {
        id: "echo-mixes-series",
        from: "",
        to: "1.19.0-rc.0",
        trigger: Trigger::Setting {
            components: &["prometheus.scrape", "prometheus.relabel"],
            names: &["forward_to"],
            is_like: Like::WithEcho,
        },
        text: "beside prometheus.echo or prometheus.write.queue, another receiver can count a \
               sample to a wrong series",
        help: "take that receiver out of `forward_to`",
        link: "https://github.com/grafana/alloy/pull/6821",
    },
    Advisory {
        id: "empty-groups-kept",
        from: "1.11.0",
        to: "1.12.0",
        trigger: Trigger::Setting {
            components: &["prometheus.exporter.process"],
            names: &["remove_empty_groups"],
            is_like: Like::True,
        },
        text: "`remove_empty_groups` has no effect",
        help: "upgrade to 1.12 or later",
        link: "https://github.com/grafana/alloy/pull/4644",
    },
    Advisory {
        id: "foreach-id-misnamed",
        from: "",
        to: "1.13.0",
        trigger: Trigger::Setting {
            components: &["foreach"],
            names: &["id"],
            is_like: Like::Given,
        },
        text: "over a collection that a discovery component exports, the components of the \
               template get wrong names",
        help: "leave `id` out, or upgrade to 1.13 or later",
        link: "https://github.com/grafana/alloy/issues/5297",
    },
    Advisory {
        id: "git-update-panics",
        from: "",
        to: "1.12.2",
        trigger: Trigger::Setting { components: &["import.git"], names: &[], is_like: Like::Given },
        text: "Alloy panics when the repository cannot be updated, as when its server is down",
        help: "upgrade to 1.12.2 or later, or import a file",
        link: "https://github.com/grafana/alloy/pull/5198",
    },
    Advisory {
        id: "hwmon-filters-ignored",
        from: "",
        to: "1.9.0",
        trigger: Trigger::Setting {
            components: &["prometheus.exporter.unix"],
            names: &["chip_include", "chip_exclude"],
            is_like: Like::Given,
        },
        text: "the filters of `hwmon` are ignored: every sensor is read",
        help: "upgrade to 1.9 or later",
        link: "https://github.com/grafana/alloy/pull/3673",
    },
    Advisory {
        id: "import-folder-not-applied",
        from: "",
        to: "1.4.0",
        trigger: Trigger::Setting {
            components: &["import.file"],
            names: &["filename"],
            is_like: Like::Folder,
        },
        text: "a changed file of an imported folder is not fully applied",
        help: "restart Alloy after changing the folder, or upgrade to 1.4 or later",
        link: "https://github.com/grafana/alloy/issues/1348",
    },
    Advisory {
        id: "imports-deadlock",
        from: "",
        to: "1.5.1",
        trigger: Trigger::Setting {
            components: &["import.file", "import.git", "import.http", "import.string"],
            names: &[],
            is_like: Like::Given,
        },
        text: "imports can block one another for ever; requests to Alloy's metrics then pile up",
        help: "upgrade to 1.5.1 or later",
        link: "https://github.com/grafana/alloy/pull/2129",
    },
    Advisory {
        id: "logging-hangs-at-start",
        from: "1.1.0",
        to: "1.16.1",
        trigger: Trigger::Setting { components: &["logging"], names: &[], is_like: Like::Given },
        text: "where a component logs while the files are evaluated for the first time, Alloy can \
               hang at its start: it logs nothing and opens no port",
        help: "upgrade to 1.16.1 or later, or restart Alloy until it runs",
        link: "https://github.com/grafana/alloy/pull/6112",
    },
    Advisory {
        id: "mongodb-currentop-empty",
        from: "",
        to: "1.18.0",
        trigger: Trigger::Setting {
            components: &["prometheus.exporter.mongodb"],
            names: &["enable_currentop_metrics"],
            is_like: Like::True,
        },
        text: "the collector has no threshold and gives no values",
        help: "upgrade to 1.18 or later",
        link: "https://github.com/grafana/alloy/pull/6539",
    },
    Advisory {
        id: "old-process-after-upgrade",
        from: "",
        to: "",
        trigger: Trigger::Action(Action::Upgrade),
        text: "the old process goes on running after a package upgrade unless RESTART_ON_UPGRADE \
               is true",
        help: "run `systemctl restart alloy` after the upgrade",
        link: "https://github.com/grafana/alloy/issues/1007",
    },
    Advisory {
        id: "old-process-survives-stop",
        from: "",
        to: "1.12.0",
        trigger: Trigger::Action(Action::Upgrade),
        text: "systemd does not kill an Alloy that does not stop within 20 seconds; it goes on \
               running beside the new one",
        help: "set `SendSIGKILL=yes` in a drop-in of alloy.service",
        link: "https://github.com/grafana/alloy/pull/4481",
    },
    Advisory {
        id: "redis-key-groups-unlimited",
        from: "",
        to: "1.11.0",
        trigger: Trigger::Setting {
            components: &["prometheus.exporter.redis"],
            names: &["max_distinct_key_groups"],
            is_like: Like::Given,
        },
        text: "`max_distinct_key_groups` has no effect",
        help: "upgrade to 1.11 or later",
        link: "https://github.com/grafana/alloy/pull/4463",
    },
    Advisory {
        id: "remote-write-keeps-series",
        from: "",
        to: "1.11.0",
        trigger: Trigger::Setting {
            components: &["prometheus.remote_write"],
            names: &["endpoint"],
            is_like: Like::Given,
        },
        text: "series that ended can stay in memory and in the write-ahead log for ever",
        help: "upgrade to 1.11 or later, or restart Alloy now and then",
        link: "https://github.com/grafana/alloy/pull/3927",
    },
    Advisory {
        id: "remote-write-reported-lost",
        from: "1.12.0",
        to: "1.14.0",
        trigger: Trigger::Setting {
            components: &["prometheus.remote_write"],
            names: &["endpoint"],
            is_like: Like::Given,
        },
        text: "Alloy logs that data was not written although Prometheus 3.8 wrote it",
        help: "upgrade to 1.14 or later, or do not trust that log line",
        link: "https://github.com/grafana/alloy/issues/5004",
    },
    Advisory {
        id: "rename-keeps-port",
        from: "",
        to: "1.13.1",
        trigger: Trigger::Action(Action::RenameAndReload),
        text: "a renamed component that listens on a port fails at the reload: the old one still \
               has the port",
        help: "reload a second time, or restart Alloy",
        link: "https://github.com/grafana/alloy/pull/5401",
    },
    Advisory {
        id: "rename-needs-two-reloads",
        from: "",
        to: "",
        trigger: Trigger::Action(Action::RenameAndReload),
        text: "a reload after renaming a component can fail with the old exports still in use",
        help: "reload a second time",
        link: "https://github.com/grafana/alloy/issues/5448",
    },
    Advisory {
        id: "secret-text-in-target",
        from: "",
        to: "1.19.0-rc.0",
        trigger: Trigger::Setting {
            components: &["discovery.relabel", "prometheus.scrape"],
            names: &["targets"],
            is_like: Like::SecretExport,
        },
        text: "a label of a target that is taken from the content of a file, or another export with \
               a secret's type, arrives as `{false …}`",
        help: "set the label by a rule with that text as `replacement`, or write it out",
        link: "https://github.com/grafana/alloy/issues/6163",
    },
];
