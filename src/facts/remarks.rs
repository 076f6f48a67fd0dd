//! What a person should know of a host that no check judges.

use crate::eval::Value;
use crate::facts::Host;
use crate::graph::Context;
use crate::probe::{self, proxy_from_environment};
use crate::proof;

impl Host<'_> {
    /// What decides silently: a proxy that is set for the sender, and that an endpoint does not use.
    pub fn remarks(&self) -> Vec<String> {
        if self.is_files_only() {
            return Vec::new();
        }
        let Some(deployment) = self.deployment() else { return Vec::new() };
        let (names, context) = (deployment.names(self), deployment.context(self));
        let endpoints = deployment.pipeline.endpoints.iter();
        endpoints
            .filter_map(|endpoint| {
                let variable = unused_proxy(self.writer(), endpoint, context)?;
                let id = names.full_id(endpoint.sink.component);
                let setting = match self.prometheus() {
                    Some(_) => "`proxy_from_environment: true` in it",
                    None => "`proxy_from_environment = true` in its endpoint",
                };
                Some(format!(
                    "{variable} is set for {}, but `{id}` does not use it: that takes {setting}",
                    self.names().program
                ))
            })
            .collect()
    }
}

/// The variable that names a proxy for an endpoint which uses none.
fn unused_proxy(
    writer: probe::Writer,
    endpoint: &proof::Endpoint,
    context: &Context,
) -> Option<&'static str> {
    let set = |name: &str| match context.environment.value(name) {
        Value::Unknown(_) => None,
        value => value.as_str().filter(|text| !text.is_empty()).map(str::to_owned),
    };
    let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
    names.iter().find(|name| set(name).is_some())?;
    if ["proxy_url", "proxy_from_environment"]
        .iter()
        .any(|it| endpoint.section.argument(it).is_some())
    {
        return None;
    }
    let probed = probe::Endpoint::of_component(writer, endpoint, context).ok()?;
    proxy_from_environment(&probed, set)?;
    let is_tls = probed.shown().starts_with("https:");
    let own = if is_tls { &names[..2] } else { &names[2..] };
    own.iter().copied().find(|name| set(name).is_some())
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::facts::Options;
    use crate::installation::{Installation, Wanted};
    use crate::system::{MemoryTree, Node, System};

    fn remarks(environment: &str, endpoint: &str) -> Vec<String> {
        let unit = format!(
            "[Service]\nUser=alloy\n{environment}\nExecStart=/usr/bin/alloy run /etc/alloy/\n"
        );
        let text = format!(
            "prometheus.remote_write \"trento\" {{\nendpoint {{\n\
             url = \"https://trento.example.com/api/v1/write\"\n{endpoint}\n}}\n}}\n"
        );
        let tree = MemoryTree::new()
            .with("/usr/lib/systemd/system/alloy.service", Node::file(unit.as_bytes()))
            .with("/etc/alloy/trento.alloy", Node::file(text.as_bytes()));
        let system = System::in_memory(tree, Utf8Path::new("host.tar")).unwrap();
        Host::new(Installation::of(&system, Wanted::default()), Options::default()).remarks()
    }

    #[test]
    fn a_proxy_that_is_set_and_not_used_is_named() {
        let proxy = "Environment=HTTPS_PROXY=http://user:canary@proxy:3128";
        let named = remarks(proxy, "");
        assert_eq!(named.len(), 1);
        assert!(named[0].starts_with("HTTPS_PROXY is set for Alloy, but `prometheus.remote_write"));
        assert!(!named[0].contains("canary"));
        assert!(remarks(proxy, "proxy_from_environment = true").is_empty());
        assert!(remarks(proxy, "proxy_url = \"http://other\"").is_empty());
        let exempt = format!("{proxy}\nEnvironment=NO_PROXY=.example.com");
        assert!(remarks(&exempt, "").is_empty());
        assert!(remarks("Environment=HTTP_PROXY=http://proxy", "").is_empty());
        assert!(remarks("", "").is_empty());
    }
}
