//! `azuread` of `prometheus.remote_write`: one method, known clouds, ids that are UUIDs.

use super::super::body::{Body, Given};
use super::super::codes;
use super::{Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule("prometheus/remotewrite.AzureADConfig", azuread),
    rule("prometheus/remotewrite.ManagedIdentityConfig", |body| uuid(body, "client_id")),
    rule("prometheus/remotewrite.WorkloadIdentityConfig", |body| {
        uuid(body, "client_id");
        uuid(body, "tenant_id");
    }),
    rule("prometheus/remotewrite.OAuthConfig", oauth),
];

const CLOUDS: [&str; 3] = ["AzureChina", "AzureGovernment", "AzurePublic"];
const METHODS: [&str; 4] = ["managed_identity", "workload_identity", "oauth", "sdk"];

fn azuread(body: &Body<'_>) {
    if body.text("cloud").is_some_and(|cloud| !CLOUDS.contains(&cloud.as_str())) {
        let reason = format!("`cloud` must be one of {}", CLOUDS.join(", "));
        body.refuse(codes::UNUSABLE_VALUE, "cloud", reason);
    }
    match METHODS.iter().filter(|name| body.given(name) == Given::Yes).count() {
        0 => body.refuse(codes::MISSING_SETTING, "", "azuread needs a method, such as `oauth`"),
        1 => {}
        _ => body.exclude(
            codes::CONFLICTING_AUTHENTICATION,
            &METHODS,
            "azuread takes only one method",
        ),
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_:/.-\t\n\r\u{c} ".contains(c);
    if body.takes("scope") && body.text("scope").is_some_and(|scope| !scope.chars().all(is_allowed))
    {
        body.refuse(codes::UNUSABLE_VALUE, "scope", "`scope` holds characters that it may not");
    }
}

fn oauth(body: &Body<'_>) {
    uuid(body, "client_id");
    for name in ["client_secret", "tenant_id"] {
        if body.given(name) == Given::No {
            body.refuse(codes::MISSING_SETTING, name, format!("oauth needs `{name}`"));
        }
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if body.text("tenant_id").is_some_and(|id| !id.chars().all(is_allowed)) {
        body.refuse(codes::UNUSABLE_VALUE, "tenant_id", "`tenant_id` is none");
    }
}

fn uuid(body: &Body<'_>, name: &str) {
    match body.text(name) {
        Some(text) if text.is_empty() => {
            body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must be given"));
        }
        Some(text) if !is_uuid(&text) => {
            body.refuse(codes::UNUSABLE_VALUE, name, format!("`{name}` is no UUID"));
        }
        _ => {}
    }
}

/// The forms that Go's library reads: plain, in braces, as a URN, without hyphens.
fn is_uuid(text: &str) -> bool {
    let text = match text.get(..9) {
        Some(head) if text.len() == 45 && head.eq_ignore_ascii_case("urn:uuid:") => &text[9..],
        _ if text.len() == 38 => text.get(1..37).unwrap_or_default(),
        _ => text,
    };
    let is_hex = |c: char| c.is_ascii_hexdigit();
    if text.len() == 32 {
        return text.chars().all(is_hex);
    }
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.chars().all(is_hex))
}

#[cfg(test)]
mod tests {
    use super::is_uuid;

    #[test]
    fn ids_have_several_forms() {
        assert!(is_uuid("00000000-0000-0000-0000-000000000000"));
        assert!(is_uuid("{00000000-0000-0000-0000-00000000000A}"));
        assert!(is_uuid("urn:uuid:00000000-0000-0000-0000-000000000000"));
        assert!(!is_uuid("00000000-0000-0000-0000-00000000000"));
        assert!(!is_uuid("x"));
    }
}
