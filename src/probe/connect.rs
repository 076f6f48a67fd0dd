//! From addresses to a connection: one after another, the next one early if one is slow.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::probe::material::clean;

/// After this time without an answer the next address is tried beside the first, as Go does.
const PATIENCE: Duration = Duration::from_millis(300);

/// Why no address could be connected to. Where addresses fail differently, the first one speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// Nobody listens there.
    Refused {
        /// Address and port.
        address: String,
    },
    /// Nothing came back in time.
    TimedOut {
        /// Address and port.
        address: String,
    },
    /// No way leads there.
    Unreachable {
        /// Address and port.
        address: String,
    },
    /// This host forbids it.
    Forbidden {
        /// Address and port.
        address: String,
    },
    /// Something else.
    Failed {
        /// Address and port.
        address: String,
        /// What the system said.
        reason: String,
    },
}

impl ConnectFailure {
    pub(super) fn code(&self) -> &'static str {
        match self {
            ConnectFailure::Refused { .. } => "connection-refused",
            ConnectFailure::TimedOut { .. } => "connection-timed-out",
            ConnectFailure::Unreachable { .. } => "unreachable",
            ConnectFailure::Forbidden { .. } => "connection-forbidden",
            ConnectFailure::Failed { .. } => "connection-failed",
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            ConnectFailure::Refused { address } => format!("nobody listens on {address}"),
            ConnectFailure::TimedOut { address } => format!("{address} did not answer in time"),
            ConnectFailure::Unreachable { address } => format!("no route leads to {address}"),
            ConnectFailure::Forbidden { address } => {
                format!("this host forbids the connection to {address}")
            }
            ConnectFailure::Failed { address, reason } => {
                format!("no connection to {address}: {reason}")
            }
        }
    }

    pub(super) fn help(&self) -> &'static str {
        match self {
            ConnectFailure::Refused { .. } => {
                "check the port in the URL and that the server is running"
            }
            ConnectFailure::TimedOut { .. } => "look for a firewall on the way that drops packets",
            ConnectFailure::Unreachable { .. } => "check this host's routes and the address",
            ConnectFailure::Forbidden { .. } => "check this host's firewall and SELinux",
            ConnectFailure::Failed { .. } => "check the network of this host",
        }
    }
}

/// Connects to the first address that answers.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<TcpStream, ConnectFailure> {
    let mut waiting = addresses.iter().copied().enumerate();
    let mut attempts = JoinSet::new();
    let mut failures: Vec<(usize, ConnectFailure)> = Vec::new();
    loop {
        let next = waiting.next();
        if let Some((position, address)) = next {
            attempts.spawn(async move { (position, attempt(address, deadline).await) });
        }
        let patience = if next.is_some() { PATIENCE } else { Duration::MAX };
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = sleep(patience) => continue,
        };
        match ended {
            Some(Ok((_, Ok(stream)))) => return Ok(stream),
            Some(Ok((position, Err(failure)))) => failures.push((position, failure)),
            Some(Err(_)) => {}
            None if next.is_none() => break,
            None => {}
        }
    }
    failures.sort_by_key(|(position, _)| *position);
    let none = ConnectFailure::Failed { address: "?".into(), reason: "no address".into() };
    Err(failures.into_iter().next().map_or(none, |(_, failure)| failure))
}

async fn attempt(address: SocketAddr, deadline: Instant) -> Result<TcpStream, ConnectFailure> {
    match timeout_at(deadline, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(failure(address, &error)),
        Err(_) => Err(ConnectFailure::TimedOut { address: address.to_string() }),
    }
}

fn failure(address: SocketAddr, error: &io::Error) -> ConnectFailure {
    let address = address.to_string();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFailure::Refused { address },
        io::ErrorKind::TimedOut => ConnectFailure::TimedOut { address },
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            ConnectFailure::Unreachable { address }
        }
        io::ErrorKind::PermissionDenied => ConnectFailure::Forbidden { address },
        _ => ConnectFailure::Failed { address, reason: clean(&error.to_string()) },
    }
}
