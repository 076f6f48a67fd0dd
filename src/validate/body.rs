//! A block's body against what the block takes.

use alloy_grammar::ast::{Attr, Block, Stmt};

use super::findings::{Findings, did_you_mean};
use super::graphs::Argument;
use super::{Levels, codes, value};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::schema::{Field, FieldKind, Repeat, Type};
use crate::source::Source;

/// What a body takes.
#[derive(Clone, Copy)]
pub(super) enum Shape<'g> {
    /// A type of the schema.
    Known(Type),
    /// The arguments of a declare, of any type.
    Declared(&'g [Argument<'g>]),
}

/// What is still to be done; the stack is ours, so that nesting is no matter.
enum Step<'p> {
    Stmt(Stmt<'p>),
    /// The end of the innermost body.
    End,
}

/// A body that is being walked.
struct Open<'p> {
    block: Block<'p>,
    members: Members<'p>,
    /// Whether a misspelt argument was repaired: a second one might have meant the same.
    is_repaired: bool,
}

/// What may stand in a body, and how often it does.
struct Members<'g> {
    known: Vec<Member>,
    declared: &'g [Argument<'g>],
    is_enum: bool,
    shape: Option<Type>,
}

/// A field and what was seen of it.
#[derive(Clone, Copy)]
struct Member {
    field: Option<Field>,
    /// How many blocks of it there are.
    blocks: u32,
    /// Whether it was given as an attribute.
    is_given: bool,
}

struct Checker<'p, 'o> {
    source: &'p Source,
    levels: &'p Levels,
    out: &'o mut Findings,
}

/// Checks a block's body; blocks of the name `skipped` directly in it are left out.
pub(super) fn check<'p>(
    source: &'p Source,
    block: Block<'p>,
    shape: Shape<'p>,
    skipped: &str,
    levels: &'p Levels,
    out: &mut Findings,
) {
    let mut checker = Checker { source, levels, out };
    let is_own = |stmt: &Stmt<'_>| stmt.as_block().is_none_or(|block| block.name() != skipped);
    let mut steps = vec![Step::End];
    steps.extend(block.body().stmts().filter(is_own).rev().map(Step::Stmt));
    let mut bodies = vec![Open { block, members: Members::of(shape, block), is_repaired: false }];
    while let Some(step) = steps.pop() {
        let Some(open) = bodies.last_mut() else { break };
        match step {
            Step::Stmt(Stmt::Attr(attr)) => checker.attribute(attr, open),
            Step::Stmt(Stmt::Block(block)) => {
                if let Some(inner) = checker.block(block, &open.members) {
                    steps.push(Step::End);
                    steps.extend(block.body().stmts().rev().map(Step::Stmt));
                    let members = Members::of(Shape::Known(inner), block);
                    bodies.push(Open { block, members, is_repaired: false });
                }
            }
            Step::End => {
                checker.missing(open);
                bodies.pop();
            }
        }
    }
}

impl<'g> Members<'g> {
    fn of(shape: Shape<'g>, block: Block<'_>) -> Members<'g> {
        let member = |field| Member { field, blocks: 0, is_given: false };
        let mut members = match shape {
            Shape::Known(body) => Members {
                known: body.fields().map(Some).map(member).collect(),
                declared: &[],
                is_enum: body.fields().any(|field| field.kind() == FieldKind::Enum),
                shape: Some(body),
            },
            Shape::Declared(arguments) => Members {
                known: vec![member(None); arguments.len()],
                declared: arguments,
                is_enum: false,
                shape: None,
            },
        };
        for inner in block.body().blocks() {
            if let Some(index) = members.find(inner.name()) {
                members.known[index].blocks += 1;
            }
        }
        members
    }

    /// The place of a member by its name. The name of an enum is no member's.
    fn find(&self, name: &str) -> Option<usize> {
        if self.shape.is_none() {
            return self.declared.iter().position(|argument| argument.name == name);
        }
        self.known.iter().position(|member| {
            member.field.is_some_and(|field| {
                matches!(field.kind(), FieldKind::Attr | FieldKind::Block) && field.name() == name
            })
        })
    }

    /// The names that may still be given: of blocks, or of attributes.
    fn free_names(&self, blocks: bool) -> Vec<&'g str> {
        let declared = self.declared.iter().map(|argument| argument.name);
        let known = self.known.iter().filter(|member| member.is_block() == blocks);
        match self.shape {
            None if blocks => Vec::new(),
            None => declared
                .zip(&self.known)
                .filter(|(_, member)| !member.is_given)
                .map(|(name, _)| name)
                .collect(),
            Some(_) => known
                .filter(|member| blocks || !member.is_given)
                .filter_map(|member| member.field.map(Field::name))
                .collect(),
        }
    }

    /// The type of an enum's member: of `stage.json`.
    fn of_enum(&self, name: &str) -> Option<Type> {
        if !self.is_enum {
            return None;
        }
        self.shape?.member(name)?.body()
    }
}

impl Member {
    fn is_block(self) -> bool {
        self.field.is_some_and(|field| field.kind() == FieldKind::Block)
    }
}

impl Checker<'_, '_> {
    fn error(&mut self, code: Code, span: alloy_grammar::span::Span, message: String) {
        self.out.push(Diagnostic::error(code, self.source, span, message));
    }

    fn attribute(&mut self, attr: Attr<'_>, open: &mut Open<'_>) {
        let name = attr.name();
        let Some(index) = open.members.find(name) else {
            return self.unknown_argument(attr, open);
        };
        let member = &mut open.members.known[index];
        if member.is_block() {
            let message = format!("\"{name}\" must be a block, but is used as an attribute");
            return self.error(codes::NOT_AN_ATTRIBUTE, attr.span(), message);
        }
        if std::mem::replace(&mut member.is_given, true) {
            let message = format!("attribute \"{name}\" may only be provided once");
            return self.error(codes::DUPLICATE_ARGUMENT, attr.span(), message);
        }
        let words = member.field.and_then(Field::value);
        value::check(self.source, attr.value(), words, self.levels, self.out);
    }

    fn unknown_argument(&mut self, attr: Attr<'_>, open: &mut Open<'_>) {
        let name = attr.name();
        let free = open.members.free_names(false);
        let meant = self.out.suggest(name, free.into_iter());
        let message = format!("unrecognized attribute name \"{name}\"");
        let found = Diagnostic::error(codes::UNKNOWN_ARGUMENT, self.source, attr.span(), message);
        if meant.is_empty() {
            return self.out.push(found);
        }
        if let [only] = meant[..]
            && open.block.body().attr(only).is_none()
            && !std::mem::replace(&mut open.is_repaired, true)
        {
            self.out.fix(self.source, attr.name_span(), only);
        }
        self.out.push(found.help(did_you_mean(&meant)));
    }

    fn unknown_block(&mut self, block: Block<'_>, members: &Members<'_>) {
        let name = block.name();
        let free = members.free_names(true);
        let meant = self.out.suggest(name, free.into_iter());
        let message = format!("unrecognized block name \"{name}\"");
        let found = Diagnostic::error(codes::UNKNOWN_BLOCK, self.source, block.span(), message);
        self.out.push(if meant.is_empty() { found } else { found.help(did_you_mean(&meant)) });
    }

    /// Checks a block as a member; gives the type that its body is to be checked against.
    fn block(&mut self, block: Block<'_>, members: &Members<'_>) -> Option<Type> {
        let name = block.name();
        if let Some(body) = members.of_enum(name) {
            return Some(body);
        }
        let Some(index) = members.find(name) else {
            self.unknown_block(block, members);
            return None;
        };
        let member = members.known[index];
        let Some(field) = member.field.filter(|_| member.is_block()) else {
            let message = format!("\"{name}\" must be an attribute, but is used as a block");
            self.error(codes::NOT_A_BLOCK, block.span(), message);
            return None;
        };
        match field.repeat() {
            Repeat::Once if member.blocks > 1 => {
                let message = format!("block \"{name}\" may only be specified once");
                self.error(codes::REPEATED_BLOCK, block.span(), message);
                return None;
            }
            Repeat::Exactly(count) if member.blocks != u32::from(count) => {
                let message = format!(
                    "block \"{name}\" must be specified exactly {count} times, but was specified \
                     {} times",
                    member.blocks
                );
                self.error(codes::REPEATED_BLOCK, block.span(), message);
            }
            _ => {}
        }
        field.body()
    }

    fn missing(&mut self, open: &Open<'_>) {
        let span = open.block.span();
        let declared = open
            .members
            .declared
            .iter()
            .map(|argument| (argument.name, argument.is_required, false));
        let known = open
            .members
            .known
            .iter()
            .filter_map(|member| member.field)
            .map(|field| (field.name(), field.is_required(), field.kind() == FieldKind::Block));
        let names: Vec<(&str, bool, bool)> = declared.chain(known).collect();
        for (index, (name, is_required, is_block)) in names.into_iter().enumerate() {
            let member = open.members.known[index];
            if !is_required || member.is_given || is_block && member.blocks > 0 {
                continue;
            }
            let (code, what) = if is_block {
                (codes::MISSING_BLOCK, "block")
            } else {
                (codes::MISSING_ARGUMENT, "attribute")
            };
            self.error(code, span, format!("missing required {what} \"{name}\""));
        }
    }
}
