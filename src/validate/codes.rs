//! The codes of what `validate` says, each with one line of meaning.

use crate::diagnostic::Code;

/// Declares the codes and the list of all of them.
macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)+) => {
        $(pub(super) const $name: Code = Code::new($code, $meaning);)+
        /// Every code of `validate`, in the order of `docs/diagnostics.md`.
        pub const CODES: &[Code] = &[$($name),+];
    };
}

codes! {
    TOP_LEVEL_ATTRIBUTE = "top-level-attribute", "An attribute stands outside of any block.";
    MISSING_LABEL = "missing-label", "A block needs a label.";
    DUPLICATE_BLOCK = "duplicate-block", "Two blocks have the same name and label.";
    MODULE_ONLY = "module-only", "The block is only allowed inside of a module.";
    ROOT_ONLY = "root-only", "The block is only allowed outside of modules and foreach blocks.";
    NOT_CONFIGURABLE = "not-configurable", "The service cannot be configured.";
    UNSTABLE = "unstable", "Something is less stable than the level that Alloy is started with.";
    COMMUNITY = "community", "A community component is used without the flag that enables them.";
    MISSING_TEMPLATE = "missing-template", "A foreach block has no template.";
    UNEXPECTED_ATTRIBUTE = "unexpected-attribute", "An attribute stands where only blocks may.";
    UNKNOWN_COMPONENT = "unknown-component", "A block names a component that this Alloy lacks.";
    UNKNOWN_ARGUMENT = "unknown-argument", "A block does not take an argument of that name.";
    UNKNOWN_BLOCK = "unknown-block", "A block does not take an inner block of that name.";
    NOT_AN_ATTRIBUTE = "not-an-attribute", "A block is written as an attribute.";
    NOT_A_BLOCK = "not-a-block", "An attribute is written as a block.";
    DUPLICATE_ARGUMENT = "duplicate-argument", "An argument is given twice in one block.";
    REPEATED_BLOCK = "repeated-block", "A block is given more often than it may be.";
    MISSING_ARGUMENT = "missing-argument", "A required argument is not given.";
    MISSING_BLOCK = "missing-block", "A required block is not given.";
    WRONG_TYPE = "wrong-type", "A value has another type than the argument takes.";
    WRONG_VALUE = "wrong-value", "A value has the right type, but the argument does not take it.";
    UNKNOWN_REFERENCE = "unknown-reference", "An expression refers to what does not exist.";
    SHADOWED_FUNCTION = "shadowed-function", "A component has the name of a library function.";
    DEPRECATED_FUNCTION = "deprecated-function", "A library function has a newer name.";
    CYCLE = "cycle", "Components refer to each other in a circle.";
    SELF_REFERENCE = "self-reference", "A component refers to itself.";
    CONFLICTING_AUTHENTICATION = "conflicting-authentication", "Two ways to authenticate at once.";
    CONFLICTING_SETTINGS = "conflicting-settings", "Two settings that exclude each other are given.";
    INCOMPLETE_TLS_PAIR = "incomplete-tls-pair", "A certificate without its key, or a key alone.";
    INCOMPLETE_RULE = "incomplete-rule", "A relabel rule lacks or has what its action does not take.";
    WRONG_REGEX = "wrong-regex", "A relabel rule's regular expression is none.";
    SCRAPE_TIMEOUT = "scrape-timeout", "A scrape may take longer than the time between two scrapes.";
    SCRAPE_INTERVAL = "scrape-interval", "The time between two scrapes is zero, so nothing is scraped.";
    WRONG_URL = "wrong-url", "An address has no scheme or no host.";
    EMPTY_TARGETS = "empty-targets", "A component has no targets to read.";
    WRONG_CAPSULE = "wrong-capsule", "A reference has another type than the argument takes.";
    UNKNOWN_EXPORT = "unknown-export", "A reference asks for a field that is not exported.";
    OUT_OF_SCOPE = "out-of-scope", "A variable is used where it is not defined.";
    UNKNOWN_FUNCTION = "unknown-function", "The standard library has no such member.";
    WRONG_CALL = "wrong-call", "A function is called with too few or too many arguments.";
    UNUSABLE_VALUE = "unusable-value", "A value that a component refuses when Alloy starts.";
    MISSING_SETTING = "missing-setting", "Something that a component needs to start is not given.";
    MISSING_FILE = "missing-file", "A file that Alloy opens when it starts is not there.";
    UNUSABLE_FILE = "unusable-file", "A file that Alloy opens when it starts is of no use to it.";
    NEEDS_STABILITY = "needs-stability", "A setting needs another `--stability.level`.";
    DUPLICATE_ENDPOINT = "duplicate-endpoint", "Two endpoints of a component are the same.";
    FAILING_EXPRESSION = "failing-expression", "An expression that Alloy cannot evaluate here.";
    UNUSABLE_MODULE = "unusable-module", "A module is used that Alloy cannot use.";
    ENDLESS_IMPORT = "endless-import", "A module imports itself, and Alloy never starts.";
    ASKED_AT_START = "asked-at-start", "Alloy asks another host when it starts, and needs an answer.";
    NO_EFFECT = "no-effect", "A setting has no effect.";
    VALIDATE_ONLY = "validate-only", "Only the validate command refuses it; Alloy starts with it.";
    CRASH = "alloy-crashes", "Alloy crashes on this, instead of saying what is wrong.";
}
