//! Settings of connections that exclude or need each other.

use super::{Place, codes};
use crate::diagnostic::Diagnostic;

/// At most one of these may be given.
const METHODS: [&str; 7] = [
    "basic_auth",
    "authorization",
    "oauth2",
    "bearer_token",
    "bearer_token_file",
    "sigv4",
    "azuread",
];

/// A value, and the file that may hold it instead.
const FORMS: [(&str, &str); 6] = [
    ("password", "password_file"),
    ("credentials", "credentials_file"),
    ("client_secret", "client_secret_file"),
    ("ca_pem", "ca_file"),
    ("cert_pem", "cert_file"),
    ("key_pem", "key_file"),
];

/// The settings of clients that Alloy's components share.
const SHARED: &str = "common/config.";

pub(super) fn check(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    if place.takes(&["basic_auth", "bearer_token"]) {
        methods(place, out);
    }
    if place.takes(&["proxy_url", "proxy_from_environment"]) {
        proxy(place, out);
    }
    if place.shape.name().starts_with(SHARED) {
        forms(place, out);
    }
    if place.takes(&["cert_file", "cert_pem", "key_file", "key_pem"]) {
        key_pair(place, out);
    }
}

fn methods(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let given: Vec<&str> = METHODS.into_iter().filter(|name| place.has(name)).collect();
    if let [first, second, ..] = given[..] {
        let message = format!("only one of {} may be given: Alloy will not start", list(&given));
        let found = place.error(codes::CONFLICTING_AUTHENTICATION, second, message);
        out.push(
            found
                .label(place.source, place.span(first), "the other one")
                .help("keep the one that the server expects"),
        );
    }
}

fn proxy(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let from_environment = place.setting("proxy_from_environment").text() == Some("true");
    let with_url = place.has("proxy_url");
    let conflict = |name: &str, message: &str| {
        place.error(codes::CONFLICTING_SETTINGS, name, format!("{message}: Alloy will not start"))
    };
    if from_environment && with_url {
        out.push(conflict("proxy_url", "`proxy_url` and `proxy_from_environment` are both given"));
    } else if from_environment && place.has("no_proxy") {
        out.push(conflict("no_proxy", "`no_proxy` and `proxy_from_environment` are both given"));
    } else if place.has("no_proxy") && !with_url {
        out.push(conflict("no_proxy", "`no_proxy` is given without `proxy_url`"));
    }
}

fn forms(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    for (value, file) in FORMS {
        if place.takes(&[value, file]) && place.has(value) && place.has(file) {
            let message = format!("`{value}` and `{file}` are both given: Alloy will not start");
            out.push(place.error(codes::CONFLICTING_SETTINGS, file, message).label(
                place.source,
                place.span(value),
                "the other one",
            ));
        }
    }
}

fn key_pair(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let has_certificate = place.has("cert_file") || place.has("cert_pem");
    let has_key = place.has("key_file") || place.has("key_pem");
    let (there, missing) = match (has_certificate, has_key) {
        (true, false) => (first_of(place, ["cert_file", "cert_pem"]), "key"),
        (false, true) => (first_of(place, ["key_file", "key_pem"]), "cert"),
        _ => return,
    };
    let message = format!("`{there}` is given without a `{missing}_file`: Alloy will not start");
    out.push(place.error(codes::INCOMPLETE_TLS_PAIR, there, message));
}

fn first_of<'n>(place: &Place<'_>, names: [&'n str; 2]) -> &'n str {
    if place.has(names[0]) { names[0] } else { names[1] }
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::raised;

    fn of_endpoint(inner: &str) -> Vec<&'static str> {
        raised(&format!(
            "prometheus.remote_write \"a\" {{\n endpoint {{\n url = \"http://x/\"\n {inner}\n }}\n}}"
        ))
    }

    #[test]
    fn two_methods_at_once_conflict() {
        let found = of_endpoint("basic_auth { }\n bearer_token = \"t\"");
        assert_eq!(found, ["conflicting-authentication"]);
        assert!(of_endpoint("basic_auth { }\n bearer_token = \"\"").is_empty());
        assert!(of_endpoint("bearer_token = sys.env(\"T\")").is_empty());
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let found = of_endpoint("tls_config {\n cert_file = \"/c\"\n }");
        assert_eq!(found, ["incomplete-tls-pair"]);
        let found = of_endpoint("tls_config {\n key_pem = \"k\"\n }");
        assert_eq!(found, ["incomplete-tls-pair"]);
    }

    #[test]
    fn a_value_and_its_file_conflict() {
        let found = of_endpoint("basic_auth {\n password = \"p\"\n password_file = \"/p\"\n }");
        assert_eq!(found, ["conflicting-settings"]);
        let found = of_endpoint("tls_config {\n ca_file = \"/a\"\n ca_pem = \"a\"\n }");
        assert_eq!(found, ["conflicting-settings"]);
    }

    #[test]
    fn proxies_come_from_one_place() {
        let found = of_endpoint("proxy_from_environment = true\n proxy_url = \"http://p\"");
        assert_eq!(found, ["conflicting-settings"]);
        assert_eq!(of_endpoint("no_proxy = \"x\""), ["conflicting-settings"]);
    }
}
