//! The sections that do not matter to what is pushed, checked all the same.

use alloy_grammar::literal::quote;

use super::{Checked, http, job};
use crate::prometheus::decode::{Fail, Fields, Item, Value};
use crate::prometheus::version::Version;

pub(super) fn alerting(alerting: &Fields) -> Checked {
    job::no_null(alerting, "alert_relabel_configs", "empty or null alert relabeling rule")
}

pub(super) fn alertmanager(manager: &Fields, version: &Version) -> Checked {
    job::sections(manager)?;
    http::check(manager, version)?;
    let others = ["basic_auth", "authorization", "oauth2"];
    if manager.is_set("sigv4") && others.iter().any(|name| manager.is_set(name)) {
        let message =
            "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured";
        return manager.fail("sigv4", message);
    }
    if manager.list("relabel_configs").is_empty() {
        job::targets(manager)?;
    }
    let message = "empty or null Alertmanager target relabeling rule";
    job::no_null(manager, "relabel_configs", message)?;
    let message = "empty or null Alertmanager alert relabeling rule";
    job::no_null(manager, "alert_relabel_configs", message)
}

pub(super) fn tracing(tracing: &Fields) -> Checked {
    for (name, item) in tracing.map("headers") {
        let lower = name.to_lowercase();
        if lower == "authorization" {
            let message = "custom authorization header configuration is not yet supported";
            return Err(Fail::new(message, item.span));
        }
        if super::write::is_reserved(&lower) {
            let message = format!("{name} is a reserved header. It must not be changed");
            return Err(Fail::new(message, item.span));
        }
    }
    if tracing.text("endpoint").is_empty() {
        return tracing.fail("endpoint", "tracing endpoint must be set");
    }
    let compression = tracing.text("compression");
    if !["", "gzip"].contains(&compression) {
        let message =
            format!("invalid compression type {compression} provided, valid options: gzip");
        return tracing.fail("compression", message);
    }
    Ok(())
}

pub(super) fn otlp(otlp: &Fields) -> Checked {
    let (promoted, ignored) = ("promote_resource_attributes", "ignore_resource_attributes");
    if otlp.bool_or("promote_all_resource_attributes", false) {
        if !otlp.list(promoted).is_empty() {
            let message = "'promote_all_resource_attributes' and 'promote_resource_attributes' \
                           cannot be configured simultaneously";
            return otlp.fail(promoted, message);
        }
        return attributes(otlp, ignored, "ignored");
    }
    if !otlp.list(ignored).is_empty() {
        let message = "'ignore_resource_attributes' cannot be configured unless \
                       'promote_all_resource_attributes' is true";
        return otlp.fail(ignored, message);
    }
    attributes(otlp, promoted, "promoted")
}

fn attributes(otlp: &Fields, name: &str, adjective: &str) -> Checked {
    let mut seen: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for attribute in otlp.list(name).iter().map(|item| item.text().trim()) {
        if attribute.is_empty() {
            faults.push(format!("empty {adjective} OTel resource attribute"));
        } else if seen.contains(&attribute) {
            let shown = quote(attribute);
            faults.push(format!("duplicated {adjective} OTel resource attribute {shown}"));
        } else {
            seen.push(attribute);
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    otlp.fail(name, format!("invalid '{name}': {}", faults.join("\n")))
}

pub(super) fn tsdb(tsdb: &Fields) -> Checked {
    let floats = tsdb.fields("chunk_encoding").map_or("", |encoding| encoding.text("floats"));
    if !["", "xor", "xor2"].contains(&floats) {
        let message = format!(
            "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be \
             omitted entirely, got {}",
            quote(floats)
        );
        return tsdb.fail("chunk_encoding", message);
    }
    Ok(())
}

pub(super) fn retention(retention: &Fields) -> Checked {
    let size = retention.int_or("size", 0);
    if size < 0 {
        let message = format!(
            "'storage.tsdb.retention.size' must be greater than or equal to 0, got {size}B"
        );
        return retention.fail("size", message);
    }
    if let Some(Item { value: Value::Float(percentage), .. }) = retention.get("percentage")
        && !(0.0..=100.0).contains(percentage)
    {
        let message = format!(
            "'storage.tsdb.retention.percentage' must be in the range [0, 100], got {percentage}"
        );
        return retention.fail("percentage", message);
    }
    Ok(())
}

pub(super) fn sigv4(sigv4: &Fields) -> Checked {
    if sigv4.text("access_key").is_empty() == sigv4.text("secret_key").is_empty() {
        return Ok(());
    }
    let message = "must provide a AWS SigV4 Access key and Secret Key if credentials are specified \
                   in the SigV4 config";
    sigv4.fail("access_key", message)
}

pub(super) fn azure(azure: &Fields) -> Checked {
    let clouds = ["", "AzureChina", "AzureGovernment", "AzurePublic"];
    if !clouds.contains(&azure.text("cloud")) {
        return azure.fail("cloud", "must provide a cloud in the Azure AD config");
    }
    let ways = ["managed_identity", "workload_identity", "oauth", "sdk", "certificate"];
    match ways.iter().filter(|way| azure.is_set(way)).count() {
        0 => azure.fail(
            "cloud",
            "must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth, Azure \
             Certificate or Azure SDK in the Azure AD config",
        ),
        1 => Ok(()),
        _ => azure
            .fail("cloud", "cannot provide multiple authentication methods in the Azure AD config"),
    }
}
