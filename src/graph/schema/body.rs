//! What a block's body takes: its fields, in the order in which Alloy misses them.

use super::tables::{FIELDS, NAMES, NONE, TYPES};
use super::version::Presence;
use super::{Schema, TypeWords, Words};

/// What the body of a block takes, or what a component exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    schema: Schema,
    number: u16,
    variant: u16,
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `name = value`
    Attr,
    /// `name { … }`
    Block,
    /// `name.MEMBER { … }`: one of several blocks, any number of them.
    Enum,
    /// The label of the block; it has no name.
    Label,
}

/// How often a field may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Once.
    Once,
    /// Any number of times.
    Any,
    /// Exactly so many times.
    Exactly(u16),
}

/// One argument or block that a body takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    schema: Schema,
    record: u16,
}

impl Type {
    pub(super) fn of_number(schema: Schema, number: u16) -> Option<Type> {
        if number == NONE {
            return None;
        }
        let first = NAMES.get(number, 1);
        (first..first + NAMES.get(number, 2))
            .find(|&variant| Presence::of_mask(TYPES.get(variant, 0)).contains(schema.version))
            .map(|variant| Type { schema, number, variant })
    }

    /// The name of the Go type.
    pub fn name(self) -> &'static str {
        NAMES.text(self.number, 0)
    }

    /// Whether fields of a block that is present begin with their own defaults. If not, they keep
    /// what [`Field::absent`] of the block says.
    pub fn has_defaults(self) -> bool {
        self.has_method(3)
    }

    /// Whether Alloy checks the values against each other after reading them.
    pub fn has_validation(self) -> bool {
        self.has_method(4)
    }

    fn has_method(self, column: usize) -> bool {
        Presence::of_mask(TYPES.get(self.variant, column)).contains(self.schema.version)
    }

    /// The fields, in schema order.
    pub fn fields(self) -> impl DoubleEndedIterator<Item = Field> + Clone {
        let version = self.schema.version;
        self.records().filter(move |field| field.presence().contains(version))
    }

    /// The fields of all versions that have the type so.
    fn records(self) -> impl DoubleEndedIterator<Item = Field> + Clone {
        let schema = self.schema;
        let first = TYPES.get(self.variant, 1);
        (first..first + TYPES.get(self.variant, 2)).map(move |record| Field { schema, record })
    }

    /// The field of that name. The blocks of an enum have names such as `stage.json`; this finds
    /// the member's own field.
    pub fn field(self, name: &str) -> Option<Field> {
        // The name first: it tells most fields apart, and to ask for the versions is dear.
        let version = self.schema.version;
        self.records()
            .filter(|field| field.is_named(name) && field.kind() != FieldKind::Label)
            .find(|field| field.presence().contains(version))
    }

    /// The member of an enum field that a block name such as `stage.json` means.
    pub fn member(self, name: &str) -> Option<Field> {
        self.fields().filter(|field| field.kind() == FieldKind::Enum).find_map(|field| {
            let member = name.strip_prefix(field.name())?.strip_prefix('.')?;
            field.body()?.field(member)
        })
    }
}

impl Field {
    /// The name; it may have dots where it is a block's.
    pub fn name(self) -> &'static str {
        FIELDS.text(self.record, 0)
    }

    fn is_named(self, name: &str) -> bool {
        FIELDS.is(self.record, 0, name)
    }

    /// What it is.
    pub fn kind(self) -> FieldKind {
        match FIELDS.get(self.record, 1) & 3 {
            0 => FieldKind::Attr,
            1 => FieldKind::Block,
            2 => FieldKind::Enum,
            _ => FieldKind::Label,
        }
    }

    /// Whether it must be given.
    pub fn is_required(self) -> bool {
        FIELDS.get(self.record, 1) & 4 != 0
    }

    /// How often it may be given.
    pub fn repeat(self) -> Repeat {
        match FIELDS.get(self.record, 1) >> 3 {
            0 => Repeat::Once,
            1 => Repeat::Any,
            count => Repeat::Exactly(count - 1),
        }
    }

    /// The type of an attribute.
    pub fn value(self) -> Option<TypeWords> {
        (self.kind() == FieldKind::Attr)
            .then(|| TypeWords::new(self.schema, FIELDS.text(self.record, 3)))
    }

    /// What the body of a block takes; for an enum, the type whose blocks are its members.
    pub fn body(self) -> Option<Type> {
        matches!(self.kind(), FieldKind::Block | FieldKind::Enum)
            .then(|| Type::of_number(self.schema, FIELDS.get(self.record, 3)))
            .flatten()
    }

    /// The value where none is given, in Alloy's syntax. These are the defaults of the newest
    /// known version on Linux. Without one it is the zero value of the type.
    pub fn default(self) -> Option<&'static str> {
        Some(FIELDS.text(self.record, 4)).filter(|text| !text.is_empty())
    }

    /// The value where none is given, zero values included, in Alloy's syntax; none where that
    /// cannot be written (a capsule, an object).
    pub fn default_or_zero(self) -> Option<&'static str> {
        self.default().or_else(|| match self.value()?.kind() {
            Words::Bool => Some("false"),
            Words::Number(_) => Some("0"),
            Words::Duration => Some("\"0s\""),
            Words::String | Words::Text(_) | Words::Secret | Words::OptionalSecret => Some("\"\""),
            Words::List(_) => Some("[]"),
            Words::Map(_) => Some("{}"),
            Words::Any | Words::Pointer(_) => Some("null"),
            _ => None,
        })
    }

    /// What a block holds when it is missing, in Alloy's syntax; none: nothing.
    pub fn absent(self) -> Option<&'static str> {
        Some(FIELDS.text(self.record, 5)).filter(|text| !text.is_empty())
    }

    /// What Alloy's source says about its deprecation.
    pub fn deprecated(self) -> Option<&'static str> {
        Some(FIELDS.text(self.record, 6)).filter(|text| !text.is_empty())
    }

    /// The versions whose type has this field (as far as they have the type).
    pub fn presence(self) -> Presence {
        Presence::of_mask(FIELDS.get(self.record, 2))
    }
}
