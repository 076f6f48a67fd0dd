//! What is secret in a configuration, and the files that secrets are read from.

use camino::{Utf8Path, Utf8PathBuf};

use super::Configuration;
use super::endpoints::is_secret;
use crate::prometheus::decode::{Fields, Item, Value};
use crate::prometheus::jobs::joined;
use crate::proof::Place;
use crate::secret::Secret;
use crate::secret::names::names_a_secret_file;
use crate::source::Source;

/// A secret that a configuration holds, or the file it is read from.
#[derive(Clone, Debug)]
pub struct SecretUse {
    /// The secret, where it is written out.
    pub value: Option<Secret>,
    /// The file it is read from.
    pub file: Option<Utf8PathBuf>,
    /// The field that says so.
    pub field: &'static str,
    /// Where that stands.
    pub place: Place,
}

impl Configuration {
    /// Every secret, in the order of the fields' names.
    pub fn secrets(&self) -> Vec<SecretUse> {
        let mut found = Vec::new();
        let Configuration { loaded, included, .. } = self;
        self.secrets_of(&loaded.fields, &loaded.source, &loaded.folder, &mut found);
        for file in included {
            self.secrets_of(&file.fields, &file.source, &file.folder, &mut found);
        }
        found
    }

    fn secrets_of(
        &self,
        fields: &Fields,
        source: &Source,
        folder: &Utf8Path,
        found: &mut Vec<SecretUse>,
    ) {
        for (&name, item) in &fields.entries {
            self.secrets_in(name, item, source, folder, found);
        }
    }

    fn secrets_in(
        &self,
        field: &'static str,
        item: &Item,
        source: &Source,
        folder: &Utf8Path,
        found: &mut Vec<SecretUse>,
    ) {
        let place = self.place(source, item.span);
        match &item.value {
            Value::Text(text) if text.is_empty() => {}
            Value::Text(text) if is_secret(field) => {
                let value = Some(Secret::new(&**text));
                found.push(SecretUse { value, file: None, field, place });
            }
            // Keys of TLS are a matter of their own.
            Value::Text(text) if names_a_secret_file(field) => {
                let file = Some(joined(folder, text));
                found.push(SecretUse { value: None, file, field, place });
            }
            Value::Fields(fields) => self.secrets_of(fields, source, folder, found),
            Value::List(items) => {
                for item in items {
                    // The values of a header, in the place of `secrets`.
                    let inner = if field == "secrets" { "password" } else { field };
                    self.secrets_in(inner, item, source, folder, found);
                }
            }
            Value::Map(items) if field.ends_with("headers") || field.ends_with("header") => {
                for (name, item) in items {
                    let is_harmless = crate::secret::names::is_harmless_header(name);
                    let inner = if is_harmless { field } else { "password" };
                    self.secrets_in(inner, item, source, folder, found);
                }
            }
            _ => {}
        }
    }
}
