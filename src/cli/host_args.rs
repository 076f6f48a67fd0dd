//! The flags that say which host is meant, shared by the subcommands that read one.

use camino::Utf8PathBuf;

use crate::error::{Error, Result};
use crate::facts::Options;
use crate::secret::Secret;
use crate::system::System;

/// Which program pushes from a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// What the host has set up.
    #[default]
    Auto,
    /// Grafana Alloy.
    Alloy,
    /// Prometheus in agent mode.
    PrometheusAgent,
}

/// Which host is meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct HostArgs {
    /// Read a host's files from this folder instead of the running system
    #[arg(long, value_name = "DIR")]
    pub root: Option<Utf8PathBuf>,
    /// The systemd unit that runs Alloy
    #[arg(long, value_name = "NAME", default_value = "alloy.service")]
    pub unit: String,
    /// The file or folder Alloy loads, if not what its unit says
    #[arg(long, value_name = "PATH")]
    pub alloy_config: Option<Utf8PathBuf>,
    /// Which program pushes: alloy, prometheus-agent, or auto for what the host has set up
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = sender)]
    pub sender: Sender,
    /// Name secrets by their HMAC with the key in this file, not by letters
    #[arg(long, value_name = "FILE")]
    pub fingerprint_key: Option<Utf8PathBuf>,
}

impl HostArgs {
    /// The system these flags mean: a folder's, or the running system's.
    pub fn system(&self) -> Result<System> {
        match &self.root {
            Some(root) => System::rooted(root),
            None => Ok(System::live()),
        }
    }

    /// What these flags say of the host; the rest as usual.
    pub fn options(&self) -> Result<Options> {
        let unit = match self.unit.contains('.') {
            true => self.unit.clone(),
            false => format!("{}.service", self.unit),
        };
        let fingerprint_key = match &self.fingerprint_key {
            None => None,
            Some(path) => {
                let key = std::fs::read_to_string(path)
                    .map_err(|source| Error::Read { path: path.clone(), source })?;
                Some(Secret::new(key.trim()))
            }
        };
        let alloy_config = self.alloy_config.clone();
        Ok(Options { unit, alloy_config, fingerprint_key, ..Options::default() })
    }
}

fn sender(name: &str) -> Result<Sender, String> {
    match name {
        "auto" => Ok(Sender::Auto),
        "alloy" => Ok(Sender::Alloy),
        "prometheus-agent" => Ok(Sender::PrometheusAgent),
        _ => Err("write auto, alloy or prometheus-agent".to_owned()),
    }
}
