//! What other programs answer, send or recorded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::archive;
use crate::checks::execution::{self, Input};
use crate::checks::facts::FactsFile;
use crate::fuzzing::{parts, system};
use crate::host::alloy_http::Answers;
use crate::host::{components, delivery, running, storage};
use crate::installation::{Installation, Wanted};
use crate::plugin::fuzz_connection;
use crate::probe::{Material, certificates, key_fits};

/// Alloy's list of components, of modules' components, and its metrics.
pub(super) fn alloy_http(input: &[u8]) {
    let [list, modules, metrics, later] = parts(input).map(String::from_utf8_lossy);
    let answer = |body: &str| json!({ "status": 200, "content_type": "", "body": body });
    let answers = serde_json::from_value::<Answers>(json!({
        "answers": {
            "GET /api/v0/web/components": answer(&list),
            "GET /api/v0/web/modules/m/components": answer(&modules),
            "GET /metrics": answer(&metrics),
        },
        "later": { "seconds": 5, "metrics": answer(&later) },
    }));
    let answers = answers.expect("it has the right shape");
    components::components(&answers).ok();
    components::unseen_modules(&answers);
    delivery::delivery(&answers).ok();
    running::running(&answers).ok();
    answers.refusal();
}

/// An archive, compressed or not.
pub(super) fn archive(input: &[u8]) {
    for host in archive::read(input).unwrap_or_default() {
        assert!(host.tree.nodes().all(|(path, _)| path.is_absolute()));
    }
}

/// Facts of hosts.
pub(super) fn facts(input: &[u8]) {
    let Ok(file) = FactsFile::parse("facts.json", input) else { return };
    file.flow();
    let input = Input { agents: file.agents, timeouts: file.timeouts, ..Input::default() };
    execution::execute(&[], &input).ok();
}

/// What the agent sends to a plugin.
pub(super) fn plugin(input: &[u8]) {
    fuzz_connection(input);
}

/// A recorded host.
pub(super) fn snapshot(input: &[u8]) {
    let Some(host) = system(&[("/snapshot.json", input)]) else { return };
    let installation = Installation::of(&host, Wanted::default());
    installation.services();
    installation.process();
    installation.answers();
    installation.installed();
    storage::storage(&host, "/var/lib/alloy".into());
}

/// A certificate and a key, as PEM and as what PEM holds.
pub(super) fn x509(input: &[u8]) {
    let [certificate, key] = parts(input);
    let wrapped = |kind: &str, der: &[u8]| {
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
    };
    let pairs = [
        (certificate.to_vec(), key.to_vec()),
        (
            wrapped("CERTIFICATE", certificate).into_bytes(),
            wrapped("PRIVATE KEY", key).into_bytes(),
        ),
    ];
    for (certificate, key) in pairs {
        let certificate = Material::inline("certificate", certificate);
        let key = Material::inline("key", key);
        certificates(&certificate).ok();
        key.key_is_sound().ok();
        key_fits(&certificate, &key).ok();
    }
}
