//! Where Alloy's HTTP server listens and what it asks for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use camino::Utf8PathBuf;

use crate::load::AlloyArgs;
use crate::secret::Secret;

/// Where the server is, and how to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where it listens.
    pub address: Address,
    /// What stands before the paths of the user interface; empty or `/name`.
    pub prefix: String,
    /// What its `http` block asks for.
    pub access: Access,
}

/// An address of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(Utf8PathBuf),
    /// An address that cannot be used, as it was written.
    Unusable(String),
}

/// What an `http` block asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// User name and password, where basic authentication is on and both are known.
    pub basic: Option<(String, Secret)>,
    /// The server's own certificate as PEM, where TLS is on: only it is trusted.
    pub certificate: Option<Vec<u8>>,
    /// What makes it impossible to ask, such as a client certificate that is required.
    pub obstacle: Option<String>,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            address: Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 12345))),
            prefix: String::new(),
            access: Access::default(),
        }
    }
}

impl Server {
    /// The server of an Alloy that was started with these arguments.
    pub fn of(arguments: &AlloyArgs) -> Server {
        let prefix = arguments.ui_path_prefix().trim_matches('/');
        Server {
            address: Address::parse(arguments.listen_addr()),
            prefix: if prefix.is_empty() { String::new() } else { format!("/{prefix}") },
            access: Access::default(),
        }
    }
}

impl Address {
    /// Reads an address as Alloy takes it; where it listens everywhere, it is asked on loopback.
    pub fn parse(text: &str) -> Address {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Address::Unix(path.into());
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Address::Unusable(text.to_owned());
        };
        let Ok(port) = port.parse::<u16>() else { return Address::Unusable(text.to_owned()) };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let ip = match host {
            "" | "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => match host.parse() {
                Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => IpAddr::V6(Ipv6Addr::LOCALHOST),
                Ok(ip) => ip,
                Err(_) => return Address::Unusable(text.to_owned()),
            },
        };
        Address::Tcp(SocketAddr::new(ip, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(line: &str) -> Server {
        Server::of(&AlloyArgs::parse(&line.split(' ').collect::<Vec<_>>()))
    }

    #[test]
    fn the_command_line_says_where_it_listens() {
        assert_eq!(server("/etc/alloy"), Server::default());
        let other = server("--server.http.listen-addr=0.0.0.0:80 /etc/alloy");
        assert_eq!(other.address, Address::Tcp("127.0.0.1:80".parse().unwrap()));
        let other = server("--server.http.listen-addr [::]:81 x");
        assert_eq!(other.address, Address::Tcp("[::1]:81".parse().unwrap()));
        let unix = server("--server.http.listen-addr=unix:///run/alloy.sock x");
        assert_eq!(unix.address, Address::Unix("/run/alloy.sock".into()));
        let odd = server("--server.http.listen-addr=nonsense x");
        assert_eq!(odd.address, Address::Unusable("nonsense".to_owned()));
        assert_eq!(server("--server.http.ui-path-prefix=/alloy/ x").prefix, "/alloy");
        assert_eq!(server("--server.http.ui-path-prefix / x").prefix, "");
    }
}
