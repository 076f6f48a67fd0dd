//! Asks a remote-write endpoint what matters: does it take this write, does it refuse everybody
//! else's, does it take whole batches, and has it this host's series?
//!
//! Name, connection, TLS and the write are taken one after another, so that the first broken link
//! is named; the further questions follow at once. All is bounded in time and memory, and no
//! question stores or changes anything. Reads no configuration; asynchronous inside, not outside.

mod answer;
mod batch;
mod component;
mod connect;
mod edge;
mod endpoint;
mod environment;
mod material;
mod outcome;
mod report;
mod request;
mod resolve;
mod run;
mod settings;
mod tls;
mod verdict;
mod writer;

pub use answer::{Answer, RedirectRefusal};
pub use batch::{USUAL_BATCH, WHOLE_BATCH};
pub use connect::ConnectFailure;
pub use edge::{
    Batches, Edge, Expected, Exporter, Finding, PullList, Series, Severity, Shown, Strangers, Up,
    exporters, findings,
};
pub use endpoint::{Auth, Endpoint, Proxy, Tls};
pub use environment::proxy_from_environment;
pub use material::{CertificateFacts, Material, certificates, key_fits, without_private_keys};
pub use outcome::{NotAsked, Outcome};
pub use report::{Report, TlsReport};
pub use resolve::NameFailure;
pub use run::{Limits, probe};
pub use tls::TlsFailure;
pub use verdict::{Step, Verdict};
pub use writer::{Message, Writer};

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Whether something listens on a port, asked by a connection that is closed at once.
pub fn port_answers(host: &str, port: u16, patience: Duration) -> bool {
    let addresses = (host, port).to_socket_addrs().into_iter().flatten();
    addresses.take(4).any(|address| TcpStream::connect_timeout(&address, patience).is_ok())
}
