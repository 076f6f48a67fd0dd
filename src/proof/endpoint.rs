//! Endpoints that series leave by: where they are, and how they authenticate.

use url::Url;

use super::pipeline::Sink;
use super::section::{Argument, Section};
use crate::eval::Value;

/// One `endpoint` block of a `prometheus.remote_write`, or what is one to another sender.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Which one it is.
    pub sink: Sink,
    /// The block, evaluated.
    pub section: Section,
}

/// A way to authenticate that an endpoint states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// User and password.
    Basic,
    /// A token.
    Bearer,
    /// A client certificate.
    Mtls,
    /// Something that Trento does not know.
    Other,
}

/// What an endpoint authenticates with, and the block or attribute that says so.
#[derive(Clone, Debug)]
pub struct Auth<'e> {
    /// The way.
    pub method: Method,
    /// The block or attribute.
    pub name: &'static str,
    /// The block it is stated in: `basic_auth`, or the endpoint itself.
    pub section: &'e Section,
}

impl Endpoint {
    /// Its URL, evaluated.
    pub fn url(&self) -> Option<&Argument> {
        self.section.argument("url")
    }

    /// Its URL without user and password, for people; none where it is not known.
    pub fn shown_url(&self) -> Option<String> {
        self.url()?.value.as_str().map(without_user)
    }

    /// Whether it certainly writes to that URL.
    pub fn writes_to(&self, url: &str) -> bool {
        self.url().and_then(|own| own.value.as_str()).is_some_and(|own| is_same_url(own, url))
    }

    /// All that it authenticates with, in Alloy's order; Alloy refuses more than one but a
    /// client certificate beside another.
    pub fn auth(&self) -> Vec<Auth<'_>> {
        let mut found = Vec::new();
        let mut add = |method, name, section| found.push(Auth { method, name, section });
        if let Some(section) = self.section.section("basic_auth") {
            add(Method::Basic, "basic_auth", section);
        }
        if let Some(section) = self.section.section("authorization") {
            let kind = section.argument("type");
            let is_bearer = match kind.map(|kind| &kind.value) {
                None => true,
                Some(value) => value
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case("bearer") || text.is_empty()),
            };
            let method = if is_bearer { Method::Bearer } else { Method::Other };
            add(method, "authorization", section);
        }
        for name in ["bearer_token", "bearer_token_file"] {
            let is_set = self.section.argument(name).is_some_and(|argument| {
                argument.value.expose().is_none_or(|text| !text.is_empty())
            });
            if is_set {
                add(Method::Bearer, name, &self.section);
            }
        }
        for name in ["oauth2", "sigv4", "azuread", "google_iam"] {
            if let Some(section) = self.section.section(name) {
                add(Method::Other, name, section);
            }
        }
        if let Some(section) = self.section.section("tls_config")
            && ["cert_file", "cert_pem"].iter().any(|name| {
                section.argument(name).is_some_and(|argument| argument.value.as_str() != Some(""))
            })
        {
            add(Method::Mtls, "tls_config", section);
        }
        found
    }

    /// Its TLS settings, if it has any.
    pub fn tls(&self) -> Option<&Section> {
        self.section.section("tls_config")
    }

    /// Whether a truth value of its TLS settings is set; none where that is not known.
    pub fn skips_verification(&self) -> Option<bool> {
        match self.tls().and_then(|tls| tls.argument("insecure_skip_verify")) {
            None => Some(false),
            Some(Argument { value: Value::Bool(skips), .. }) => Some(*skips),
            Some(_) => None,
        }
    }
}

/// Whether two URLs lead to the same place: case of scheme and host, the default port and
/// needless percent-encoding do not matter, everything else does, also a slash at the end.
pub fn is_same_url(a: &str, b: &str) -> bool {
    normal_url(a) == normal_url(b)
}

/// A URL in the one spelling that all of [`is_same_url`] share; what is no URL stays as it is.
pub fn normal_url(url: &str) -> String {
    let Ok(parsed) = Url::parse(url.trim()) else { return url.to_owned() };
    let user = match (parsed.username(), parsed.password()) {
        ("", None) => String::new(),
        (user, password) => format!("{user}:{}@", password.unwrap_or_default()),
    };
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = parsed.query().map(|query| format!("?{}", decoded(query))).unwrap_or_default();
    format!(
        "{}://{user}{}{port}{}{query}",
        parsed.scheme(),
        parsed.host_str().unwrap_or_default(),
        decoded(parsed.path())
    )
}

/// A URL without user and password, and with the credentials in its query covered.
pub fn without_user(url: &str) -> String {
    crate::secret::without_credentials(url)
}

/// Undoes percent-encoding where it changes nothing, and writes the rest in capitals.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) if code.is_ascii_graphic() && !b"/?#%&=+".contains(&code) => {
                out.push(code);
                at += 3;
            }
            Some(code) => {
                out.extend(format!("%{code:02X}").bytes());
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter_but_the_path_does() {
        let url = "https://trento.example.com/prometheus/api/v1/write";
        assert!(is_same_url(url, "HTTPS://Trento.Example.com:443/prometheus/api/v1/write"));
        assert!(is_same_url(url, "https://trento.example.com/prometheus/api/v1/%77rite"));
        assert!(!is_same_url(url, "https://trento.example.com/prometheus/api/v1/write/"));
        assert!(!is_same_url(url, "http://trento.example.com/prometheus/api/v1/write"));
        assert!(!is_same_url(url, "https://trento.example.com:8443/prometheus/api/v1/write"));
        assert!(!is_same_url("https://h/a%2Fb", "https://h/a/b"));
        assert!(is_same_url("https://h/a%2fb", "https://h/a%2Fb"));
    }

    #[test]
    fn user_and_password_are_not_shown() {
        assert_eq!(without_user("https://u:p@h/x"), "https://h/x");
        assert_eq!(without_user("https://h/x"), "https://h/x");
        assert!(!without_user("::u:p@h").contains('p'));
    }
}
