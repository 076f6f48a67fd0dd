//! Certificates and keys: PEM texts, where they came from, what is in them, and what stands in for a
//! key where it must not go.
//!
//! Judges nothing: whether thirty days are enough is a check's business.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;
use x509_cert::der::oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::system::HostFiles;

/// What a private key begins with that is none, and stands in for one with the public half behind.
const STANDS_IN: &[u8] = b"trento-alloy stand-in\0";

/// A PEM text, or why there is none. Never printed: it may be a key.
#[derive(Clone)]
pub struct Material {
    /// The path it was read from, or a word such as `ca_pem`.
    pub origin: String,
    content: Result<Vec<u8>, String>,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// Whom it is for.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The DNS names and addresses it is for, sorted.
    pub names: Vec<String>,
    /// Valid from, in seconds since 1970.
    pub not_before: i64,
    /// Valid until, in seconds since 1970.
    pub not_after: i64,
}

impl Material {
    /// A text that stands in the configuration itself.
    pub fn inline(origin: impl Into<String>, text: impl Into<Vec<u8>>) -> Material {
        Material { origin: origin.into(), content: Ok(text.into()) }
    }

    /// A file of the host. What cannot be read is kept as the reason.
    pub fn read(files: &HostFiles, path: &Utf8Path) -> Material {
        let content = files.read(path).map_err(|error| error.to_string());
        Material { origin: path.to_string(), content }
    }

    /// Something that should be there but cannot be read.
    pub fn unreadable(origin: impl Into<String>, reason: impl Into<String>) -> Material {
        Material { origin: origin.into(), content: Err(reason.into()) }
    }

    /// The certificates in it; at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let found: Vec<_> = CertificateDer::pem_slice_iter(self.bytes()?)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("{} is no sound PEM: {error}", self.origin))?;
        if found.is_empty() {
            return Err(format!("{} holds no certificate", self.origin));
        }
        Ok(found)
    }

    /// The first private key in it.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, String> {
        PrivateKeyDer::from_pem_slice(self.bytes()?)
            .map_err(|_| format!("{} holds no private key that can be used", self.origin))
    }

    /// Whether it holds a private key that can be used.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn key_is_sound(&self) -> Result<(), String> {
        self.key().map(|_| ())
    }

    fn bytes(&self) -> Result<&[u8], String> {
        match &self.content {
            Ok(content) => Ok(content),
            Err(reason) => Err(format!("{} cannot be read: {reason}", self.origin)),
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Material({})", self.origin)
    }
}

/// What each certificate of a PEM text says; the error names what is wrong with the text.
pub fn certificates(material: &Material) -> Result<Vec<CertificateFacts>, String> {
    material
        .certificates()?
        .iter()
        .map(|der| {
            facts(der).ok_or_else(|| format!("{} holds no sound certificate", material.origin))
        })
        .collect()
}

/// Whether a private key belongs to the first certificate of a chain.
///
/// # Errors
/// One of the two cannot be read or understood.
pub fn key_fits(certificate: &Material, key: &Material) -> Result<bool, String> {
    let chain = certificate.certificates()?;
    // Read by x509-cert: a certificate of version 1 is none to rustls, but Go takes it.
    let certified = chain
        .first()
        .and_then(|der| Certificate::from_der(der).ok())
        .and_then(|found| found.tbs_certificate().subject_public_key_info().to_der().ok())
        .ok_or_else(|| format!("{} holds no sound certificate", certificate.origin))?;
    Ok(public_half(&key.key()?).map_err(|why| format!("{} {why}", key.origin))? == certified)
}

/// The public half of a private key, or of what stands in for one.
fn public_half(key: &PrivateKeyDer<'_>) -> Result<Vec<u8>, String> {
    if let Some(public) = key.secret_der().strip_prefix(STANDS_IN) {
        let is_known = !public.is_empty();
        return is_known.then(|| public.to_vec()).ok_or_else(|| "cannot be used".to_owned());
    }
    let signing = ring::default_provider()
        .key_provider
        .load_private_key(key.clone_key())
        .map_err(|error| format!("cannot be used: {error}"))?;
    let public = signing.public_key().ok_or("does not tell its public half")?;
    Ok(public.to_vec())
}

/// A text with something in the place of each private key in it that holds no more than the public
/// half: it fits the certificates that the key fits, and is of no other use.
pub fn without_private_keys(text: &str) -> String {
    const END: &str = "PRIVATE KEY-----";
    let mut changed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find("-----BEGIN ") {
        let first = rest[begin..].find('\n').map_or(rest.len(), |end| begin + end + 1);
        if !rest[begin..first].trim_end().ends_with(END) {
            changed.push_str(&rest[..first]);
            rest = &rest[first..];
            continue;
        }
        let ends = rest[first..].find("-----END ").map(|at| first + at);
        let last = ends
            .map_or(rest.len(), |at| rest[at..].find('\n').map_or(rest.len(), |end| at + end + 1));
        let key = PrivateKeyDer::from_pem_slice(&rest.as_bytes()[begin..last]);
        let stand_in = match key.map(|key| public_half(&key)) {
            Ok(public) => {
                let content = [STANDS_IN, &public.unwrap_or_default()].concat();
                let encoded = STANDARD.encode(content);
                format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n")
            }
            Err(_) => "-----BEGIN PRIVATE KEY-----\n".to_owned(),
        };
        changed.push_str(&rest[..begin]);
        changed.push_str(&stand_in);
        rest = &rest[last..];
    }
    changed + rest
}

/// What a certificate says; none if it cannot be understood.
pub(super) fn facts(der: &CertificateDer<'_>) -> Option<CertificateFacts> {
    let certificate = Certificate::from_der(der).ok()?;
    let said = certificate.tbs_certificate();
    let seconds = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    Some(CertificateFacts {
        subject: clean(&said.subject().to_string()),
        issuer: clean(&said.issuer().to_string()),
        names: names(&certificate),
        not_before: seconds(said.validity().not_before),
        not_after: seconds(said.validity().not_after),
    })
}

fn names(certificate: &Certificate) -> Vec<String> {
    let extensions = certificate.tbs_certificate().extensions().map_or(&[][..], Vec::as_slice);
    let mut names: Vec<String> = extensions
        .iter()
        .filter(|extension| extension.extn_id == ID_CE_SUBJECT_ALT_NAME)
        .filter_map(|extension| SubjectAltName::from_der(extension.extn_value.as_bytes()).ok())
        .flat_map(|names| names.0)
        .filter_map(|name| match name {
            GeneralName::DnsName(name) => Some(clean(name.as_str())),
            GeneralName::IpAddress(address) => ip(address.as_bytes()),
            _ => None,
        })
        .take(100)
        .collect();
    names.sort();
    names
}

fn ip(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}

/// A stranger's text as it may be shown: one line, no control characters, at most 200 characters.
pub(super) fn clean(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(200)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if text.chars().nth(200).is_some() {
        shown.push('…');
    }
    shown
}
