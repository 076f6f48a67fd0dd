//! TLS material that a component opens when it is built: certificates and keys must be there.
//!
//! `prometheus.scrape` opens it later and is not asked; `tls_files` of the facts looks closer.

use super::super::body::{Body, Given};
use super::super::codes;
use super::super::judge::Found;

/// What a file must hold to be of use.
const CERTIFICATE: &str = "CERTIFICATE-----";
const KEY: &str = "PRIVATE KEY-----";

/// Checks the `tls_config` of a client.
pub(super) fn opened(body: &Body<'_>) {
    for tls in body.blocks("tls_config") {
        material(tls, "ca_pem", "ca_file", CERTIFICATE);
        // One without the other is refused before a file is opened.
        if has_pair(tls) {
            material(tls, "cert_pem", "cert_file", CERTIFICATE);
            material(tls, "key_pem", "key_file", KEY);
        }
    }
}

/// Checks the TLS block of a server.
pub(super) fn served(body: &Body<'_>) {
    if has_pair(body) {
        material(body, "cert_pem", "cert_file", CERTIFICATE);
        material(body, "key_pem", "key_file", KEY);
    }
}

fn has_pair(tls: &Body<'_>) -> bool {
    let given = |pem: &str, file: &str| tls.given(pem).max(tls.given(file)) == Given::Yes;
    given("cert_pem", "cert_file") && given("key_pem", "key_file")
}

fn material(tls: &Body<'_>, pem: &str, file: &str, holds: &str) {
    if tls.given(pem) == Given::Yes {
        let text = tls.exposed(pem);
        if text.is_some_and(|text| !text.contains(holds)) {
            tls.refuse(codes::UNUSABLE_VALUE, pem, format!("`{pem}` holds nothing that it should"));
        }
        return;
    }
    let Some(path) = tls.text(file).filter(|path| !path.is_empty()) else { return };
    match tls.judge.file(&path) {
        Found::Missing => {
            tls.refuse(codes::MISSING_FILE, file, format!("{path} is not there"));
        }
        Found::Folder => tls.refuse(codes::UNUSABLE_FILE, file, format!("{path} is a folder")),
        Found::File(content) if !String::from_utf8_lossy(&content).contains(holds) => {
            let what = if holds == KEY { "key" } else { "certificate" };
            tls.refuse(codes::UNUSABLE_FILE, file, format!("{path} holds no {what}"));
        }
        Found::File(_) | Found::Unknown(_) => {}
    }
}
