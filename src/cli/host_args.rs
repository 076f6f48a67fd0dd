//! The flags that say which host is meant, shared by the subcommands that read one.

use camino::Utf8PathBuf;

use crate::error::Result;
use crate::world::World;

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
}

impl HostArgs {
    /// The world these flags mean: a folder's, or the running system's.
    pub fn world(&self) -> Result<World> {
        match &self.root {
            Some(root) => World::rooted(root),
            None => Ok(World::live()),
        }
    }
}
