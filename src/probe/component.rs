//! From the endpoint of a component, evaluated, to one that can be probed.
//!
//! What cannot be known is kept as such: no request is made with half of the settings.

use std::io;
use std::time::Duration;

use camino::Utf8Path;

use crate::eval::Value;
use crate::graph::Context;
use crate::probe::endpoint::{Auth, Endpoint, Proxy};
use crate::probe::environment::{is_exempt_from_proxy, proxy_from_environment};
use crate::probe::material::{Material, clean};
use crate::probe::writer::{Message, Writer};
use crate::proof::{self, Section};
use crate::secret::Secret;
use crate::system::HostFiles;

/// The part of a component's settings that could not be taken over, and why.
type Unknown = String;

impl Endpoint {
    /// What a component of a program says of one of its endpoints.
    ///
    /// # Errors
    /// Its URL is not known or is none; the text says why.
    pub fn of_component(
        writer: Writer,
        endpoint: &proof::Endpoint,
        context: &Context,
    ) -> Result<Endpoint, String> {
        let reader = Reader { context };
        let url = endpoint.url().ok_or("the endpoint has no url")?;
        let url = text(&url.value).map_err(|why| format!("its url is not known: {why}"))?;
        let mut probed = Endpoint::parse(url.expose()).map_err(|error| error.to_string())?;
        probed.writer = writer;
        match reader.auth(endpoint) {
            Ok(Some(auth)) => probed.auth = auth,
            // The URL itself may have given user and password.
            Ok(None) => {}
            Err(why) => probed.auth = Auth::Unknown(why),
        }
        if let Some(tls) = endpoint.tls()
            && let Err(why) = reader.tls(tls, &mut probed)
        {
            probed.tls.unknown = Some(why);
        }
        if let Err(why) = reader.rest(&endpoint.section, &mut probed) {
            probed.auth = Auth::Unknown(why);
        }
        Ok(probed)
    }
}

/// Reads settings with what the host holds.
struct Reader<'a> {
    context: &'a Context,
}

impl Reader<'_> {
    fn files(&self) -> &HostFiles {
        &self.context.files
    }

    fn auth(&self, endpoint: &proof::Endpoint) -> Result<Option<Auth>, Unknown> {
        for stated in endpoint.auth() {
            let section = stated.section;
            return Ok(Some(match stated.name {
                "basic_auth" => Auth::Basic {
                    username: self
                        .secret(section, "username", "username_file")?
                        .expose()
                        .to_owned(),
                    password: self.secret(section, "password", "password_file")?,
                },
                "authorization" => {
                    let scheme = argument(section, "type")?.unwrap_or_default();
                    let credentials = self.secret(section, "credentials", "credentials_file")?;
                    match scheme.expose().trim() {
                        "" => Auth::Bearer(credentials),
                        scheme => Auth::Scheme { scheme: scheme.to_owned(), credentials },
                    }
                }
                "bearer_token" | "bearer_token_file" => {
                    Auth::Bearer(self.secret(section, "bearer_token", "bearer_token_file")?)
                }
                "tls_config" => continue,
                other => Auth::Unsupported(format!("authentication by `{other}`")),
            }));
        }
        Ok(None)
    }

    fn tls(&self, section: &Section, probed: &mut Endpoint) -> Result<(), Unknown> {
        let tls = &mut probed.tls;
        tls.authority = self.material(section, "ca_pem", "ca_file")?;
        tls.certificate = self.material(section, "cert_pem", "cert_file")?;
        tls.key = self.material(section, "key_pem", "key_file")?;
        tls.server_name = plain(section, "server_name")?;
        tls.lowest_version = plain(section, "min_version")?;
        tls.skip_verify = truth(section, "insecure_skip_verify")?.unwrap_or(false);
        Ok(())
    }

    fn rest(&self, section: &Section, probed: &mut Endpoint) -> Result<(), Unknown> {
        for name in ["headers", "http_headers"] {
            let Some(headers) = section.argument(name) else { continue };
            let unknown = || format!("`{name}` is not known");
            for (header, value) in headers.value.as_object().ok_or_else(unknown)?.iter() {
                let header = header.as_str().ok_or_else(unknown)?;
                // One header may have several values; the last would win, so all of them count.
                for value in value.as_array().unwrap_or(std::slice::from_ref(value)) {
                    probed.headers.push((header.to_owned(), text(value)?));
                }
            }
        }
        if let Some(message) = plain(section, "protobuf_message")? {
            probed.message = Message::of_setting(&message);
        }
        if let Some(queue) = section.section("queue_config")
            && let Some(retries) = truth(queue, "retry_on_http_429")?
        {
            probed.writer.retries_429 = retries;
        }
        probed.follow_redirects = truth(section, "follow_redirects")?.unwrap_or(true);
        let timeout = plain(section, "remote_timeout")?;
        probed.timeout = timeout.and_then(|timeout| {
            let seconds = crate::duration::Duration::parse(&timeout).ok()?.seconds();
            Duration::try_from_secs_f64(seconds).ok()
        });
        self.proxy(section, probed)
    }

    fn proxy(&self, section: &Section, probed: &mut Endpoint) -> Result<(), Unknown> {
        let url = if let Some(url) = argument(section, "proxy_url")? {
            let exempt = plain(section, "no_proxy")?.unwrap_or_default();
            if is_exempt_from_proxy(probed, &exempt) {
                return Ok(());
            }
            url.expose().to_owned()
        } else if truth(section, "proxy_from_environment")? == Some(true) {
            let mut unknown = None;
            let found =
                proxy_from_environment(probed, |name| match self.context.environment.value(name) {
                    Value::Unknown(why) => {
                        unknown = Some(format!("the proxy is not known: {}", why.reason()));
                        None
                    }
                    value => value.as_str().map(str::to_owned),
                });
            if let Some(unknown) = unknown {
                return Err(unknown);
            }
            let Some(found) = found else { return Ok(()) };
            found
        } else {
            return Ok(());
        };
        if section.argument("proxy_connect_header").is_some() {
            return Err("headers for a proxy cannot be probed".to_owned());
        }
        probed.proxy = Some(Proxy::parse(&url).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// A secret that stands in the configuration or in a file.
    fn secret(&self, section: &Section, inline: &str, file: &str) -> Result<Secret, Unknown> {
        if let Some(inline) = argument(section, inline)? {
            return Ok(inline);
        }
        let Some(path) = plain(section, file)? else { return Ok(Secret::new("")) };
        let read = self.files().read_to_string(&self.context.working_dir.join(&path));
        // Alloy takes the space around it away, as the probe must.
        read.map(|content| Secret::new(content.trim()))
            .map_err(|error| format!("`{file}` {} cannot be read: {error}", clean(&path)))
    }

    /// A PEM text that stands in the configuration or in a file; what we may not read is unknown,
    /// what is missing is missing for Alloy too.
    fn material(
        &self,
        section: &Section,
        inline: &str,
        file: &str,
    ) -> Result<Option<Material>, Unknown> {
        if let Some(pem) = argument(section, inline)? {
            return Ok(Some(Material::inline(inline, pem.expose())));
        }
        let Some(path) = plain(section, file)? else { return Ok(None) };
        let path = self.context.working_dir.join(Utf8Path::new(&path));
        match self.files().read(&path) {
            Ok(content) => Ok(Some(Material::inline(path.as_str(), content))),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(format!("we have no permission to read {path}"))
            }
            Err(error) => Ok(Some(Material::unreadable(path.as_str(), error.to_string()))),
        }
    }
}

/// An attribute that is set to more than an empty text.
fn argument(section: &Section, name: &str) -> Result<Option<Secret>, Unknown> {
    let Some(argument) = section.argument(name) else { return Ok(None) };
    let value = text(&argument.value).map_err(|why| format!("`{name}` is not known: {why}"))?;
    Ok(Some(value).filter(|value| !value.is_empty()))
}

/// The same for what is no secret.
fn plain(section: &Section, name: &str) -> Result<Option<String>, Unknown> {
    Ok(argument(section, name)?.map(|value| value.expose().to_owned()))
}

fn truth(section: &Section, name: &str) -> Result<Option<bool>, Unknown> {
    let Some(argument) = section.argument(name) else { return Ok(None) };
    argument.value.as_bool().map(Some).ok_or_else(|| format!("`{name}` is not known"))
}

fn text(value: &Value) -> Result<Secret, Unknown> {
    if let Some(why) = value.unknown_reason() {
        return Err(clean(why));
    }
    match value.expose().and_then(|text| text.as_str()) {
        Some(text) => Ok(Secret::new(text)),
        None => Err("it is no text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Environment;
    use crate::graph::{self, Graph, Program, Prover};
    use crate::load::LoadedFile;
    use crate::system::System;

    fn endpoint(body: &str) -> Result<Endpoint, String> {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        std::fs::write(root.join("token"), " canary-token\n").unwrap();
        let system = System::rooted(root).unwrap();
        let text = format!("prometheus.remote_write \"trento\" {{ endpoint {{ {body} }} }}");
        let file = LoadedFile::new("/etc/alloy/x.alloy", text.into_bytes());
        assert!(file.is_sound(), "{body}");
        let environment =
            Environment::known([("HTTPS_PROXY".to_owned(), "http://p:3128".to_owned())].into());
        let context = Context::new(&system, environment, "/".into());
        let prover = Prover::new(Graph::build(&Program::of_files([&file]), context));
        let values = prover.values();
        let endpoint = graph::endpoints(&values).next().unwrap().evaluated(&values);
        Endpoint::of_component(Writer::ALLOY, &endpoint, prover.graph().context())
    }

    const URL: &str = "url = \"https://trento.example/w\"\n";

    #[test]
    fn each_way_to_authenticate_is_taken_over() {
        let auth = |body: &str| endpoint(&format!("{URL}{body}")).unwrap().auth;
        assert_eq!(auth(""), Auth::None);
        assert_eq!(
            auth("basic_auth {\nusername = \"u\"\npassword = \"canary\"\n}"),
            Auth::Basic { username: "u".into(), password: Secret::new("canary") }
        );
        let token = Auth::Bearer(Secret::new("canary-token"));
        assert_eq!(auth("bearer_token_file = \"/token\""), token);
        assert_eq!(auth("bearer_token = \"canary-token\""), token);
        assert_eq!(auth("authorization {\ncredentials = \"canary-token\"\n}"), token);
        assert!(matches!(auth("bearer_token_file = \"/none\""), Auth::Unknown(_)));
        assert!(matches!(auth("oauth2 {\nclient_id = \"x\"\n}"), Auth::Unsupported(_)));
        assert!(matches!(auth("bearer_token = nowhere.to.be.found"), Auth::Unknown(_)));
    }

    #[test]
    fn tls_proxy_and_headers_are_taken_over() {
        let body = "headers = { \"X-A\" = \"1\" }\nremote_timeout = \"3s\"\n\
                    follow_redirects = false\nproxy_from_environment = true\n\
                    tls_config {\nca_file = \"/none\"\nserver_name = \"n\"\n\
                    insecure_skip_verify = true\ncert_file = \"\"\n}";
        let found = endpoint(&format!("{URL}{body}")).unwrap();
        assert_eq!(found.timeout, Some(Duration::from_secs(3)));
        assert!(!found.follow_redirects && found.tls.skip_verify);
        assert_eq!(found.tls.server_name.as_deref(), Some("n"));
        assert!(found.tls.certificate.is_none() && found.tls.authority.is_some());
        assert_eq!(found.headers.len(), 1);
        assert_eq!(found.proxy.unwrap().shown(), "http://p:3128/");
        assert_eq!((found.message, found.writer), (Message::V1, Writer::ALLOY));
        let second = "protobuf_message = \"io.prometheus.write.v2.Request\"\n\
                      queue_config {\nretry_on_http_429 = false\n}";
        let second = endpoint(&format!("{URL}{second}")).unwrap();
        assert_eq!((second.message, second.writer.retries_429), (Message::V2, false));
        let exempt = format!("{URL}proxy_url = \"http://q\"\nno_proxy = \"trento.example\"");
        assert!(endpoint(&exempt).unwrap().proxy.is_none());
        assert!(endpoint("url = 3").is_err());
        assert!(endpoint("url = nowhere.to.be.found").is_err());
    }
}
