//! The keys of agent.yaml: which there are, which hold secrets, which mode uses them.

/// A key the agent, or the RFC, knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, as in agent.yaml and as the flag's.
    pub name: &'static str,
    /// What its value is.
    pub kind: KeyKind,
    /// Who reads it.
    pub scope: Scope,
    /// The value where nothing sets it; empty for none or one that depends on the mode.
    pub default: &'static str,
}

/// What a key's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A text that may be shown.
    Text,
    /// A URL, whose user-info may not be shown.
    Url,
    /// A text that may not be shown.
    Secret,
    /// A Go duration.
    Duration,
}

/// Who reads a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The agent, in every mode.
    Always,
    /// Only where metrics are pushed.
    Push,
    /// Only where they are pulled.
    Pull,
    /// Nobody but the RFC: the shipped agent ignores it silently.
    Rfc,
}

/// Every key, by name.
pub const KEYS: &[Key] = &[
    key("api-key", KeyKind::Secret, Scope::Always, ""),
    key("cloud-discovery-period", KeyKind::Duration, Scope::Always, "10s"),
    key("cluster-discovery-period", KeyKind::Duration, Scope::Always, "10s"),
    key("facts-service-url", KeyKind::Url, Scope::Always, "amqp://guest:guest@localhost:5672"),
    key("force-agent-id", KeyKind::Text, Scope::Always, ""),
    key("heartbeat-interval", KeyKind::Duration, Scope::Always, "5s"),
    key("host-discovery-period", KeyKind::Duration, Scope::Always, "10s"),
    key("log-level", KeyKind::Text, Scope::Always, "info"),
    key("node-exporter-name", KeyKind::Text, Scope::Pull, ""),
    key("node-exporter-target", KeyKind::Text, Scope::Pull, ""),
    key("plugins-folder", KeyKind::Text, Scope::Always, "/usr/etc/trento/plugins/"),
    key("prometheus-auth", KeyKind::Text, Scope::Push, "basic"),
    key("prometheus-auth-bearer-token", KeyKind::Secret, Scope::Push, ""),
    key("prometheus-auth-password", KeyKind::Secret, Scope::Push, ""),
    key("prometheus-auth-username", KeyKind::Text, Scope::Push, ""),
    key("prometheus-exporter-name", KeyKind::Text, Scope::Always, ""),
    key("prometheus-mode", KeyKind::Text, Scope::Always, "pull"),
    key("prometheus-node-exporter-target", KeyKind::Text, Scope::Pull, ""),
    key("prometheus-scrape-interval", KeyKind::Duration, Scope::Push, "15s"),
    key("prometheus-tls-ca-cert", KeyKind::Text, Scope::Push, ""),
    key("prometheus-tls-client-cert", KeyKind::Text, Scope::Push, ""),
    key("prometheus-tls-client-key", KeyKind::Text, Scope::Push, ""),
    key("prometheus-url", KeyKind::Url, Scope::Push, ""),
    key("sapsystem-discovery-period", KeyKind::Duration, Scope::Always, "10s"),
    key("saptune-discovery-period", KeyKind::Duration, Scope::Always, "15m0s"),
    key("scrape-interval", KeyKind::Duration, Scope::Rfc, ""),
    key("server-url", KeyKind::Url, Scope::Always, "http://localhost"),
    key("subscription-discovery-period", KeyKind::Duration, Scope::Always, "15m0s"),
];

const fn key(name: &'static str, kind: KeyKind, scope: Scope, default: &'static str) -> Key {
    Key { name, kind, scope, default }
}

impl Key {
    /// The key of a name, which must be in lower case.
    pub fn named(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Whether an environment variable is the one that sets it: `TRENTO_API_KEY` sets `api-key`.
    pub fn is_set_by(&self, variable: &str) -> bool {
        let in_capitals = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        variable
            .strip_prefix("TRENTO_")
            .is_some_and(|rest| rest.bytes().eq(self.name.bytes().map(in_capitals)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_variable_of_its_own() {
        let set_by = |variable: &str| -> Vec<&str> {
            KEYS.iter().filter(|key| key.is_set_by(variable)).map(|key| key.name).collect()
        };
        assert_eq!(set_by("TRENTO_API_KEY"), ["api-key"]);
        for key in KEYS {
            let variable = format!("TRENTO_{}", key.name.to_uppercase().replace('-', "_"));
            assert_eq!(set_by(&variable), [key.name]);
        }
        assert!(set_by("API_KEY").is_empty() && set_by("TRENTO_API-KEY").is_empty());
    }
}
