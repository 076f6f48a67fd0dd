//! Go types with behaviour of their own: texts with a parser, and values that are no literals.

use super::tables::CODECS;

/// A Go type that reads its own text, or a capsule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codec {
    pub(super) record: u16,
}

impl Codec {
    /// The name, as in `text(NAME)` and `capsule(NAME)`.
    pub fn name(self) -> &'static str {
        CODECS.text(self.record, 0)
    }

    /// Whether it is a capsule; else it is a text.
    pub fn is_capsule(self) -> bool {
        CODECS.get(self.record, 2) != 0
    }

    /// Whether it is a Go interface: literal lists of it are not looked into.
    pub fn is_interface(self) -> bool {
        CODECS.text(self.record, 3) == "interface"
    }

    /// Whether it is a Go struct: Alloy crashes on an object literal for such a text.
    pub fn is_struct(self) -> bool {
        CODECS.text(self.record, 3) == "struct"
    }

    /// Whether the case of a text does not matter.
    pub fn is_case_folded(self) -> bool {
        self.flag(0)
    }

    /// Whether a parser decides, rather than a list of accepted texts.
    pub fn is_open(self) -> bool {
        self.flag(1)
    }

    /// Whether an object literal fits a capsule.
    pub fn takes_object(self) -> bool {
        self.flag(3)
    }

    /// Whether a string fits a capsule.
    pub fn takes_string(self) -> bool {
        self.flag(4)
    }

    fn flag(self, bit: u16) -> bool {
        CODECS.get(self.record, 4) & 1 << bit != 0
    }

    /// The texts that fit; empty for a parser and for capsules.
    pub fn accepts(self) -> impl Iterator<Item = &'static str> + Clone {
        let list = CODECS.text(self.record, 9);
        list.split('|').take(if list.is_empty() { 0 } else { usize::MAX })
    }

    /// Whether a text fits; always, where a parser decides or nothing is known.
    pub fn is_accepted(self, text: &str) -> bool {
        let mut accepts = self.accepts().peekable();
        accepts.peek().is_none()
            || accepts.any(|known| {
                known == text || self.is_case_folded() && known.eq_ignore_ascii_case(text)
            })
    }

    /// What Alloy says to a text that does not fit: `%s` stands for it, `%q` for it in quotes.
    pub fn message(self) -> &'static str {
        CODECS.text(self.record, 5)
    }

    /// What Alloy says to `null`; empty where it fits.
    pub fn null_message(self) -> &'static str {
        CODECS.text(self.record, 6)
    }

    /// For a capsule that is a list: the type of its elements, in words.
    pub fn element(self) -> &'static str {
        CODECS.text(self.record, 7)
    }

    /// For a capsule that is exported: the capsules of arguments that take it.
    pub fn into(self) -> impl Iterator<Item = &'static str> + Clone {
        CODECS.text(self.record, 8).split_whitespace()
    }
}
