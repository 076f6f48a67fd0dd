//! Who is trusted, and what was seen: the library's verifier with a memory.
//!
//! Trust follows Go's rules where the library is stricter: a certificate that itself stands in
//! the CA file is trusted for its names and dates, whether or not it may sign others.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::probe::material::facts;
use crate::probe::tls::failure::Seen;

/// What both sides' halves of the handshake note down.
pub(super) type Notes = Arc<Mutex<Seen>>;

/// Verifies the server, and remembers its certificate.
#[derive(Debug)]
pub(super) struct Verifier {
    /// None: anybody is trusted.
    pub(super) trust: Option<Arc<dyn ServerCertVerifier>>,
    /// The certificates of the CA file, trusted as they are.
    pub(super) pinned: Vec<CertificateDer<'static>>,
    pub(super) name: ServerName<'static>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) notes: Notes,
}

/// Gives our certificate when asked, and remembers that it was.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) key: Option<Arc<CertifiedKey>>,
    pub(super) notes: Notes,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let said = facts(end_entity);
        lock(&self.notes).certificate = said.clone();
        let Some(trust) = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        if self.pinned.iter().any(|pinned| pinned == end_entity) {
            let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            let said = said.ok_or(CertificateError::BadEncoding)?;
            if seconds > said.not_after {
                return Err(CertificateError::Expired.into());
            }
            if seconds < said.not_before {
                return Err(CertificateError::NotValidYet.into());
            }
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, &self.name)?;
            return Ok(ServerCertVerified::assertion());
        }
        trust.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut notes = lock(&self.notes);
        notes.client_certificate_asked = true;
        notes.client_certificate_sent = self.key.is_some();
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The notes; whoever held them before cannot have left them half-written.
pub(super) fn lock(notes: &Notes) -> std::sync::MutexGuard<'_, Seen> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
