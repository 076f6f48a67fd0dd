//! What the `http` block of a configuration asks of whoever asks Alloy.

use std::io;

use crate::eval::Value;
use crate::graph::{Kind, Values};
use crate::host::alloy_http::Access;
use crate::proof::Section;
use crate::secret::Secret;

impl Access {
    /// What the program's `http` block asks for; nothing without one.
    pub fn of_program(values: &Values<'_>) -> Access {
        let mut blocks = values.graph().components().filter(|(_, component)| {
            component.kind == Kind::Setting
                && component.name == "http"
                && component.duplicate_of.is_none()
        });
        let Some((id, _)) = blocks.next() else { return Access::default() };
        let section = values.section(id);
        let mut access = Access::default();
        let understood =
            basic(&section, &mut access).and_then(|()| tls(values, &section, &mut access));
        access.obstacle = understood.err();
        access
    }
}

fn basic(section: &Section, access: &mut Access) -> Result<(), String> {
    let Some(basic) = section.section("auth").and_then(|auth| auth.section("basic")) else {
        return Ok(());
    };
    let user = text(basic, "username")?.unwrap_or_default();
    let password = text(basic, "password")?.unwrap_or_default();
    access.basic = Some((user.expose().to_owned(), password));
    Ok(())
}

fn tls(values: &Values<'_>, section: &Section, access: &mut Access) -> Result<(), String> {
    let Some(tls) = section.section("tls") else { return Ok(()) };
    let client = text(tls, "client_auth_type")?.unwrap_or_default();
    if client.expose().starts_with("Require") {
        return Err("it wants a client certificate".to_owned());
    }
    let context = values.graph().context();
    access.certificate = Some(match (text(tls, "cert_pem")?, text(tls, "cert_file")?) {
        (Some(pem), _) => pem.expose().as_bytes().to_vec(),
        (None, Some(path)) => {
            let path = context.working_dir.join(path.expose());
            context.files.read(&path).map_err(|error| match error.kind() {
                io::ErrorKind::PermissionDenied => format!("we have no permission to read {path}"),
                _ => format!("{path} cannot be read: {error}"),
            })?
        }
        (None, None) => return Err("its `tls` block names no certificate".to_owned()),
    });
    Ok(())
}

/// An attribute that is set to more than an empty text.
fn text(section: &Section, name: &str) -> Result<Option<Secret>, String> {
    match section.argument(name).map(|argument| &argument.value) {
        None => Ok(None),
        Some(Value::Unknown(why)) => Err(format!("`{name}` is not known: {}", why.reason())),
        Some(value) => match value.expose().and_then(|text| text.as_str()) {
            Some(text) => Ok(Some(Secret::new(text)).filter(|text| !text.is_empty())),
            None => Err(format!("`{name}` is no text")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Environment;
    use crate::graph::{Context, Graph, Program, Prover};
    use crate::load::LoadedFile;
    use crate::system::System;
    use camino::Utf8Path;

    fn access(text: &str) -> Access {
        let folder = tempfile::tempdir().unwrap();
        let system = System::rooted(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        let file = LoadedFile::new("/etc/alloy/http.alloy", text.as_bytes().to_vec());
        assert!(file.is_sound());
        let context = Context::new(&system, Environment::default(), "/".into());
        let graph = Graph::build(&Program::of_files([&file]), context);
        Access::of_program(&Prover::new(graph).values())
    }

    #[test]
    fn the_http_block_says_how_to_be_let_in() {
        assert_eq!(access("logging { }"), Access::default());
        let basic = "http {\nauth {\nbasic {\nusername = \"ops\"\npassword = \"canary\"\n}\n}\n}";
        let found = access(basic);
        assert_eq!(found.basic, Some(("ops".to_owned(), Secret::new("canary"))));
        assert!(!format!("{found:?}").contains("canary"));
        let tls = access("http {\ntls {\ncert_pem = \"PEM\"\nkey_pem = \"k\"\n}\n}");
        assert_eq!(tls.certificate.as_deref(), Some(&b"PEM"[..]));
        for obstacle in [
            "http {\ntls {\ncert_file = \"/none\"\n}\n}",
            "http {\ntls {\ncert_pem = \"x\"\nclient_auth_type = \"RequireAnyClientCert\"\n}\n}",
            "http {\nauth {\nbasic {\nusername = \"u\"\npassword = a.b.c\n}\n}\n}",
        ] {
            assert!(access(obstacle).obstacle.is_some(), "{obstacle}");
        }
    }
}
