//! Names that secrets go by, well spelt or not, and words that are no secret whoever uses them as
//! one.

/// What a name of a secret contains.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "authorization",
    "cookie",
    "apikey",
    "api-key",
    "access-key",
    "account-key",
    "consumer-key",
    "hmac-key",
    "private-key",
    "connection-string",
    "proxy-connect-header",
    "http-headers",
    "endpoint-params",
    "global-config",
];

/// Whole names of secrets.
const WHOLE: &[&str] = &["pw", "pwd", "pass", "key-pem", "dsn", "jwt", "bearer"];

/// Whole names of secrets that end like harmless ones.
const ALWAYS: &[&str] = &["data-source-name", "data-source-names", "mongodb-uri"];

/// How names of secrets end.
const ENDINGS: &[&str] = &["-pw", "-pwd", "-pass", "-key", "-key-pem", "-dsn", "-jwt", ":pass"];

/// How names end that only say where a secret is, or something about it.
const HARMLESS: &[&str] = &[
    "-file",
    "-files",
    "-path",
    "-url",
    "-urls",
    "-uri",
    "-name",
    "-names",
    "-cert",
    "client-key",
    "tls-key",
    "server-key",
    "-mode",
    "-type",
    "-id",
    "-ttl",
    "-expiry",
    "-duration",
    "-interval",
    "-timeout",
    "-length",
    "-enabled",
    "-refresh",
    "-policy",
    "-field",
    "-header-name",
    "-prefix",
    "-key-selector",
    "routing-key",
    "partition-key",
    "sort-key",
    "-format",
    "-source",
    "-rotation",
    "regex-key",
    "status-key",
    "span-name-key",
    "trace-id-key",
    "duration-key",
    "metadata-key",
    "invalid-key",
    "is-secret",
];

/// What is checked for misspelling: names of credentials in full.
const SPELT: &[&str] = &[
    "password",
    "passphrase",
    "credentials",
    "bearer-token",
    "client-secret",
    "api-key",
    "access-key",
    "secret-key",
    "auth-token",
    "token",
    "secret",
    "key-pem",
    "private-key",
    "connection-string",
    "prometheus-auth-password",
    "prometheus-auth-bearer-token",
    "facts-service-url",
];

/// Headers whose values are no secret.
const HARMLESS_HEADERS: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "user-agent",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-prometheus-remote-write-version",
    "x-scope-orgid",
];

/// Parameters of a URL's query that carry credentials, beside those that sound secret.
const QUERY: &[&str] = &["key", "sig", "signature", "auth", "code", "sas", "session", "sid"];

/// Whether what a name holds must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    let name = folded(name);
    sounds_secret(&name) || is_misspelt(&name)
}

/// Whether an attribute of a block holds a secret: some names are secrets in some blocks only.
pub fn is_secret_argument(block: &str, name: &str) -> bool {
    let block = block.rsplit('.').next().unwrap_or(block);
    match (block, name) {
        ("header", "value") | ("ssh_key" | "api", "key") | ("custom", "data") => true,
        (_, "key") => false,
        _ => is_secret_name(name),
    }
}

/// Whether the values of a map are secrets, but for harmless headers.
pub fn is_header_map(name: &str) -> bool {
    let name = folded(name);
    matches!(name.as_str(), "headers" | "http-headers" | "proxy-connect-header" | "metadata")
        || name.ends_with("-headers")
}

/// Whether a header may be shown.
pub fn is_harmless_header(name: &str) -> bool {
    HARMLESS_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a parameter of a URL's query is a credential.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    let name = folded(name);
    QUERY.contains(&name.as_str()) || is_secret_name(&name)
}

/// Whether an argument's value is a URL, whatever it looks like.
pub(super) fn is_url_name(name: &str) -> bool {
    let name = folded(name);
    let ends = ["url", "urls", "uri", "endpoint", "address", "dsn", "server", "host"];
    ends.iter().any(|end| name.ends_with(end))
}

fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

fn sounds_secret(name: &str) -> bool {
    if HARMLESS.iter().any(|ending| name.ends_with(ending)) {
        return ALWAYS.contains(&name);
    }
    SECRET.iter().any(|word| name.contains(word))
        || WHOLE.contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// One or two letters off the name of a secret. Of short names one letter, or every other name
/// would be one.
fn is_misspelt(name: &str) -> bool {
    if HARMLESS.iter().any(|ending| name.ends_with(ending)) || PROPER.contains(&name) {
        return false;
    }
    SPELT.iter().any(|right| {
        let far = if right.len() < 8 { 1 } else { 2 };
        name.len().abs_diff(right.len()) <= far && strsim::damerau_levenshtein(name, right) <= far
    })
}

/// Names of their own that are near one of a secret's.
const PROPER: &[&str] = &["taken", "tokens", "secrets", "tokenize"];

/// Words that stand in what the program prints of itself and in every configuration: whoever uses
/// one as a password hides nothing, and covering it everywhere would leave nothing to read.
pub(super) fn is_plain_word(text: &str) -> bool {
    const LONGEST: usize = 32;
    text.len() <= LONGEST && {
        let text = text.to_ascii_lowercase();
        WORDS.iter().any(|word| word.contains(&text))
    }
}

const WORDS: &[&str] = &[
    "prometheus.remote_write",
    "prometheus.exporter.unix",
    "prometheus.scrape",
    "prometheus.relabel",
    "discovery.relabel",
    "remote_write",
    "receiver",
    "endpoint",
    "basic_auth",
    "authorization",
    "credentials",
    "bearer_token",
    "password_file",
    "username",
    "tls_config",
    "insecure_skip_verify",
    "scrape_interval",
    "forward_to",
    "set_collectors",
    "target_label",
    "replacement",
    "source_labels",
    "external_labels",
    "trento_system",
    "trento-agent.service",
    "alloy.service",
    "/etc/alloy/config.alloy",
    "/etc/alloy/trento.alloy",
    "/etc/trento/agent.yaml",
    "/etc/sysconfig/alloy",
    "/etc/default/alloy",
    "/var/lib/alloy/data",
    "/usr/lib/systemd/system",
    "/usr/bin/alloy",
    "/prometheus/api/v1/write",
    "prometheus-auth-username",
    "prometheus-auth-password",
    "prometheus-auth-bearer-token",
    "prometheus-exporter-name",
    "prometheus-scrape-interval",
    "prometheus-mode",
    "prometheus-url",
    "server-url",
    "grafana_alloy",
    "node_exporter",
    "agentid",
    "exporter_name",
    "instance",
    "localhost",
    "filesystem",
    "meminfo",
    "netdev",
    "diskstats",
    "loadavg",
    "uname",
    "critical",
    "warning",
    "passing",
    "skipped",
    "unknown",
    "default",
    "missing",
    "settings",
    "configuration",
    "component",
    "argument",
    "collection",
    "template",
    "secret",
    "bearer",
    "default",
    "private",
    "content",
    "message",
    "findings",
    "severity",
    "schema_version",
    "expectation",
    "agents_check_results",
    "example.com",
    "https://",
    "running",
    "healthy",
    "unhealthy",
    "enabled",
    "disabled",
    "encoding.from_json",
    "encoding.from_base64",
    "string.format",
    "string.trim_space",
    "local.file",
    "remote.http",
    "discovery",
    "optional",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_are_known_well_spelt_or_not() {
        for name in [
            "password",
            "pasword",
            "passwrod",
            "PASSWORD",
            "bearer_token",
            "bearer_tokn",
            "client_secrets",
            "API_TOKEN",
            "api_kye",
            "prometheus-auth-pasword",
            "crednetials",
            "DB_PASS",
            "tokn",
            "MY_KEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "password_file",
            "username",
            "url",
            "token_url",
            "client_id",
            "key_file",
            "taken",
            "proxy_url",
            "host",
            "label",
            "keep",
            "passive",
            "prometheus-tls-client-key",
            "set_collectors",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_may_be_a_secret_in_one_block_only() {
        assert!(is_secret_argument("header", "value"));
        assert!(!is_secret_argument("header", "key"));
        assert!(!is_secret_argument("rule", "value"));
    }

    #[test]
    fn words_of_every_configuration_are_no_secret() {
        assert!(is_plain_word("trento") && is_plain_word("Prometheus") && is_plain_word("config"));
        assert!(!is_plain_word("hunter2Secret"));
    }
}
