//! HTTP clients that Alloy's components share: methods, proxies, headers, TLS pairs.
//!
//! The client is a part of its owner's block; owners that do not check it are not in the table.

use super::super::body::{Body, Given};
use super::super::codes;
use super::{Rule, rule};

/// Types that check the client in their block, then the blocks that check themselves.
pub(super) const RULES: &[Rule] = &[
    rule("common/config.HTTPClientConfig", client),
    rule("prometheus/scrape.Arguments", client),
    rule("prometheus/remotewrite.EndpointOptions", client),
    rule("loki/write.EndpointOptions", client),
    rule("loki/source/docker.Arguments", client),
    rule("loki/rules/kubernetes.Arguments", client),
    rule("mimir/rules/kubernetes.Arguments", client),
    rule("mimir/alerts/kubernetes.Arguments", client),
    rule("pyroscope/write.EndpointOptions", client),
    rule("pyroscope/scrape.Arguments", client),
    rule("common/kubernetes.ClientArguments", client),
    rule("service/remotecfg.Arguments", client),
    rule("discovery/consul.Arguments", client),
    rule("discovery/docker.Arguments", client),
    rule("discovery/dockerswarm.Arguments", client),
    rule("discovery/eureka.Arguments", client),
    rule("discovery/hetzner.Arguments", client),
    rule("discovery/ionos.Arguments", client),
    rule("discovery/kubelet.Arguments", client),
    rule("discovery/kubernetes.Arguments", client),
    rule("discovery/kuma.Arguments", client),
    rule("discovery/linode.Arguments", client),
    rule("discovery/marathon.Arguments", client),
    rule("discovery/nomad.Arguments", client),
    rule("discovery/puppetdb.Arguments", client),
    rule("discovery/azure.Arguments", transport),
    rule("discovery/digitalocean.Arguments", transport),
    rule("discovery/scaleway.Arguments", transport),
    rule("discovery/uyuni.Arguments", transport),
    rule("common/config.BasicAuth", basic_auth),
    rule("common/config.Authorization", authorization),
    rule("common/config.OAuth2Config", oauth2),
    rule("common/config.TLSConfig", tls),
];

/// The ways to authenticate of which a client has at most one.
const METHODS: [&str; 5] =
    ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"];

/// Headers that a client sets itself; by the names that `net/http` gives them.
const RESERVED: [&str; 18] = [
    "Authorization",
    "Host",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "User-Agent",
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Www-Authenticate",
    "Accept-Encoding",
    "X-Prometheus-Remote-Write-Version",
    "X-Prometheus-Remote-Read-Version",
    "X-Prometheus-Scrape-Timeout-Seconds",
    // Amazon's own, for signed requests.
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-Content-Sha256",
];

fn client(body: &Body<'_>) {
    methods(body);
    transport(body);
}

/// At most one way to authenticate.
fn methods(body: &Body<'_>) {
    let count = METHODS.iter().filter(|name| body.given(name) != Given::No).count();
    if count > 1 {
        let given: Vec<String> = METHODS
            .iter()
            .filter(|name| body.given(name) != Given::No)
            .map(|name| format!("`{name}`"))
            .collect();
        let reason = format!("only one of {} may be given", given.join(", "));
        body.exclude(codes::CONFLICTING_AUTHENTICATION, &METHODS, &reason);
        body.judge.help("keep the one that the server expects");
    }
}

fn transport(body: &Body<'_>) {
    headers(body);
    proxy(body);
}

fn headers(body: &Body<'_>) {
    let names = body.keys("http_headers").unwrap_or_default();
    if let Some(name) = names.iter().find(|name| is_reserved(name)) {
        let reason = format!("the header `{name}` may not be set");
        body.refuse(codes::UNUSABLE_VALUE, "http_headers", reason);
    }
}

/// Compares as Go does, which first gives a header its canonical form.
fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

fn proxy(body: &Body<'_>) {
    const CODE: crate::diagnostic::Code = codes::CONFLICTING_SETTINGS;
    let from_environment = body.is("proxy_from_environment").unwrap_or_default();
    // An address that is empty is there for `no_proxy`, and not there for everything else.
    let has_url = body.is_written("proxy_url") && !body.is_null("proxy_url");
    if body.given("proxy_connect_header") == Given::Yes
        && !from_environment
        && body.given("proxy_url") == Given::No
        && body.is("proxy_from_environment").is_some()
    {
        let reason = "`proxy_connect_header` needs `proxy_url` or `proxy_from_environment`";
        body.refuse(CODE, "proxy_connect_header", reason);
    }
    if from_environment {
        let both = |name: &str| {
            let reason = format!("`{name}` and `proxy_from_environment` are both given");
            match body.given(name) {
                Given::No => {}
                Given::Yes => body.refuse(CODE, name, reason),
                Given::Maybe => body.warn(
                    CODE,
                    name,
                    format!("{reason} unless `{name}` is empty, which is not known"),
                ),
            }
        };
        both("proxy_url");
        both("no_proxy");
    }
    if !has_url && !from_environment && body.given("no_proxy") == Given::Yes {
        body.refuse(CODE, "no_proxy", "`no_proxy` is given without `proxy_url`");
    }
}

fn basic_auth(body: &Body<'_>) {
    value_or_file(body, "password", "password_file");
}

fn authorization(body: &Body<'_>) {
    value_or_file(body, "credentials", "credentials_file");
    if body.text("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("basic")) {
        let reason = "the type is \"basic\", for which there is the block `basic_auth`";
        body.refuse(codes::UNUSABLE_VALUE, "type", reason);
    }
}

fn oauth2(body: &Body<'_>) {
    for name in ["client_id", "token_url"] {
        if body.given(name) == Given::No {
            body.refuse(codes::MISSING_SETTING, name, format!("oauth2 needs `{name}`"));
        }
    }
    if body.given("client_secret").max(body.given("client_secret_file")) == Given::No {
        let reason = "oauth2 needs `client_secret` or `client_secret_file`";
        body.refuse(codes::MISSING_SETTING, "client_secret", reason);
    }
    value_or_file(body, "client_secret", "client_secret_file");
    proxy(body);
}

/// A pair of certificate and key, and nothing given twice.
pub(super) fn tls(body: &Body<'_>) {
    value_or_file(body, "ca_pem", "ca_file");
    value_or_file(body, "cert_pem", "cert_file");
    value_or_file(body, "key_pem", "key_file");
    let certificate = body.given("cert_pem").max(body.given("cert_file"));
    let key = body.given("key_pem").max(body.given("key_file"));
    let (there, missing) = match (certificate, key) {
        (Given::Yes, Given::No) => (["cert_file", "cert_pem"], "key"),
        (Given::No, Given::Yes) => (["key_file", "key_pem"], "cert"),
        _ => return,
    };
    let there = there.into_iter().find(|name| body.given(name) == Given::Yes).unwrap_or(there[0]);
    let reason = format!("`{there}` is given without a `{missing}_file`");
    body.refuse(codes::INCOMPLETE_TLS_PAIR, there, reason);
}

fn value_or_file(body: &Body<'_>, value: &str, file: &str) {
    let reason = format!("`{value}` and `{file}` are both given");
    body.exclude(codes::CONFLICTING_SETTINGS, &[value, file], &reason);
}

#[cfg(test)]
mod tests {
    use crate::validate::strict::tests::raised;

    fn of_endpoint(inner: &str) -> Vec<&'static str> {
        raised(&format!(
            "prometheus.remote_write \"a\" {{\n endpoint {{\n url = \"http://x/\"\n \
             {inner}\n }}\n}}"
        ))
    }

    #[test]
    fn two_methods_at_once_conflict() {
        let found = of_endpoint("basic_auth { }\n bearer_token = \"t\"");
        assert_eq!(found, ["conflicting-authentication"]);
        assert!(of_endpoint("basic_auth { }\n bearer_token = \"\"").is_empty());
        assert!(of_endpoint("basic_auth { }\n bearer_token = sys.env(\"UNSET\")").is_empty());
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let found = of_endpoint("tls_config {\n cert_pem = \"c\"\n }");
        assert!(found.contains(&"incomplete-tls-pair"));
        let found = of_endpoint("tls_config {\n key_pem = \"k\"\n }");
        assert!(found.contains(&"incomplete-tls-pair"));
    }

    #[test]
    fn a_value_and_its_file_conflict() {
        let found = of_endpoint("basic_auth {\n password = \"p\"\n password_file = \"/p\"\n }");
        assert_eq!(found, ["conflicting-settings"]);
        let unset = "basic_auth {\n password = sys.env(\"UNSET\")\n password_file = \"/p\"\n }";
        assert!(of_endpoint(unset).is_empty());
    }

    #[test]
    fn proxies_come_from_one_place() {
        let found = of_endpoint("proxy_from_environment = true\n proxy_url = \"http://p\"");
        assert_eq!(found, ["conflicting-settings"]);
        assert_eq!(of_endpoint("no_proxy = \"x\""), ["conflicting-settings"]);
        assert!(of_endpoint("no_proxy = \"x\"\n proxy_url = \"\"").is_empty());
    }

    #[test]
    fn headers_of_the_client_itself_are_not_set() {
        assert_eq!(of_endpoint("http_headers = {\"host\" = [\"x\"]}"), ["unusable-value"]);
        assert!(of_endpoint("headers = {\"host\" = \"x\"}").is_empty());
    }
}
