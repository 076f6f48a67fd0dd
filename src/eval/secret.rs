//! Secrets among Alloy's values: compared by value, never shown.
//!
//! They hold bytes, as Alloy's strings do; passwords and keys of our own settings, which are text,
//! are a `crate::secret::Secret`.

use std::fmt;

use crate::eval::Text;

/// A text that must not be shown. `Debug` says `(secret)`; there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Text);

impl Secret {
    /// Makes a secret of a text.
    pub fn new(text: impl Into<Text>) -> Secret {
        Secret(text.into())
    }

    /// The text itself: to compare or to send it, never to show it.
    pub fn expose(&self) -> &Text {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A text that is a secret where its source says so, such as the content of a `local.file`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionalSecret {
    text: Secret,
    is_secret: bool,
}

impl OptionalSecret {
    /// Makes one of a text; `is_secret` is what the source said.
    pub fn new(text: impl Into<Text>, is_secret: bool) -> OptionalSecret {
        OptionalSecret { text: Secret::new(text), is_secret }
    }

    /// Whether it must not be shown.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The text, if it may be shown.
    pub fn plain(&self) -> Option<&Text> {
        (!self.is_secret).then(|| self.text.expose())
    }

    /// The text itself: to compare or to send it, never to show it.
    pub fn expose(&self) -> &Text {
        self.text.expose()
    }
}

impl fmt::Debug for OptionalSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.plain() {
            Some(text) => fmt::Debug::fmt(text, f),
            None => f.write_str("(secret)"),
        }
    }
}
