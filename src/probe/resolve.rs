//! From a host name to addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::time::{Instant, timeout_at};
use url::Host;

use crate::probe::material::clean;

/// More addresses than this are not tried.
const MOST_ADDRESSES: usize = 16;

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFailure {
    /// The resolver says there is no such name.
    NotFound {
        /// The name.
        host: String,
    },
    /// The resolver itself could not be asked.
    ResolverFailed {
        /// The name.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The resolver did not answer in time.
    TimedOut {
        /// The name.
        host: String,
    },
}

impl NameFailure {
    pub(super) fn code(&self) -> &'static str {
        match self {
            NameFailure::NotFound { .. } => "name-not-found",
            NameFailure::ResolverFailed { .. } => "resolver-failed",
            NameFailure::TimedOut { .. } => "resolver-timed-out",
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            NameFailure::NotFound { host } => format!("the name `{host}` has no address"),
            NameFailure::ResolverFailed { host, reason } => {
                format!("the name `{host}` could not be looked up: {reason}")
            }
            NameFailure::TimedOut { host } => {
                format!("the resolver did not answer in time for `{host}`")
            }
        }
    }

    pub(super) fn help(&self) -> &'static str {
        match self {
            NameFailure::NotFound { .. } => {
                "correct the host name in the URL, or add it to DNS or /etc/hosts"
            }
            _ => "check the name servers in /etc/resolv.conf and the way to them",
        }
    }
}

/// Looks a host up. An address needs no lookup.
pub(super) async fn resolve(
    host: Host<&str>,
    port: u16,
    deadline: Instant,
) -> Result<Vec<SocketAddr>, NameFailure> {
    let name = match host {
        Host::Ipv4(address) => return Ok(vec![SocketAddr::new(IpAddr::V4(address), port)]),
        Host::Ipv6(address) => return Ok(vec![SocketAddr::new(IpAddr::V6(address), port)]),
        Host::Domain(name) => name,
    };
    let host = clean(name);
    match timeout_at(deadline, tokio::net::lookup_host((name, port))).await {
        Err(_) => Err(NameFailure::TimedOut { host }),
        Ok(Err(error)) => Err(failure(host, &error)),
        Ok(Ok(found)) => {
            let mut addresses: Vec<SocketAddr> = Vec::new();
            for address in found.take(MOST_ADDRESSES) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            if addresses.is_empty() { Err(NameFailure::NotFound { host }) } else { Ok(addresses) }
        }
    }
}

/// The system's resolver has no error kinds of its own: only its text tells them apart.
fn failure(host: String, error: &io::Error) -> NameFailure {
    let text = error.to_string();
    let unknown = ["not known", "No address associated", "does not exist", "not provided"];
    if unknown.iter().any(|part| text.contains(part)) {
        return NameFailure::NotFound { host };
    }
    let reason = text.rsplit(": ").next().unwrap_or(&text);
    NameFailure::ResolverFailed { host, reason: clean(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_that_fails_is_not_a_name_that_is_missing() {
        let said = |text: &str| failure("h".to_owned(), &io::Error::other(text));
        let missing = "failed to lookup address information: Name or service not known";
        assert_eq!(said(missing), NameFailure::NotFound { host: "h".to_owned() });
        let broken = "failed to lookup address information: Temporary failure in name resolution";
        let NameFailure::ResolverFailed { reason, .. } = said(broken) else { panic!() };
        assert_eq!(reason, "Temporary failure in name resolution");
    }
}
