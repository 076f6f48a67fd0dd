//! Components that bring values in, and imports: files and other hosts that are asked at start.

use super::super::body::{Body, Given};
use super::super::judge::Found;
use super::super::{codes, url};
use super::{Rule, files, rule, tls_files};

pub(super) const RULES: &[Rule] = &[
    rule("local/file.Arguments", local_file),
    rule("local/file_match.Arguments", |body| ticks(body, "sync_period")),
    rule("remote/http.Arguments", remote_http),
    rule("remote/kubernetes.Arguments", |body| positive(body, &["poll_frequency", "poll_timeout"])),
    rule("remote/s3.Arguments", remote_s3),
    rule("remote/vault.Arguments", remote_vault),
    rule("nodeconf/importsource.FileArguments", |body| ticks(body, "poll_frequency")),
    rule("nodeconf/importsource.GitArguments", import_git),
    rule("nodeconf/importsource.HTTPArguments", import_http),
    rule("common/kubernetes.ClientArguments", kubernetes),
];

/// Git's own names for commits, which an import does not take.
const SPECIAL: [&str; 5] = ["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"];

fn local_file(body: &Body<'_>) {
    if body.duration("poll_frequency").is_some_and(|length| length.nanoseconds() <= 0) {
        let reason = "`poll_frequency` must be greater than 0";
        body.refuse(codes::UNUSABLE_VALUE, "poll_frequency", reason);
    }
    files::needed(body, "filename");
}

fn remote_http(body: &Body<'_>) {
    positive(body, &["poll_frequency", "poll_timeout"]);
    if let (Some(timeout), Some(frequency)) =
        (body.duration("poll_timeout"), body.duration("poll_frequency"))
        && timeout >= frequency
        && timeout.nanoseconds() > 0
        && frequency.nanoseconds() > 0
    {
        let reason = "`poll_timeout` must be shorter than `poll_frequency`";
        body.refuse(codes::UNUSABLE_VALUE, "poll_timeout", reason);
    }
    if body.text("method").is_some_and(|method| !is_token(&method)) {
        body.refuse(codes::UNUSABLE_VALUE, "method", "`method` is none");
    }
    asked(body);
}

fn import_http(body: &Body<'_>) {
    asked(body);
}

/// An address that is asked when Alloy starts.
fn asked(body: &Body<'_>) {
    let Some(text) = body.text("url") else { return };
    if url::fault(&text).is_some() {
        body.refuse(codes::WRONG_URL, "url", "`url` is no URL");
    } else if !text.starts_with("http://") && !text.starts_with("https://") {
        let reason = "`url` does not begin with http:// or https://";
        body.refuse(codes::WRONG_URL, "url", reason);
    } else {
        let message =
            "Alloy asks this address when it starts, and does not start without an answer";
        body.warn(codes::ASKED_AT_START, "url", message);
    }
    for client in body.blocks("client") {
        tls_files::opened(client);
    }
}

fn import_git(body: &Body<'_>) {
    if body.text("revision").is_some_and(|name| SPECIAL.contains(&name.as_str())) {
        let reason = "`revision` must not be a special reference such as HEAD";
        body.refuse(codes::UNUSABLE_VALUE, "revision", reason);
    }
    let Some(repository) = body.text("repository") else { return };
    if repository.starts_with('/') && matches!(body.judge.file(&repository), Found::Missing) {
        let reason = format!("{repository} is not there");
        body.refuse(codes::MISSING_FILE, "repository", reason);
    } else {
        let message = "Alloy reads this repository when it starts, and does not start without it";
        body.warn(codes::ASKED_AT_START, "repository", message);
    }
}

fn remote_s3(body: &Body<'_>) {
    if body.duration("poll_frequency").is_some_and(|length| length.seconds() <= 30.0) {
        let reason = "`poll_frequency` must be greater than 30s";
        body.refuse(codes::UNUSABLE_VALUE, "poll_frequency", reason);
    }
}

fn remote_vault(body: &Body<'_>) {
    let methods = body.block.body().blocks().filter(|block| block.name().starts_with("auth."));
    if methods.count() != 1 {
        let reason = "exactly one `auth` block must be given";
        body.refuse(codes::CONFLICTING_AUTHENTICATION, "", reason);
    }
}

fn kubernetes(body: &Body<'_>) {
    if body.given("api_server") == Given::Yes {
        let reason = "`api_server` and `kubeconfig_file` are both given";
        body.exclude(codes::CONFLICTING_SETTINGS, &["api_server", "kubeconfig_file"], reason);
    }
    if body.given("kubeconfig_file") == Given::Yes {
        files::needed(body, "kubeconfig_file");
    }
}

/// Lengths of time that must be greater than zero.
pub(super) fn positive(body: &Body<'_>, names: &[&str]) {
    for name in names.iter().filter(|name| body.takes(name)) {
        if body.duration(name).is_some_and(|length| length.nanoseconds() <= 0) {
            let reason = format!("`{name}` must be greater than 0");
            body.refuse(codes::UNUSABLE_VALUE, name, reason);
        }
    }
}

/// A length of time that a ticker is made of without being looked at.
pub(super) fn ticks(body: &Body<'_>, name: &str) {
    if body.duration(name).is_some_and(|length| length.nanoseconds() <= 0) {
        body.crash(name, format!("`{name}` must be greater than 0"));
    }
}

/// Whether a text may be the method of a request; none is GET.
fn is_token(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

#[cfg(test)]
mod tests {
    use crate::validate::strict::tests::raised;

    #[test]
    fn tickers_of_zero_crash() {
        let of = |inner: &str| {
            raised(&format!("local.file_match \"a\" {{\n path_targets = []\n {inner}\n}}"))
        };
        assert_eq!(of("sync_period = \"0s\""), ["alloy-crashes"]);
        assert!(of("").is_empty());
    }

    #[test]
    fn what_is_asked_at_start_is_only_warned_of() {
        let of = |url: &str| raised(&format!("remote.http \"a\" {{\n url = \"{url}\"\n}}"));
        assert_eq!(of("http://x/"), ["asked-at-start"]);
        assert_eq!(of(""), ["wrong-url"]);
    }
}
