//! What is followed from place to place while a program's secrets are looked for.

use std::collections::BTreeSet;

use alloy_grammar::ast::Expr;

/// What a program's secrets are evaluated from, as far as it has been followed.
#[derive(Default, PartialEq, Eq, Clone)]
pub(super) struct Flows {
    /// Arguments of a module: its name, theirs.
    pub(super) arguments: BTreeSet<(String, String)>,
    /// Exports of a module: its name, theirs.
    pub(super) exports: BTreeSet<(String, String)>,
    /// Collections, by the label of their `foreach`; with a field if only that is a secret.
    pub(super) collections: BTreeSet<(String, Option<String>)>,
    /// `local.file` components by label.
    pub(super) local_files: BTreeSet<String>,
    /// Files by path.
    pub(super) files: BTreeSet<String>,
}

/// The text of a literal.
pub(super) fn text_of(expr: Expr<'_>) -> Option<String> {
    use alloy_grammar::ast::{ExprKind, LiteralKind};
    match expr.kind() {
        ExprKind::Literal(LiteralKind::String, text) => {
            alloy_grammar::literal::unquote(text).map(std::borrow::Cow::into_owned)
        }
        ExprKind::Paren(inner) => match inner.kind() {
            ExprKind::Paren(_) => None,
            _ => text_of(inner),
        },
        _ => None,
    }
}
