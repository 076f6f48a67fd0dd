//! The protected connection: what went wrong with it, and how it is made.

mod failure;
mod settings;
mod verifier;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

pub use failure::TlsFailure;
pub(super) use failure::from_chain;
pub(super) use settings::{Roots, Setup};

/// How long a server may take to refuse our certificate once the handshake is over.
///
/// TLS 1.3 lets the client finish first: only the next bytes tell whether it was let in.
const SECOND_THOUGHTS: Duration = Duration::from_millis(150);

/// What a handshake came to.
pub(super) struct Handshake {
    /// The version that was agreed on, such as `TLS 1.3`.
    pub(super) version: Option<&'static str>,
}

/// Does the handshake, and waits until a server that asked for our certificate has judged it.
pub(super) async fn handshake(
    setup: &Setup,
    stream: TcpStream,
    deadline: Instant,
) -> Result<Handshake, TlsFailure> {
    let connector = TlsConnector::from(setup.config());
    let connecting = connector.connect(setup.name(), stream);
    let mut stream = match timeout_at(deadline, connecting).await {
        Err(_) => return Err(TlsFailure::TimedOut),
        Ok(Err(error)) => return Err(failure::from_io(&error, &setup.seen())),
        Ok(Ok(stream)) => stream,
    };
    let version = stream.get_ref().1.protocol_version().map(version);
    if setup.seen().client_certificate_asked {
        let judged = poll_fn(|context| {
            let mut byte = [0; 1];
            let mut buffer = ReadBuf::new(&mut byte);
            match Pin::new(&mut stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                // A ticket is only given to a client that was let in.
                Poll::Pending if stream.get_ref().1.tls13_tickets_received() > 0 => {
                    Poll::Ready(Ok(()))
                }
                Poll::Pending => Poll::Pending,
            }
        });
        if let Ok(Err(error)) = timeout(SECOND_THOUGHTS, judged).await
            && let Some(failure) = failure::refusal(&error, &setup.seen())
        {
            return Err(failure);
        }
    }
    Ok(Handshake { version })
}

fn version(version: rustls::ProtocolVersion) -> &'static str {
    match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
        rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
        _ => "another version",
    }
}
