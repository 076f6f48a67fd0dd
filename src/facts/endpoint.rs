//! What the endpoint says, argument by argument: what all facts about the endpoint are made of.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::eval::Value;
use crate::facts::place::place;
use crate::proof::{self, Names, Section};
use crate::secret::Secret;
use crate::system::HostFiles;

/// An endpoint of the pipeline, and what it stands in.
#[derive(Clone, Copy)]
pub(super) struct Endpoint<'g> {
    /// What its places are called.
    pub(super) names: &'g dyn Names,
    /// Where its relative paths begin.
    pub(super) folder: &'g Utf8Path,
    /// Its block, evaluated.
    pub(super) block: &'g proof::Endpoint,
}

/// What an argument says.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing: it is not written, or null.
    Nothing,
    /// A text.
    Text(Secret),
    /// It cannot be known, for this reason.
    Unknown(String),
}

/// An argument: what it says, and where.
#[derive(Clone)]
pub(super) struct Argument {
    /// What it says.
    pub(super) said: Said,
    /// Its place.
    pub(super) at: Json,
}

/// A way to authenticate that an endpoint uses.
#[derive(Clone)]
pub(super) struct Method {
    /// `basic`, `bearer`, `mtls`, or another name of Alloy's.
    pub(super) name: String,
    /// Where it is set up.
    pub(super) at: Json,
}

/// A credential that an endpoint sends.
pub(super) struct Credential {
    /// `username`, `password` or `token`.
    pub(super) what: &'static str,
    /// What it is, read from its file if it is in one.
    pub(super) argument: Argument,
}

impl Said {
    /// What a value says as a text.
    pub(super) fn of(value: Option<&Value>) -> Said {
        match value {
            None | Some(Value::Null) => Said::Nothing,
            Some(value) => match (value.expose(), value.unknown_reason()) {
                (_, Some(reason)) => Said::Unknown(reason.to_owned()),
                (Some(text), _) => Said::Text(Secret::new(text.to_string())),
                (None, None) => match value.as_number() {
                    Some(number) => Said::Text(Secret::new(number.to_text())),
                    None => Said::Unknown("its value is no text".to_owned()),
                },
            },
        }
    }

    /// The text, if it is known.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Said::Text(text) => Some(text.expose()),
            Said::Nothing | Said::Unknown(_) => None,
        }
    }

    /// Why it is unknown, else empty.
    pub(super) fn reason(&self) -> &str {
        match self {
            Said::Unknown(reason) => reason,
            Said::Nothing | Said::Text(_) => "",
        }
    }
}

impl Endpoint<'_> {
    /// The component it belongs to.
    pub(super) fn component(&self) -> String {
        self.names.full_id(self.block.sink.component)
    }

    /// An attribute, by the names of the blocks around it and its own.
    pub(super) fn argument(&self, path: &[&str]) -> Option<Argument> {
        let found = self.value(path)?;
        let at = place(self.names.at(found.place));
        Some(Argument { said: Said::of(Some(&found.value)), at })
    }

    /// The value of an attribute as it was evaluated.
    pub(super) fn value(&self, path: &[&str]) -> Option<&proof::Argument> {
        let (name, blocks) = path.split_last()?;
        let mut section: &Section = &self.block.section;
        for block in blocks {
            section = section.section(block)?;
        }
        section.argument(name)
    }

    /// What an attribute says; nothing if it is not written.
    pub(super) fn said(&self, path: &[&str]) -> Said {
        self.argument(path).map_or(Said::Nothing, |argument| argument.said)
    }

    fn inner(&self, name: &str) -> Option<Json> {
        let section = self.block.section.section(name)?;
        Some(place(self.names.at(section.place)))
    }

    /// Where the endpoint stands.
    pub(super) fn at(&self) -> Json {
        place(self.names.at(self.block.section.place))
    }

    /// The URL it writes to.
    pub(super) fn url(&self) -> Argument {
        self.argument(&["url"]).unwrap_or_else(|| Argument {
            said: Said::Unknown("the endpoint has no `url`".to_owned()),
            at: self.at(),
        })
    }

    /// A path of the host that an attribute names.
    pub(super) fn path(&self, said: &Said) -> Option<Utf8PathBuf> {
        let path = said.text().filter(|path| !path.is_empty())?;
        Some(self.folder.join(path))
    }

    /// The ways it authenticates: more than one is a fault, none is none. A client certificate
    /// beside another way is no way of its own.
    pub(super) fn methods(&self) -> Vec<Method> {
        let mut methods = Vec::new();
        if let Some(at) = self.inner("basic_auth") {
            methods.push(Method { name: "basic".to_owned(), at });
        }
        for name in ["bearer_token", "bearer_token_file"] {
            if let Some(argument) = self.argument(&[name])
                && argument.said.text() != Some("")
            {
                methods.push(Method { name: "bearer".to_owned(), at: argument.at });
            }
        }
        if let Some(at) = self.inner("authorization") {
            let scheme = self.said(&["authorization", "type"]);
            let name = match scheme.text() {
                Some(scheme) if !scheme.is_empty() => scheme.to_lowercase(),
                _ => "bearer".to_owned(),
            };
            methods.push(Method { name, at });
        }
        for name in ["oauth2", "sigv4", "azuread", "google_iam"] {
            if let Some(at) = self.inner(name) {
                methods.push(Method { name: name.to_owned(), at });
            }
        }
        if methods.is_empty()
            && let Some(at) = ["cert_file", "cert_pem"].iter().find_map(|name| {
                let argument = self.argument(&["tls_config", name])?;
                (argument.said.text() != Some("")).then_some(argument.at)
            })
        {
            methods.push(Method { name: "mtls".to_owned(), at });
        }
        methods
    }

    /// The user, password and token it sends, files read.
    pub(super) fn credentials(&self, files: &HostFiles) -> Vec<Credential> {
        const PLACES: &[(&str, &[&str], bool)] = &[
            ("username", &["basic_auth", "username"], false),
            ("username", &["basic_auth", "username_file"], true),
            ("password", &["basic_auth", "password"], false),
            ("password", &["basic_auth", "password_file"], true),
            ("token", &["bearer_token"], false),
            ("token", &["bearer_token_file"], true),
            ("token", &["authorization", "credentials"], false),
            ("token", &["authorization", "credentials_file"], true),
        ];
        let mut found = Vec::new();
        for (what, path, is_file) in PLACES {
            let Some(mut argument) = self.argument(path) else { continue };
            // What is empty counts as absent, so that the file beside it is sent.
            if argument.said.text() == Some("") {
                continue;
            }
            let file = if *is_file { self.path(&argument.said) } else { None };
            if let Some(path) = &file {
                argument.said = content(files, path);
            }
            found.push(Credential { what, argument });
        }
        found
    }
}

/// The text of a file that holds a secret, without the space around it, as Alloy reads it.
fn content(files: &HostFiles, path: &Utf8Path) -> Said {
    match files.read_to_string(path) {
        Ok(text) => Said::Text(Secret::new(text.trim())),
        Err(error) => Said::Unknown(format!("{path} cannot be read: {error}")),
    }
}
