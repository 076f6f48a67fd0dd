//! Names that secrets go by, well spelt or not, and words that are no secret whoever uses them as
//! one.

/// What a name of a secret contains.
const SECRET: [&str; 21] = [
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

/// Arguments that name a file with a secret in it, and nothing else.
const FILES: &[&str] = &[
    "password_file",
    "username_file",
    "bearer_token_file",
    "credentials_file",
    "client_secret_file",
    "token_file",
    "auth_token_file",
    "api_key_file",
    "connection_string_file",
    "application_credential_secret_file",
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
const SPELT: [&str; 17] = [
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

/// Whether an argument names a file that a secret is read from.
pub fn names_a_secret_file(name: &str) -> bool {
    FILES.contains(&name)
}

/// Whether what a name holds must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    let name = folded(name);
    match ends_in(&name, HARMLESS) {
        true => ALWAYS.contains(&name.as_str()),
        false => sounds_secret(&name) || is_misspelt(&name),
    }
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
    let missing = !letters(name);
    SECRET.iter().zip(SECRET_LETTERS).any(|(word, of)| of & missing == 0 && name.contains(word))
        || WHOLE.contains(&name)
        || ends_in(name, ENDINGS)
}

fn ends_in(name: &str, endings: &[&str]) -> bool {
    let last = name.as_bytes().last();
    endings.iter().any(|ending| ending.as_bytes().last() == last && name.ends_with(ending))
}

/// One or two letters off the name of a secret. Of short names one letter, or every other name
/// would be one.
fn is_misspelt(name: &str) -> bool {
    if PROPER.contains(&name) {
        return false;
    }
    let letters = letters(name);
    SPELT.iter().zip(SPELT_LETTERS).any(|(right, its)| {
        let far = if right.len() < 8 { 1 } else { 2 };
        name.len().abs_diff(right.len()) <= far
            && can_be_near(letters, its, far)
            && strsim::damerau_levenshtein(name, right) <= far
    })
}

const SECRET_LETTERS: [u32; SECRET.len()] = letters_of(SECRET);
const SPELT_LETTERS: [u32; SPELT.len()] = letters_of(SPELT);

/// Which letters a name has, a bit each; two bits for all that is none.
const fn letters(name: &str) -> u32 {
    let name = name.as_bytes();
    let mut letters = 0;
    let mut at = 0;
    while at < name.len() {
        letters |= match name[at] {
            letter @ b'a'..=b'z' => 1 << (letter - b'a'),
            b'-' => 1 << 26,
            _ => 1 << 27,
        };
        at += 1;
    }
    letters
}

const fn letters_of<const N: usize>(names: [&str; N]) -> [u32; N] {
    let mut letters = [0; N];
    let mut at = 0;
    while at < N {
        letters[at] = self::letters(names[at]);
        at += 1;
    }
    letters
}

/// Whether names of these letters can be so near to each other: a slip brings at most one letter
/// in and one out. Asked first, since to measure a distance is dear.
fn can_be_near(one: u32, other: u32, far: usize) -> bool {
    let far = far as u32;
    (one & !other).count_ones() <= far && (other & !one).count_ones() <= far
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
