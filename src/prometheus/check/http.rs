//! Authentication, TLS and proxies, which jobs and remote writes have alike.

use alloy_grammar::literal::quote;

use super::{Checked, count};
use crate::prometheus::decode::Fields;
use crate::prometheus::version::Version;

/// Headers that `http_headers` may not set, in their canonical form.
const RESERVED: &[&str] = &[
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
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-Content-Sha256",
];

/// Checks the authentication, proxy and headers of a client.
pub(super) fn check(client: &Fields, version: &Version) -> Checked {
    bearer(client)?;
    basic(client, version)?;
    authorization(client)?;
    oauth2(client, version)?;
    proxy(client, version)?;
    for (name, item) in client.map("http_headers") {
        let canonical = canonical(name);
        if RESERVED.contains(&canonical.as_str()) {
            let message = format!("setting header {} is not allowed", quote(&canonical));
            return Err(super::Fail::new(message, item.span));
        }
    }
    Ok(())
}

fn bearer(client: &Fields) -> Checked {
    let bearers = count(client, &["bearer_token", "bearer_token_file"]);
    if bearers > 1 {
        let message = "at most one of bearer_token & bearer_token_file must be configured";
        return client.fail("bearer_token", message);
    }
    if bearers > 0 && (client.is_set("basic_auth") || client.is_set("oauth2")) {
        let message = "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be \
                       configured";
        return client.fail("bearer_token", message);
    }
    Ok(())
}

fn basic(client: &Fields, version: &Version) -> Checked {
    let Some(basic) = client.fields("basic_auth") else { return Ok(()) };
    // References came with 2.53, files for names with 2.49.
    let (users, passwords) = if version.is_at_least(2, 53) {
        ("username, username_file & username_ref", "password, password_file & password_ref")
    } else {
        ("username & username_file", "password & password_file")
    };
    if count(basic, &["username", "username_file", "username_ref"]) > 1 {
        let message = format!("at most one of basic_auth {users} must be configured");
        return basic.fail("username", message);
    }
    if count(basic, &["password", "password_file", "password_ref"]) > 1 {
        let message = format!("at most one of basic_auth {passwords} must be configured");
        return basic.fail("password", message);
    }
    Ok(())
}

fn authorization(client: &Fields) -> Checked {
    let Some(authorization) = client.fields("authorization") else { return Ok(()) };
    if count(client, &["bearer_token", "bearer_token_file"]) > 0 {
        let message = "authorization is not compatible with bearer_token & bearer_token_file";
        return client.fail("authorization", message);
    }
    if count(authorization, &["credentials", "credentials_file", "credentials_ref"]) > 1 {
        let message =
            "at most one of authorization credentials & credentials_file must be configured";
        return authorization.fail("credentials", message);
    }
    if authorization.text("type").trim().eq_ignore_ascii_case("basic") {
        let message = "authorization type cannot be set to \"basic\", use \"basic_auth\" instead";
        return authorization.fail("type", message);
    }
    if client.is_set("basic_auth") || client.is_set("oauth2") {
        let message = "at most one of basic_auth, oauth2 & authorization must be configured";
        return client.fail("authorization", message);
    }
    Ok(())
}

fn oauth2(client: &Fields, version: &Version) -> Checked {
    let Some(oauth2) = client.fields("oauth2") else { return Ok(()) };
    if client.is_set("basic_auth") {
        let message = "at most one of basic_auth, oauth2 & authorization must be configured";
        return client.fail("oauth2", message);
    }
    if oauth2.text("client_id").is_empty() {
        return oauth2.fail("client_id", "oauth2 client_id must be configured");
    }
    let secrets = count(oauth2, &["client_secret", "client_secret_file", "client_secret_ref"]);
    if secrets == 0 && !version.is_at_least(2, 50) {
        let message = "either oauth2 client_secret or client_secret_file must be configured";
        return oauth2.fail("client_secret", message);
    }
    if oauth2.text("token_url").is_empty() {
        return oauth2.fail("token_url", "oauth2 token_url must be configured");
    }
    let jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    if oauth2.text("grant_type") == jwt {
        let keys = &[
            "client_certificate_key",
            "client_certificate_key_file",
            "client_certificate_key_ref",
        ];
        if count(oauth2, keys) > 1 {
            let message = format!(
                "at most one of oauth2 client_certificate_key, client_certificate_key_file & \
                 client_certificate_key_ref must be configured using grant-type={jwt}"
            );
            return oauth2.fail("client_certificate_key", message);
        }
        if !["", "RS256", "RS384", "RS512"].contains(&oauth2.text("signature_algorithm")) {
            let message = "valid signature algorithms are RS256, RS384 and RS512";
            return oauth2.fail("signature_algorithm", message);
        }
        return Ok(());
    }
    if secrets > 1 {
        let message = match version {
            version if version.is_at_least(3, 5) => {
                "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must \
                 be configured using grant-type=client_credentials"
            }
            version if version.is_at_least(2, 53) => {
                "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must \
                 be configured"
            }
            _ => "at most one of oauth2 client_secret & client_secret_file must be configured",
        };
        return oauth2.fail("client_secret", message);
    }
    Ok(())
}

fn proxy(client: &Fields, version: &Version) -> Checked {
    let has_url = !client.text("proxy_url").is_empty();
    let from_environment = client.bool_or("proxy_from_environment", false);
    let has_headers = !client.map("proxy_connect_header").is_empty();
    if !version.is_at_least(2, 43) {
        if has_headers && !has_url {
            let message = "if proxy_connect_header is configured proxy_url must also be configured";
            return client.fail("proxy_connect_header", message);
        }
        return Ok(());
    }
    if has_headers && !has_url && !from_environment {
        let message = "if proxy_connect_header is configured, proxy_url or proxy_from_environment \
                       must also be configured";
        return client.fail("proxy_connect_header", message);
    }
    if from_environment && has_url {
        let message = "if proxy_from_environment is configured, proxy_url must not be configured";
        return client.fail("proxy_from_environment", message);
    }
    let no_proxy = client.text("no_proxy");
    if from_environment && !no_proxy.is_empty() {
        let message = "if proxy_from_environment is configured, no_proxy must not be configured";
        return client.fail("no_proxy", message);
    }
    if !client.is_set("proxy_url") && !no_proxy.is_empty() {
        let message = "if no_proxy is configured, proxy_url must also be configured";
        return client.fail("no_proxy", message);
    }
    Ok(())
}

/// Checks that a certificate comes with its key; up to 2.44 the start does that.
pub(super) fn check_tls(tls: &Fields, version: &Version) -> Checked {
    if !version.is_at_least(2, 45) {
        return Ok(());
    }
    let with_refs = version.is_at_least(2, 53);
    for (name, plain, named) in [
        (
            "ca",
            "at most one of ca and ca_file must be configured",
            "at most one of ca, ca_file & ca_ref must be configured",
        ),
        (
            "cert",
            "at most one of cert and cert_file must be configured",
            "at most one of cert, cert_file & cert_ref must be configured",
        ),
        (
            "key",
            "at most one of key and key_file must be configured",
            "at most one of key and key_file must be configured",
        ),
    ] {
        let (file, reference) = (format!("{name}_file"), format!("{name}_ref"));
        if count(tls, &[name, &file, &reference]) > 1 {
            return tls.fail(name, if with_refs { named } else { plain });
        }
    }
    let certificates = count(tls, &["cert", "cert_file", "cert_ref"]);
    let keys = count(tls, &["key", "key_file", "key_ref"]);
    if certificates > 0 && keys == 0 {
        let message = "exactly one of key or key_file must be configured when a client certificate \
                       is configured";
        return tls.fail("cert_file", message);
    }
    if keys > 0 && certificates == 0 {
        let message = "exactly one of cert or cert_file must be configured when a client key is \
                       configured";
        return tls.fail("key_file", message);
    }
    Ok(())
}

/// A header's name as Go writes it: `X-Api-Key`.
fn canonical(name: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !name.chars().all(is_token) {
        return name.to_owned();
    }
    let mut is_start = true;
    name.chars()
        .map(|c| {
            let shown = if is_start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            is_start = c == '-';
            shown
        })
        .collect()
}
