//! The standard library: functions, constants, and the names they are grouped under.

use super::tables::FUNCTIONS;
use super::version::Presence;

/// One member of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    pub(super) record: u16,
}

/// What a member of the standard library is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// A group of others, such as `string`.
    Namespace,
    /// A function.
    Function,
    /// A constant.
    Value,
}

impl Function {
    /// The full name: `string.join`.
    pub fn name(self) -> &'static str {
        FUNCTIONS.text(self.record, 0)
    }

    /// What it is.
    pub fn kind(self) -> FunctionKind {
        match FUNCTIONS.get(self.record, 2) {
            0 => FunctionKind::Namespace,
            1 => FunctionKind::Function,
            _ => FunctionKind::Value,
        }
    }

    /// Whether Alloy warns of its use.
    pub fn is_deprecated(self) -> bool {
        FUNCTIONS.get(self.record, 3) & 1 != 0
    }

    /// Whether it needs `--stability.level=experimental`.
    pub fn is_experimental(self) -> bool {
        FUNCTIONS.get(self.record, 3) & 2 != 0
    }

    /// The types of the arguments, in words: `?` may be left out, `...` may be repeated.
    pub fn arguments(self) -> impl Iterator<Item = &'static str> + Clone {
        FUNCTIONS.text(self.record, 4).split(", ").filter(|words| !words.is_empty())
    }

    /// The type of the result or of the constant, in words; empty for a group.
    pub fn returns(self) -> &'static str {
        FUNCTIONS.text(self.record, 5)
    }

    /// The versions that have it.
    pub fn presence(self) -> Presence {
        Presence::of_mask(FUNCTIONS.get(self.record, 1))
    }
}
