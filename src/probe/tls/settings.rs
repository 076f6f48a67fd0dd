//! From a component's TLS settings to a configuration of the library.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_platform_verifier::Verifier as SystemVerifier;

use crate::probe::endpoint::Tls;
use crate::probe::material::{Material, clean};
use crate::probe::tls::failure::{Seen, TlsFailure};
use crate::probe::tls::verifier::{Identity, Notes, Verifier, lock};

/// The authorities the system trusts, read once a run and only if needed.
#[derive(Default)]
pub(in crate::probe) struct Roots(OnceLock<Result<Arc<SystemVerifier>, String>>);

/// A configuration for one endpoint, with what its handshakes saw.
pub(in crate::probe) struct Setup {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    notes: Notes,
}

impl Setup {
    /// Makes the configuration for one host.
    pub(in crate::probe) fn new(tls: &Tls, host: &str, roots: &Roots) -> Result<Setup, TlsFailure> {
        let expected = tls.server_name.as_deref().unwrap_or(host);
        let bare = expected.trim_start_matches('[').trim_end_matches(']').to_owned();
        let notes = Notes::default();
        lock(&notes).expected_name.clone_from(&bare);
        let name = ServerName::try_from(bare.clone()).map_err(|_| TlsFailure::Failed {
            reason: format!("`{}` is no name of a host", clean(&bare)),
        })?;
        let provider = Arc::new(ring::default_provider());
        let (trust, pinned) = trust(tls, roots, &provider)?;
        let key = identity(tls, &provider)?.map(Arc::new);
        let verifier = Verifier {
            trust,
            pinned,
            name: name.clone(),
            algorithms: provider.signature_verification_algorithms,
            notes: notes.clone(),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(tls.lowest_version.as_deref())?)
            .map_err(|error| TlsFailure::Failed { reason: clean(&error.to_string()) })?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(Identity { key, notes: notes.clone() }));
        Ok(Setup { config: Arc::new(config), name, notes })
    }

    pub(in crate::probe) fn config(&self) -> Arc<ClientConfig> {
        self.config.clone()
    }

    pub(in crate::probe) fn name(&self) -> ServerName<'static> {
        self.name.clone()
    }

    /// What the handshakes so far saw of the other side.
    pub(in crate::probe) fn seen(&self) -> Seen {
        lock(&self.notes).clone()
    }
}

type Trust = (Option<Arc<dyn ServerCertVerifier>>, Vec<CertificateDer<'static>>);

fn trust(tls: &Tls, roots: &Roots, provider: &Arc<CryptoProvider>) -> Result<Trust, TlsFailure> {
    if tls.skip_verify {
        return Ok((None, Vec::new()));
    }
    let unusable = |reason: String| TlsFailure::AuthorityUnusable { reason };
    let Some(authority) = &tls.authority else {
        let system = roots.0.get_or_init(|| {
            SystemVerifier::new(provider.clone()).map(Arc::new).map_err(|error| error.to_string())
        });
        let system =
            system.clone().map_err(|reason| TlsFailure::Failed { reason: clean(&reason) })?;
        return Ok((Some(system), Vec::new()));
    };
    let pinned = authority.certificates().map_err(unusable)?;
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(pinned.iter().cloned());
    if added == 0 {
        return Err(unusable(format!("{} holds no sound certificate", authority.origin)));
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone())
        .build()
        .map_err(|error| unusable(clean(&error.to_string())))?;
    Ok((Some(verifier), pinned))
}

fn identity(tls: &Tls, provider: &CryptoProvider) -> Result<Option<CertifiedKey>, TlsFailure> {
    let unusable = |reason: String| TlsFailure::ClientCertificateUnusable { reason };
    let (certificate, key) = match (&tls.certificate, &tls.key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(only), None) => {
            return Err(unusable(format!("{} comes without a key", only.origin)));
        }
        (None, Some(only)) => {
            return Err(unusable(format!("{} comes without a certificate", only.origin)));
        }
    };
    let chain = certificate.certificates().map_err(unusable)?;
    let key_der = key.key().map_err(unusable)?;
    match CertifiedKey::from_der(chain, key_der, provider) {
        Ok(identity) => Ok(Some(identity)),
        Err(rustls::Error::InconsistentKeys(_)) => Err(unusable(mismatch(certificate, key))),
        Err(error) => Err(unusable(clean(&error.to_string()))),
    }
}

fn mismatch(certificate: &Material, key: &Material) -> String {
    format!("{} is not the key of {}", key.origin, certificate.origin)
}

/// The versions a component allows; those this program does not speak are never offered.
fn versions(lowest: Option<&str>) -> Result<Vec<&'static SupportedProtocolVersion>, TlsFailure> {
    match lowest {
        None | Some("" | "TLS10" | "TLS11" | "TLS12") => Ok(vec![&TLS13, &TLS12]),
        Some("TLS13") => Ok(vec![&TLS13]),
        Some(other) => Err(TlsFailure::Failed {
            reason: format!("min_version `{}` is no TLS version", clean(other)),
        }),
    }
}
