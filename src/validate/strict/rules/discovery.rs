//! `discovery.*`: what is looked for where, how often, and which of it crashes.

use super::super::body::{Body, Given};
use super::super::judge::Found;
use super::super::{codes, url};
use super::{Rule, rule, sources, tls_files};
use crate::eval::Value;

pub(super) const RULES: &[Rule] = &[
    rule("discovery/azure.Arguments", azure),
    rule("discovery/aws.EC2Arguments", region),
    rule("discovery/aws.LightsailArguments", region),
    rule("discovery/consul.Arguments", every),
    rule("discovery/consulagent.Arguments", every),
    rule("discovery/digitalocean.Arguments", digitalocean),
    rule("discovery/dns.Arguments", dns),
    rule("discovery/docker.Arguments", docker),
    rule("discovery/dockerswarm.Arguments", dockerswarm),
    rule("discovery/eureka.Arguments", |body| with_host(body, "server")),
    rule("discovery/file.Arguments", file),
    rule("discovery/hetzner.Arguments", |body| one_of(body, "role", &["robot", "hcloud"])),
    rule("discovery/http.Arguments", http),
    rule("discovery/ionos.Arguments", ionos),
    rule("discovery/kubernetes.Arguments", kubernetes),
    rule("discovery/kuma.Arguments", |body| {
        sources::positive(body, &["refresh_interval", "fetch_timeout"]);
    }),
    rule("discovery/linode.Arguments", every),
    rule("discovery/marathon.Arguments", marathon),
    rule("discovery/nerve.Arguments", |body| sources::positive(body, &["timeout"])),
    rule("discovery/nomad.Arguments", |body| not_empty(body, &["server"])),
    rule("discovery/openstack.Arguments", openstack),
    rule("discovery/ovhcloud.Arguments", ovhcloud),
    rule("discovery/process.Arguments", |body| sources::ticks(body, "refresh_interval")),
    rule("discovery/puppetdb.Arguments", |body| with_host(body, "url")),
    rule("discovery/scaleway.Arguments", scaleway),
    rule("discovery/serverset.Arguments", serverset),
    rule("discovery/triton.Arguments", every),
    rule("discovery/uyuni.Arguments", |body| parsed(body, "server")),
];

fn every(body: &Body<'_>) {
    sources::positive(body, &["refresh_interval"]);
}

fn azure(body: &Body<'_>) {
    let names = ["oauth", "managed_identity", "sdk_auth", "workload_identity", "sdk"];
    let known = names.into_iter().filter(|name| body.takes(name));
    if known.filter(|name| body.given(name) == Given::Yes).count() != 1 {
        let reason = "exactly one way to authenticate must be given";
        body.refuse(codes::CONFLICTING_AUTHENTICATION, "", reason);
    }
}

/// Without a region, Amazon's own service is asked for it, which answers on its machines only.
fn region(body: &Body<'_>) {
    if body.given("region") == Given::No {
        let message = "without `region`, Alloy does not start but on a machine of Amazon";
        body.warn(codes::ASKED_AT_START, "region", message);
    }
    if body.blocks("filter").any(|filter| filter.texts("values").is_some_and(|v| v.is_empty())) {
        body.refuse(codes::MISSING_SETTING, "filter", "the `values` of a filter must not be empty");
    }
}

fn digitalocean(body: &Body<'_>) {
    let names = ["bearer_token", "bearer_token_file"];
    if names.into_iter().all(|name| body.given(name) == Given::No) {
        let reason = "`bearer_token` or `bearer_token_file` must be given";
        body.refuse(codes::MISSING_SETTING, "bearer_token", reason);
    }
    let reason = "`bearer_token` and `bearer_token_file` are both given";
    body.exclude(codes::CONFLICTING_AUTHENTICATION, &names, reason);
}

fn dns(body: &Body<'_>) {
    sources::ticks(body, "refresh_interval");
    let Some(kind) = body.text("type").map(|kind| kind.to_uppercase()) else { return };
    match kind.as_str() {
        "SRV" => {}
        "A" | "AAAA" | "MX" | "NS" => {
            if body.integer("port") == Some(0) {
                let reason = format!("records of the type {kind} need a `port`");
                body.refuse(codes::MISSING_SETTING, "port", reason);
            }
        }
        _ => body.refuse(codes::UNUSABLE_VALUE, "type", "`type` is no type of records"),
    }
}

fn docker(body: &Body<'_>) {
    if body.text("host").is_some_and(|host| host.is_empty()) {
        body.refuse(codes::MISSING_SETTING, "host", "`host` must not be empty");
    }
    parsed(body, "host");
    every(body);
}

fn dockerswarm(body: &Body<'_>) {
    parsed(body, "host");
    every(body);
    one_of(body, "role", &["services", "nodes", "tasks"]);
}

fn file(body: &Body<'_>) {
    sources::ticks(body, "refresh_interval");
    let Value::Array(files) = body.value("files") else { return };
    for path in files.items().iter().filter_map(Value::as_str) {
        let is_read =
            [".json", ".yml", ".yaml"].iter().any(|end| path.to_lowercase().ends_with(end));
        if !is_read
            && !path.contains(['*', '?', '['])
            && matches!(body.judge.file(path), Found::File(_))
        {
            body.crash("files", format!("{path} is neither .json nor .yml nor .yaml"));
        }
    }
}

/// Its client is not checked, but for the blocks in it.
fn http(body: &Body<'_>) {
    if body.is_written("refresh_interval") {
        sources::ticks(body, "refresh_interval");
    }
    tls_files::opened(body);
}

fn ionos(body: &Body<'_>) {
    not_empty(body, &["datacenter_id"]);
    every(body);
}

/// Outside of a cluster, Kubernetes must be named.
fn kubernetes(body: &Body<'_>) {
    if body.given("kubeconfig_file") == Given::Yes {
        super::files::needed(body, "kubeconfig_file");
        return;
    }
    if body.given("api_server") != Given::No {
        return;
    }
    let environment = &body.judge.graph.context().environment;
    let known = |name: &str| match environment.value(name) {
        Value::String(text) => Some(!text.is_empty()),
        _ => None,
    };
    if known("KUBERNETES_SERVICE_HOST") == Some(false)
        || known("KUBERNETES_SERVICE_PORT") == Some(false)
    {
        let reason = "without `api_server` or `kubeconfig_file`, Alloy must run in a cluster \
                      (KUBERNETES_SERVICE_HOST is not set)";
        body.refuse(codes::MISSING_SETTING, "", reason);
    }
}

fn marathon(body: &Body<'_>) {
    every(body);
    if body.texts("servers").is_some_and(|servers| servers.is_empty()) {
        body.refuse(codes::MISSING_SETTING, "servers", "`servers` must not be empty");
    }
    let names = [
        "auth_token",
        "auth_token_file",
        "basic_auth",
        "authorization",
        "bearer_token",
        "bearer_token_file",
    ];
    let token = body.given("auth_token").max(body.given("auth_token_file"));
    if token == Given::Yes {
        let reason = "only one way to authenticate may be given";
        body.exclude(codes::CONFLICTING_AUTHENTICATION, &names, reason);
    }
}

fn openstack(body: &Body<'_>) {
    one_of(body, "availability", &["public", "internal", "admin"]);
    one_of(body, "role", &["instance", "hypervisor"]);
}

fn ovhcloud(body: &Body<'_>) {
    not_empty(body, &["endpoint", "application_key", "application_secret", "consumer_key"]);
    one_of(body, "service", &["dedicated_server", "vps"]);
}

fn scaleway(body: &Body<'_>) {
    not_empty(body, &["project_id", "access_key"]);
    let names = ["secret_key", "secret_key_file"];
    if names.into_iter().all(|name| body.given(name) == Given::No) {
        let reason = "`secret_key` or `secret_key_file` must be given";
        body.refuse(codes::MISSING_SETTING, "secret_key", reason);
    }
    let reason = "`secret_key` and `secret_key_file` are both given";
    body.exclude(codes::CONFLICTING_SETTINGS, &names, reason);
}

fn serverset(body: &Body<'_>) {
    for name in ["servers", "paths"] {
        if body.texts(name).is_some_and(|texts| texts.is_empty()) {
            body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must not be empty"));
        }
    }
    let paths = body.texts("paths").unwrap_or_default();
    if paths.iter().any(|path| !path.starts_with('/')) {
        body.refuse(codes::UNUSABLE_VALUE, "paths", "`paths` must begin with /");
    }
}

fn one_of(body: &Body<'_>, name: &str, known: &[&str]) {
    if body.text(name).is_some_and(|text| !known.contains(&text.as_str())) {
        let reason = format!("`{name}` must be one of {}", known.join(", "));
        body.refuse(codes::UNUSABLE_VALUE, name, reason);
    }
}

fn not_empty(body: &Body<'_>, names: &[&str]) {
    for name in names {
        if body.exposed(name).is_some_and(|text| text.trim().is_empty()) {
            body.refuse(codes::MISSING_SETTING, name, format!("`{name}` must not be empty"));
        }
    }
}

fn parsed(body: &Body<'_>, name: &str) {
    if body.text(name).is_some_and(|text| url::fault(&text).is_some()) {
        body.refuse(codes::WRONG_URL, name, format!("`{name}` is no URL"));
    }
}

fn with_host(body: &Body<'_>, name: &str) {
    parsed(body, name);
    let Some(text) = body.text(name) else { return };
    if !text.split_once("://").is_some_and(|(scheme, rest)| {
        !scheme.is_empty() && !rest.is_empty() && !rest.starts_with('/')
    }) {
        body.refuse(codes::WRONG_URL, name, format!("`{name}` needs a scheme and a host"));
    }
}
