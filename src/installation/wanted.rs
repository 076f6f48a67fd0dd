//! Which program of a host is meant, where that is not for the host to tell.
//!
//! Holds what was given, and what the host's own settings name; looks for nothing itself.

use camino::Utf8PathBuf;

use crate::host::alloy_http::Patience;
use crate::installation::installed::Installed;
use crate::prometheus::Version as PrometheusVersion;
use crate::site::Site;
use crate::system::System;

/// Which program pushes from a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// What the host has set up: Alloy, or else Prometheus in agent mode.
    #[default]
    Auto,
    /// Grafana Alloy.
    Alloy,
    /// Prometheus in agent mode.
    PrometheusAgent,
}

/// Which program is meant, where that is not for the host to tell.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which program pushes.
    pub sender: Sender,
    /// Whether the host's own settings may name another unit.
    pub heeds_site: bool,
    /// The systemd unit that runs Alloy.
    pub unit: String,
    /// The systemd unit that runs Prometheus.
    pub prometheus_unit: String,
    /// The version of Prometheus, if it is given.
    pub prometheus_version: Option<PrometheusVersion>,
    /// The path it loads, if not what its unit says.
    pub alloy_config: Option<Utf8PathBuf>,
    /// Its version, if it is given.
    pub alloy_version: Option<Installed>,
    /// How long the running one is asked.
    pub patience: Patience,
}

impl Wanted {
    /// Names the unit of the sender, `.service` being understood.
    pub fn name_unit(&mut self, name: &str) {
        let full = match name.contains('.') {
            true => name.to_owned(),
            false => format!("{name}.service"),
        };
        match self.sender {
            Sender::PrometheusAgent => self.prometheus_unit = full,
            Sender::Alloy | Sender::Auto => self.unit = full,
        }
        self.heeds_site = false;
    }

    /// What is wanted of this host, whose settings may name the unit. Whether they are sound is for
    /// whoever took the system to find out.
    pub(super) fn on(mut self, system: &System) -> Wanted {
        if self.heeds_site
            && let Ok(Site { unit: Some(unit), .. }) = Site::of(&system.files)
        {
            self.name_unit(&unit.value);
        }
        self
    }
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            sender: Sender::Auto,
            heeds_site: true,
            unit: "alloy.service".to_owned(),
            prometheus_unit: "prometheus.service".to_owned(),
            prometheus_version: None,
            alloy_config: None,
            alloy_version: None,
            patience: Patience::default(),
        }
    }
}
