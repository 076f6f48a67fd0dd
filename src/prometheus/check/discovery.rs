//! The ways of discovery that are looked into: files, HTTP, DNS.

use alloy_grammar::literal::quote;

use super::{Checked, http as client};
use crate::go::url;
use crate::prometheus::decode::{Fail, Fields};
use crate::prometheus::version::Version;

pub(super) fn file(files: &Fields) -> Checked {
    if files.list("files").is_empty() {
        let message = "file service discovery config must contain at least one path name";
        return files.fail("files", message);
    }
    for item in files.list("files") {
        let name = item.text();
        let extensions = [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"];
        let bare = extensions.iter().find_map(|extension| name.strip_suffix(extension));
        let is_fine = bare.is_some_and(|bare| match bare.split_once('*') {
            None => true,
            Some((_, rest)) => !rest.contains('/'),
        });
        if !is_fine {
            let message = format!("path name {} is not valid for file discovery", quote(name));
            return Err(Fail::new(message, item.span));
        }
    }
    Ok(())
}

pub(super) fn http(http: &Fields, version: &Version) -> Checked {
    let text = http.text("url");
    if text.is_empty() {
        return http.fail("url", "URL is missing");
    }
    if let Some(fault) = url::fault(text) {
        return http.fail("url", fault);
    }
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return http.fail("url", "URL scheme must be 'http' or 'https'");
    }
    let host = rest.strip_prefix("//").unwrap_or_default();
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    if host.rsplit('@').next().unwrap_or_default().is_empty() {
        return http.fail("url", "host is missing in URL");
    }
    // Up to 2.50 the client's settings are not looked at here.
    if version.is_at_least(2, 51) { client::check(http, version) } else { Ok(()) }
}

pub(super) fn dns(dns: &Fields) -> Checked {
    if dns.list("names").is_empty() {
        return dns.fail("names", "DNS-SD config must contain at least one SRV record name");
    }
    let kind = dns.text_or("type", "SRV");
    match kind.to_uppercase().as_str() {
        "SRV" => Ok(()),
        "A" | "AAAA" | "MX" | "NS" if dns.int_or("port", 0) == 0 => {
            let message = "a port is required in DNS-SD configs for all record types except SRV";
            dns.fail("port", message)
        }
        "A" | "AAAA" | "MX" | "NS" => Ok(()),
        _ => dns.fail("type", format!("invalid DNS-SD records type {kind}")),
    }
}
