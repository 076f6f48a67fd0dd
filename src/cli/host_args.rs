//! The flags that say which host is meant, shared by the subcommands that read one.

use camino::Utf8PathBuf;

use crate::agent::Settings;
use crate::archive;
use crate::error::{Error, Result};
use crate::facts::Options;
use crate::installation::{Installation, Sender, Wanted};
use crate::secret::{Secret, SecretNames, Vault};
use crate::site::Site;
use crate::system::{System, given};

/// Which host is meant.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Host")]
pub struct HostArgs {
    /// Read a host's files from this folder instead of the running system
    #[arg(long, value_name = "DIR")]
    pub root: Option<Utf8PathBuf>,
    /// Do not use the host's /etc/trento-alloy/config.yaml
    #[arg(long)]
    pub no_site_config: bool,
    /// The systemd unit of the sender [default: as config.yaml says, or else alloy.service or
    /// prometheus.service]
    #[arg(long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The file or folder Alloy loads, if not what its unit says
    #[arg(long, value_name = "PATH")]
    pub alloy_config: Option<Utf8PathBuf>,
    /// Which program pushes: alloy, prometheus-agent, or auto for what the host has set up
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = sender)]
    pub sender: Sender,
    /// Print secrets as HMAC with the key in this file, not as letters
    #[arg(long, value_name = "FILE")]
    pub fingerprint_key: Option<Utf8PathBuf>,
}

impl HostArgs {
    /// The system these flags mean: a folder's, or the running system's. What is found to be
    /// secret on it is told to `secrets`; nothing is read for that yet, which is left to who asks
    /// a host for all of its secrets.
    pub fn open(&self, secrets: &Vault) -> Result<System> {
        let system = match &self.root {
            Some(root) if root.is_file() => archive::open(root)?,
            Some(root) => System::rooted(root)?,
            None => System::live(),
        };
        system.secrets().pass_on(secrets);
        Ok(system)
    }

    /// The same with its secrets told, and what its people decided for this program.
    ///
    /// # Errors
    /// As [`Site::of`]: settings that cannot be read decide nothing silently.
    pub fn system(&self, secrets: &Vault) -> Result<System> {
        let system = self.open(secrets)?;
        tell(&system, secrets);
        self.site(&system)?;
        Ok(system)
    }

    /// What the people of a system decided for this program.
    pub fn site(&self, system: &System) -> Result<Site> {
        if self.no_site_config { Ok(Site::default()) } else { Site::of(&system.files) }
    }

    /// Which sender these flags mean.
    pub fn wanted(&self) -> Wanted {
        let alloy_config = self.alloy_config.clone();
        let mut wanted = Wanted { sender: self.sender, alloy_config, ..Wanted::default() };
        wanted.heeds_site = !self.no_site_config;
        if let Some(name) = &self.unit {
            wanted.name_unit(name);
        }
        wanted
    }

    /// The Alloy of a system that these flags mean.
    pub fn installation<'s>(&self, system: &'s System) -> Installation<'s> {
        Installation::of(system, self.wanted())
    }

    /// What these flags say of a run; the rest as usual.
    pub fn options(&self) -> Result<Options> {
        Ok(Options { fingerprint_key: self.key()?, ..Options::default() })
    }

    /// The names that secrets go by.
    pub fn secret_names(&self) -> Result<SecretNames> {
        Ok(self.key()?.map_or_else(SecretNames::new, SecretNames::with_key))
    }

    fn key(&self) -> Result<Option<Secret>> {
        let Some(path) = &self.fingerprint_key else { return Ok(None) };
        let key = given::read_text(path, given::LARGEST_SETTINGS)
            .map_err(|source| Error::Read { path: path.clone(), source })?;
        match key.trim() {
            "" => Err(Error::Usage(format!("{path} holds no key: it is empty"))),
            key => Ok(Some(Secret::new(key))),
        }
    }
}

/// Tells what is secret on a system: the agent's settings are read for it, whether the command
/// needs them or not.
pub fn tell(system: &System, secrets: &Vault) {
    system.secrets().pass_on(secrets);
    if system.own_environment().is_none() {
        Settings::of_service(system);
    }
}

/// Reads the name of a sender.
pub(super) fn sender(name: &str) -> Result<Sender, String> {
    match name {
        "auto" => Ok(Sender::Auto),
        "alloy" => Ok(Sender::Alloy),
        "prometheus-agent" => Ok(Sender::PrometheusAgent),
        _ => Err("write auto, alloy or prometheus-agent".to_owned()),
    }
}
