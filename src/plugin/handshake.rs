//! The handshake: what the agent's environment must say, the socket, and the line that names it.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use super::{COOKIE, COOKIE_VALUE};

/// The longest path of a socket, with the zero byte at its end.
const MAX_PATH: usize = 108;
/// How many names are tried for the socket's folder.
const MAX_NAMES: u32 = 64;

/// A socket in a folder of its own, which nobody else may enter. Both vanish with the value.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: UnixListener,
    folder: PathBuf,
}

impl Listener {
    fn path(&self) -> PathBuf {
        self.folder.join("s")
    }

    /// Writes the line by which the agent finds the socket: the version of go-plugin, the
    /// version of the plugins, the network, the address, the protocol, and no certificate.
    pub fn announce(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "1|1|unix|{}|netrpc|", self.path().display())?;
        out.flush()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // What cannot be removed is found by nobody: its process is gone.
        let _ = std::fs::remove_file(self.path());
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Listens as the agent asks for it.
pub fn listen(variable: &dyn Fn(&str) -> Option<String>) -> Result<Listener, String> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if given(COOKIE).as_deref() != Some(COOKIE_VALUE) {
        return Err("this is a plugin of trento-agent: put it into the agent's plugins folder \
                    and let the agent start it"
            .to_owned());
    }
    if given("PLUGIN_CLIENT_CERT").is_some() {
        return Err("the agent asks for TLS, which this plugin does not speak".to_owned());
    }
    let wanted = ["PLUGIN_UNIX_SOCKET_DIR", "TMPDIR"].into_iter().find_map(given);
    let mut last = None;
    for base in wanted.iter().map(String::as_str).chain(["/tmp"]) {
        match listen_under(Path::new(base)) {
            Ok(listener) => return Ok(listener),
            Err(why) => last = Some(format!("no socket can be made in {base}: {why}")),
        }
    }
    Err(last.unwrap_or_default())
}

fn listen_under(base: &Path) -> io::Result<Listener> {
    let process = std::process::id();
    for number in 0..MAX_NAMES {
        let folder = base.join(format!("trento-alloy-{process}-{number}"));
        let path = folder.join("s");
        if path.as_os_str().len() >= MAX_PATH || path.to_str().is_none_or(is_unspeakable) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is too long"));
        }
        // Making the folder fails where anything has its name, a link too.
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {}
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(why) => return Err(why),
        }
        return match UnixListener::bind(&path) {
            Ok(socket) => Ok(Listener { socket, folder }),
            Err(why) => {
                let _ = std::fs::remove_dir(&folder);
                Err(why)
            }
        };
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "every name is taken"))
}

/// Whether a path would break the line it stands in.
fn is_unspeakable(path: &str) -> bool {
    path.contains('|') || path.chars().any(char::is_control)
}
