//! What went wrong with a handshake, told apart.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error as RustlsError};

use crate::probe::material::{CertificateFacts, clean};

/// What was seen of the other side, whether or not the handshake succeeded.
#[derive(Clone, Debug, Default)]
pub(in crate::probe) struct Seen {
    pub(in crate::probe) certificate: Option<CertificateFacts>,
    pub(in crate::probe) client_certificate_asked: bool,
    pub(in crate::probe) client_certificate_sent: bool,
    pub(in crate::probe) expected_name: String,
}

/// Why there is no protected connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// The server's certificate was not signed by an authority the component trusts.
    UnknownAuthority {
        /// Who signed it.
        issuer: String,
    },
    /// The server's certificate is for other names.
    WrongName {
        /// The name we asked for.
        expected: String,
        /// The names it is for.
        presented: Vec<String>,
    },
    /// The server's certificate is no longer valid.
    Expired {
        /// Seconds since 1970.
        not_after: i64,
    },
    /// The server's certificate is not yet valid.
    NotYetValid {
        /// Seconds since 1970.
        not_before: i64,
    },
    /// The server's certificate is wrong in another way.
    BadCertificate {
        /// In which way.
        reason: String,
    },
    /// No version or method both sides speak.
    NothingInCommon {
        /// What the library said.
        reason: String,
    },
    /// The server does not speak TLS on this port.
    NotTls,
    /// The server wants a certificate and the component has none.
    ClientCertificateRequired,
    /// The server does not take the component's certificate.
    ClientCertificateRefused {
        /// The alert it sent.
        reason: String,
    },
    /// The component's certificate and key cannot be used.
    ClientCertificateUnusable {
        /// Why not.
        reason: String,
    },
    /// The component's CA file cannot be used.
    AuthorityUnusable {
        /// Why not.
        reason: String,
    },
    /// The server does not know the name we asked for.
    UnknownServerName {
        /// The name.
        name: String,
    },
    /// The server ended the handshake without a reason.
    Closed,
    /// The handshake took too long.
    TimedOut,
    /// Something else.
    Failed {
        /// What the library said.
        reason: String,
    },
}

impl TlsFailure {
    pub(in crate::probe) fn code(&self) -> &'static str {
        match self {
            TlsFailure::UnknownAuthority { .. } => "unknown-authority",
            TlsFailure::WrongName { .. } => "wrong-name",
            TlsFailure::Expired { .. } => "certificate-expired",
            TlsFailure::NotYetValid { .. } => "certificate-not-yet-valid",
            TlsFailure::BadCertificate { .. } => "bad-certificate",
            TlsFailure::NothingInCommon { .. } => "no-common-tls",
            TlsFailure::NotTls => "not-tls",
            TlsFailure::ClientCertificateRequired => "client-certificate-required",
            TlsFailure::ClientCertificateRefused { .. } => "client-certificate-refused",
            TlsFailure::ClientCertificateUnusable { .. } => "client-certificate-unusable",
            TlsFailure::AuthorityUnusable { .. } => "authority-unusable",
            TlsFailure::UnknownServerName { .. } => "unknown-server-name",
            TlsFailure::Closed => "handshake-closed",
            TlsFailure::TimedOut => "handshake-timed-out",
            TlsFailure::Failed { .. } => "handshake-failed",
        }
    }

    pub(in crate::probe) fn message(&self) -> String {
        match self {
            TlsFailure::UnknownAuthority { issuer } => {
                format!("the server's certificate is signed by `{issuer}`, which is not trusted")
            }
            TlsFailure::WrongName { expected, presented } if presented.is_empty() => {
                format!("the server's certificate names no host at all, not `{expected}`")
            }
            TlsFailure::WrongName { expected, presented } => format!(
                "the server's certificate is for `{}`, not for `{expected}`",
                presented.join("`, `")
            ),
            TlsFailure::Expired { not_after } => {
                format!("the server's certificate expired on {}", date(*not_after))
            }
            TlsFailure::NotYetValid { not_before } => {
                format!("the server's certificate is valid only from {}", date(*not_before))
            }
            TlsFailure::BadCertificate { reason } => {
                format!("the server's certificate is unsound: {reason}")
            }
            TlsFailure::NothingInCommon { reason } => {
                format!("no TLS version or method in common: {reason}")
            }
            TlsFailure::NotTls => "the server does not speak TLS on this port".to_owned(),
            TlsFailure::ClientCertificateRequired => {
                "the server wants a client certificate and the component has none".to_owned()
            }
            TlsFailure::ClientCertificateRefused { reason } => {
                format!("the server refuses the component's client certificate: {reason}")
            }
            TlsFailure::ClientCertificateUnusable { reason } => {
                format!("the component's client certificate cannot be used: {reason}")
            }
            TlsFailure::AuthorityUnusable { reason } => {
                format!("the authorities to trust cannot be used: {reason}")
            }
            TlsFailure::UnknownServerName { name } => {
                format!("the server does not know the name `{name}`")
            }
            TlsFailure::Closed => "the server ended the TLS handshake".to_owned(),
            TlsFailure::TimedOut => "the TLS handshake did not end in time".to_owned(),
            TlsFailure::Failed { reason } => format!("the TLS handshake failed: {reason}"),
        }
    }

    pub(in crate::probe) fn help(&self) -> &'static str {
        match self {
            TlsFailure::UnknownAuthority { .. } => {
                "give the authority that signed it as prometheus-tls-ca-cert, or let the system trust it"
            }
            TlsFailure::WrongName { .. } => {
                "use a name from the certificate in the URL, or get a certificate for this name"
            }
            TlsFailure::Expired { .. } => "renew the server's certificate",
            TlsFailure::NotYetValid { .. } => "check the clock of this host and of the server",
            TlsFailure::NothingInCommon { .. } => "let the server offer TLS 1.2 or 1.3",
            TlsFailure::NotTls => "check the port, or use http:// if that is meant",
            TlsFailure::ClientCertificateRequired => {
                "set prometheus-auth to mtls and give certificate and key"
            }
            TlsFailure::ClientCertificateRefused { .. } => {
                "use a certificate from an authority that the server trusts for clients"
            }
            TlsFailure::ClientCertificateUnusable { .. } => {
                "give a certificate and the key that belongs to it, both as PEM"
            }
            TlsFailure::AuthorityUnusable { .. } => "give a readable PEM file with the authority",
            TlsFailure::UnknownServerName { .. } => "use a name that the server serves",
            TlsFailure::BadCertificate { .. } => "replace the server's certificate",
            TlsFailure::Closed | TlsFailure::TimedOut | TlsFailure::Failed { .. } => {
                "look into the log of the server or of the proxy before it"
            }
        }
    }
}

/// The failure behind an error of the stream.
pub(super) fn from_io(error: &io::Error, seen: &Seen) -> TlsFailure {
    if let Some(failure) = refusal(error, seen) {
        return failure;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => TlsFailure::Closed,
        _ => TlsFailure::Failed { reason: clean(&error.to_string()) },
    }
}

/// The failure that the TLS library names, if it was the library that failed.
pub(super) fn refusal(error: &io::Error, seen: &Seen) -> Option<TlsFailure> {
    let inner: &(dyn StdError + 'static) = error.get_ref()?;
    from_chain(inner, seen)
}

/// The failure that the TLS library names anywhere in a chain of errors.
pub(in crate::probe) fn from_chain(
    error: &(dyn StdError + 'static),
    seen: &Seen,
) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<RustlsError>() {
            return Some(from_rustls(error, seen));
        }
        // An io::Error hides what it wraps from `source`.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            next = Some(inner);
            continue;
        }
        next = error.source();
    }
    None
}

fn from_rustls(error: &RustlsError, seen: &Seen) -> TlsFailure {
    let reason = clean(&error.to_string());
    match error {
        RustlsError::InvalidCertificate(error) => from_certificate(error, seen, reason),
        RustlsError::AlertReceived(alert) => from_alert(*alert, seen),
        RustlsError::PeerIncompatible(_) => TlsFailure::NothingInCommon { reason },
        RustlsError::InvalidMessage(_) => TlsFailure::NotTls,
        _ => TlsFailure::Failed { reason },
    }
}

fn from_certificate(error: &CertificateError, seen: &Seen, reason: String) -> TlsFailure {
    let facts = seen.certificate.as_ref();
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            TlsFailure::Expired { not_after: facts.map_or(0, |facts| facts.not_after) }
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsFailure::NotYetValid { not_before: facts.map_or(0, |facts| facts.not_before) }
        }
        // A signature that does not fit is how another authority of the same name shows itself.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            let issuer = facts.map_or_else(|| "?".to_owned(), |facts| facts.issuer.clone());
            TlsFailure::UnknownAuthority { issuer }
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFailure::WrongName {
                expected: seen.expected_name.clone(),
                presented: facts.map_or_else(Vec::new, |facts| facts.names.clone()),
            }
        }
        // A certificate that signed itself needs no further reason: nobody vouches for it.
        _ if facts.is_some_and(|facts| facts.issuer == facts.subject) => {
            let issuer = facts.map_or_else(String::new, |facts| facts.issuer.clone());
            TlsFailure::UnknownAuthority { issuer }
        }
        _ => TlsFailure::BadCertificate { reason },
    }
}

fn from_alert(alert: AlertDescription, seen: &Seen) -> TlsFailure {
    use AlertDescription as A;
    let asked = seen.client_certificate_asked;
    let reason = clean(&format!("{alert:?}"));
    match alert {
        A::ProtocolVersion | A::InsufficientSecurity => TlsFailure::NothingInCommon { reason },
        A::CertificateRequired => TlsFailure::ClientCertificateRequired,
        A::UnrecognisedName => TlsFailure::UnknownServerName { name: seen.expected_name.clone() },
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied
        | A::DecryptError
        | A::HandshakeFailure
            if asked && seen.client_certificate_sent =>
        {
            TlsFailure::ClientCertificateRefused { reason }
        }
        A::BadCertificate | A::HandshakeFailure | A::AccessDenied | A::CertificateUnknown
            if asked =>
        {
            TlsFailure::ClientCertificateRequired
        }
        A::HandshakeFailure => TlsFailure::NothingInCommon { reason },
        _ => TlsFailure::Failed { reason: format!("the server sent the alert {reason}") },
    }
}

fn date(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| "an unknown date".to_owned())
}
