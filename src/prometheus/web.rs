//! The file of `--web.config.file`: who may ask Prometheus' own HTTP server, and how.

use camino::Utf8Path;

use super::file;
use crate::load::LARGEST_CONFIG;
use crate::system::HostFiles;
use crate::yaml::{self, Node};

/// What the file asks of who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebConfig {
    /// It names users.
    pub has_users: bool,
    /// It has a section for TLS.
    pub has_tls: bool,
    /// A client needs a certificate that is verified.
    pub demands_certificates: bool,
}

impl WebConfig {
    /// Reads the file; none where it cannot be read or is no YAML.
    pub fn read(files: &HostFiles, path: &Utf8Path) -> Option<WebConfig> {
        let bytes = files.read_at_most(path, LARGEST_CONFIG).ok()?;
        file::register(&bytes, files);
        WebConfig::parse(&String::from_utf8_lossy(&bytes))
    }

    fn parse(text: &str) -> Option<WebConfig> {
        let document = yaml::parse_first(text).ok()??;
        let users = field(&document, "basic_auth_users").and_then(Node::mapping);
        let tls = field(&document, "tls_server_config");
        let kind = tls.and_then(|tls| field(tls, "client_auth_type")).and_then(Node::scalar);
        Some(WebConfig {
            has_users: users.is_some_and(|users| !users.is_empty()),
            has_tls: tls.is_some(),
            demands_certificates: kind.is_some_and(|kind| kind.0 == "RequireAndVerifyClientCert"),
        })
    }
}

fn field<'n>(map: &'n Node, name: &str) -> Option<&'n Node> {
    let mut entries = map.mapping()?.iter();
    let is_named = |key: &Node| key.scalar().is_some_and(|(text, _)| text == name);
    entries.find_map(|(key, value)| is_named(key).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_in_any_style() {
        let users = WebConfig { has_users: true, ..WebConfig::default() };
        assert_eq!(WebConfig::parse("basic_auth_users:\n  a: b\n"), Some(users));
        assert_eq!(WebConfig::parse("{\"basic_auth_users\": {a: b}}"), Some(users));
        assert_eq!(WebConfig::parse("basic_auth_users: {}\n"), Some(WebConfig::default()));
        let text = "tls_server_config: {client_auth_type: 'RequireAndVerifyClientCert'}\n";
        let tls = WebConfig { has_tls: true, demands_certificates: true, has_users: false };
        assert_eq!(WebConfig::parse(text), Some(tls));
        assert_eq!(WebConfig::parse("# tls_server_config:\n"), None);
        assert_eq!(WebConfig::parse("a: ["), None);
    }
}
