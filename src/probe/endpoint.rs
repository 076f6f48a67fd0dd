//! What is probed: a URL and everything its component says about how to talk to it.
//!
//! Holds values only; files are read by whoever makes the endpoint.

use std::fmt;
use std::time::Duration;

use url::{Host, Url};

use crate::error::{Error, Result};
use crate::probe::material::Material;
use crate::probe::writer::{Message, Writer};
use crate::secret::Secret;

/// A remote-write endpoint, as a component describes it. Made by [`Endpoint::parse`].
#[derive(Clone)]
pub struct Endpoint {
    /// Without user-info: that became [`Auth::Basic`].
    url: Url,
    /// How we say who we are.
    pub auth: Auth,
    /// How the connection is protected.
    pub tls: Tls,
    /// Further headers, in the component's order; their values count as secrets.
    pub headers: Vec<(String, Secret)>,
    /// The proxy, if the component sets one.
    pub proxy: Option<Proxy>,
    /// Whether a 307 or 308 is followed; true unless the component says otherwise.
    pub follow_redirects: bool,
    /// The component's own time limit, if shorter than the probe's.
    pub timeout: Option<Duration>,
    /// Who writes to it.
    pub writer: Writer,
    /// The message it is sent.
    pub message: Message,
}

/// How a component says who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// It does not.
    #[default]
    None,
    /// User name and password.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token.
    Bearer(Secret),
    /// An `Authorization` header of another scheme.
    Scheme {
        /// The word before the credentials.
        scheme: String,
        /// The credentials.
        credentials: Secret,
    },
    /// A method that needs more than one request, such as `oauth2`: not probed past TLS.
    Unsupported(String),
    /// Credentials whose value cannot be known here; the reason says why.
    Unknown(String),
}

/// How a component protects its connection.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The authorities trusted instead of the system's.
    pub authority: Option<Material>,
    /// The client's certificate chain.
    pub certificate: Option<Material>,
    /// The key of the client's certificate.
    pub key: Option<Material>,
    /// The name to expect in the server's certificate instead of the URL's.
    pub server_name: Option<String>,
    /// Whether the component trusts anybody.
    pub skip_verify: bool,
    /// The lowest version, as the component writes it: `TLS12`, `TLS13`.
    pub lowest_version: Option<String>,
    /// Why a part of these settings cannot be known here; then TLS is not tried.
    pub unknown: Option<String>,
}

/// A proxy that a component sets.
#[derive(Clone)]
pub struct Proxy {
    /// Without user-info.
    pub(super) url: Url,
    pub(super) credentials: Option<(String, Secret)>,
}

impl Endpoint {
    /// Parses the URL of an endpoint that needs nothing else.
    ///
    /// # Errors
    /// It is no absolute `http` or `https` URL with a host.
    pub fn parse(text: &str) -> Result<Endpoint> {
        let (url, user) = address(text, "the endpoint's URL")?;
        let auth =
            user.map_or(Auth::None, |(username, password)| Auth::Basic { username, password });
        Ok(Endpoint {
            url,
            auth,
            tls: Tls::default(),
            headers: Vec::new(),
            proxy: None,
            follow_redirects: true,
            timeout: None,
            writer: Writer::ALLOY,
            message: Message::V1,
        })
    }

    /// The URL without user-info and without the values of its query.
    pub fn shown(&self) -> String {
        shown(&self.url)
    }

    /// Whether it is the endpoint of that URL; user-info does not matter.
    pub fn writes_to(&self, url: &str) -> bool {
        address(url, "").is_ok_and(|(url, _)| url == self.url)
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether a request would carry something that only this endpoint may see.
    pub(super) fn has_credentials(&self) -> bool {
        self.auth != Auth::None
            || self.url.query().is_some()
            || self.headers.iter().any(|(name, _)| !is_harmless(name))
    }

    /// The same endpoint as somebody meets it who knows nothing but its URL.
    pub(super) fn bare(&self) -> Endpoint {
        let mut bare = self.clone();
        bare.url.set_query(None);
        bare.auth = Auth::None;
        bare.headers.retain(|(name, _)| is_harmless(name));
        bare.tls.certificate = None;
        bare.tls.key = None;
        bare
    }

    /// Whether the server can tell a write of this endpoint from anybody's.
    pub(super) fn is_authenticated(&self) -> bool {
        self.auth != Auth::None
            || self.tls.certificate.is_some()
            || self.headers.iter().any(|(name, _)| !is_harmless(name))
    }

    /// Takes this endpoint's secrets out of a text that a server sent: some echo what they got.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut secrets: Vec<String> = match &self.auth {
            Auth::Basic { username, password } => {
                vec![password.expose().to_owned(), basic(username, password)]
            }
            Auth::Bearer(token) => vec![token.expose().to_owned()],
            Auth::Scheme { credentials, .. } => vec![credentials.expose().to_owned()],
            Auth::None | Auth::Unsupported(_) | Auth::Unknown(_) => Vec::new(),
        };
        secrets.extend(self.headers.iter().map(|(_, value)| value.expose().to_owned()));
        secrets.extend(self.url.query().map(str::to_owned));
        secrets.extend(self.url.query_pairs().map(|(_, value)| value.into_owned()));
        secrets.retain(|secret| !secret.is_empty());
        // The longest first: one secret may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "(secret)"))
    }
}

impl Proxy {
    /// Parses the URL of a proxy.
    ///
    /// # Errors
    /// It is no absolute `http` or `https` URL with a host; other kinds cannot be probed.
    pub fn parse(text: &str) -> Result<Proxy> {
        let (url, credentials) = address(text, "the proxy's URL")?;
        Ok(Proxy { url, credentials })
    }

    /// The URL without user-info.
    pub fn shown(&self) -> String {
        shown(&self.url)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.shown())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.shown())
    }
}

/// The value of a basic `Authorization` header after its scheme.
pub(super) fn basic(username: &str, password: &Secret) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("{username}:{}", password.expose()))
}

/// A URL as a person may see it.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for URLs without a host, which have no user-info either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let has_query = url.query().is_some();
    url.set_query(None);
    let shown = url.to_string();
    if has_query { format!("{shown}?…") } else { shown }
}

/// Whether a URL leads to this very machine by what it says alone.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

type User = (String, Secret);

fn address(text: &str, what: &str) -> Result<(Url, Option<User>)> {
    let wrong = |why: &str| Error::Invalid(format!("{what} cannot be used: {why}"));
    let mut url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("its scheme is neither `http` nor `https`"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it has no host"));
    }
    let user = (!url.username().is_empty() || url.password().is_some()).then(|| {
        (decoded(url.username()), Secret::new(decoded(url.password().unwrap_or_default())))
    });
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    Ok((url, user))
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = 0;
    while rest < bytes.len() {
        let hex = (bytes[rest] == b'%')
            .then(|| text.get(rest + 1..rest + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(hex.unwrap_or(bytes[rest]));
        rest += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn is_harmless(header: &str) -> bool {
    ["user-agent", "x-scope-orgid", "accept", "accept-language"]
        .contains(&header.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_becomes_basic_auth_and_is_never_shown() {
        let endpoint =
            Endpoint::parse("https://me:can%41ry@trento.example/w?token=canary").unwrap();
        assert_eq!(endpoint.shown(), "https://trento.example/w?…");
        assert_eq!(
            endpoint.auth,
            Auth::Basic { username: "me".into(), password: Secret::new("canAry") }
        );
        assert!(!format!("{:?}", endpoint.auth).contains("canAry"));
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_it() {
        for text in ["ftp://me:canary@h/", "trento", "http://", "https://me:canary@:1/"] {
            let error = Endpoint::parse(text).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn an_echoed_secret_is_scrubbed() {
        let mut endpoint = Endpoint::parse("http://u:pw@h/w").unwrap();
        endpoint.headers.push(("X-Key".into(), Secret::new("pw-longer")));
        let echoed = endpoint.scrub("you sent dTpwdw== and pw-longer and pw");
        assert_eq!(echoed, "you sent (secret) and (secret) and (secret)");
    }
}
