//! From the agent's settings to the endpoint they name.

use std::io;

use camino::Utf8Path;

use crate::agent::{AuthMethod, Setting, Settings};
use crate::error::{Error, Result};
use crate::probe::endpoint::{Auth, Endpoint};
use crate::probe::material::Material;
use crate::secret::Secret;
use crate::system::HostFiles;

impl Endpoint {
    /// The endpoint of a URL with those settings that `counts` lets through.
    ///
    /// # Errors
    /// The URL is none, or the method of authentication is not known.
    pub fn of_settings(
        files: &HostFiles,
        settings: &Settings,
        url: &str,
        counts: impl Fn(&Setting) -> bool,
    ) -> Result<Endpoint> {
        let value = |key: &str| -> Option<Secret> {
            let setting = settings.get(key).filter(|setting| counts(setting))?;
            Some(setting.value.clone()).filter(|value| !value.is_empty())
        };
        let mut denied = None;
        let mut file = |key: &str| {
            let path = value(key)?;
            let path = Utf8Path::new(path.expose());
            Some(match files.read(path) {
                Ok(content) => Material::inline(path.as_str(), content),
                Err(error) => {
                    if error.kind() == io::ErrorKind::PermissionDenied {
                        denied = Some(format!("we have no permission to read {path}"));
                    }
                    Material::unreadable(path.as_str(), error.to_string())
                }
            })
        };
        let mut endpoint = Endpoint::parse(url)?;
        endpoint.tls.authority = file("prometheus-tls-ca-cert");
        let method = match value("prometheus-auth") {
            Some(_) => settings.auth_method().map_err(|name| {
                Error::Invalid(format!("prometheus-auth is `{name}`: none, basic, bearer or mtls"))
            })?,
            // The method that fits what is there.
            None if value("prometheus-auth-bearer-token").is_some() => AuthMethod::Bearer,
            None if value("prometheus-auth-password").is_some() => AuthMethod::Basic,
            None if value("prometheus-tls-client-cert").is_some() => AuthMethod::Mtls,
            None => AuthMethod::None,
        };
        match method {
            AuthMethod::None => {}
            AuthMethod::Basic => {
                let username = value("prometheus-auth-username").unwrap_or_default();
                let password = value("prometheus-auth-password").unwrap_or_default();
                endpoint.auth = Auth::Basic { username: username.expose().to_owned(), password };
            }
            AuthMethod::Bearer => {
                let token = value("prometheus-auth-bearer-token").unwrap_or_default();
                endpoint.auth = Auth::Bearer(token);
            }
            AuthMethod::Mtls => {
                endpoint.tls.certificate = file("prometheus-tls-client-cert");
                endpoint.tls.key = file("prometheus-tls-client-key");
            }
        }
        // What only we may not read says nothing of what Alloy can do with it.
        endpoint.tls.unknown = denied;
        Ok(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Given;
    use crate::system::{MemoryTree, Node, System};

    #[test]
    fn the_settings_name_an_endpoint_with_its_credentials_and_files() {
        let url = "https://trento.example/prometheus/api/v1/write";
        let text = format!(
            "prometheus-url: {url}\nprometheus-auth: mtls\nprometheus-tls-client-cert: /c\n\
             prometheus-tls-client-key: /k\n"
        );
        let tree = MemoryTree::new()
            .with("/etc/trento/agent.yaml", Node::file(text.as_bytes()))
            .with("/c", Node::file(b"c".as_slice()));
        let endpoint = |tree: MemoryTree| {
            let system = System::in_memory(tree, Utf8Path::new("host.tar")).unwrap();
            let settings = Settings::of_command(&system, &Given::default());
            Endpoint::of_settings(&system.files, &settings, url, |_| true).unwrap()
        };
        let missing = endpoint(tree.clone());
        assert!(missing.writes_to(url) && missing.tls.key.is_some());
        assert_eq!((missing.auth, missing.tls.unknown), (Auth::None, None));
        let denied = endpoint(tree.with("/k", Node::file(b"k".as_slice()).denied()));
        assert_eq!(denied.tls.unknown.as_deref(), Some("we have no permission to read /k"));
    }
}
