//! Defaults and behaviour that changed between two versions, where a configuration meets them.

use alloy_grammar::ast::{Attr, Block, ExprKind, LiteralKind, Stmt};
use alloy_grammar::span::Span;

use super::{Change, Kind};
use crate::graph::schema::Version;
use crate::graph::schema::defaults::{self, Changed, When};
use crate::validate::node::{Node, Sort};
use crate::validate::references::traversals;

/// What a component meets between two versions.
pub(super) fn changes(node: &Node<'_>, from: Version, to: Version, out: &mut Vec<Change>) {
    if node.sort != Sort::Component {
        return;
    }
    let name = node.block.name();
    let own = defaults::changed().iter().filter(|change| change.is_of(name));
    for change in own.filter(|it| it.is_between(from, to) && !it.is_silent()) {
        if let Some(span) = place(node, change) {
            out.push(change_at(node, change, span));
        }
    }
}

fn change_at(node: &Node<'_>, change: &Changed, span: Span) -> Change {
    let path = change.path.replace('/', ".");
    let name = node.block.name();
    let what = if path.is_empty() { format!("`{name}`") } else { format!("`{path}` of {name}") };
    Change {
        kind: if change.is_default() { Kind::Default } else { Kind::Behaviour },
        component: node.id.to_string(),
        path,
        since: change.first(),
        message: format!("{what} {}", change.says()),
        breaks: change.breaks(),
        source: node.source.clone(),
        span,
    }
}

/// Where the first of its conditions holds, if all of them do.
fn place(node: &Node<'_>, change: &Changed) -> Option<Span> {
    let mut places = change.conditions().map(|when| holds(node, when));
    let first = places.next()??;
    places.all(|place| place.is_some()).then_some(first)
}

fn holds(node: &Node<'_>, when: When) -> Option<Span> {
    match when {
        When::Always => Some(node.block.header_span()),
        When::Given(path) => given(node.block, path).into_iter().next().map(|stmt| span(&stmt)),
        When::NotGiven(path) => {
            let (blocks, last) = around(node.block, path);
            let lacks = |block: &Block<'_>| block.body().stmts().all(|stmt| name(&stmt) != last);
            blocks.into_iter().find(lacks).map(|block| block.header_span())
        }
        When::HasDot(path) => attrs(node.block, path).find(has_dot).map(|attr| attr.span()),
        When::RefersToSecret(path) => attrs(node.block, path)
            .find(|attr| refers_to_secret(node.block, attr))
            .map(|it| it.span()),
    }
}

/// The blocks that the last name of a path would stand in, and that name.
fn around<'p, 'n>(block: Block<'p>, path: &'n str) -> (Vec<Block<'p>>, &'n str) {
    let mut names: Vec<&str> = path.split('/').collect();
    let last = names.pop().unwrap_or_default();
    let blocks = names.into_iter().fold(vec![block], |blocks, name| {
        let inner = blocks.iter().flat_map(|block| block.body().blocks());
        inner.filter(|inner| inner.name() == name).collect()
    });
    (blocks, last)
}

fn given<'p>(block: Block<'p>, path: &str) -> Vec<Stmt<'p>> {
    let (blocks, last) = around(block, path);
    let all = blocks.iter().flat_map(|block| block.body().stmts());
    all.filter(|stmt| name(stmt) == last).collect()
}

fn attrs<'p>(block: Block<'p>, path: &str) -> impl Iterator<Item = Attr<'p>> {
    given(block, path).into_iter().filter_map(|stmt| match stmt {
        Stmt::Attr(attr) => Some(attr),
        Stmt::Block(_) => None,
    })
}

fn name<'p>(stmt: &Stmt<'p>) -> &'p str {
    match stmt {
        Stmt::Attr(attr) => attr.name(),
        Stmt::Block(block) => block.name(),
    }
}

fn span(stmt: &Stmt<'_>) -> Span {
    match stmt {
        Stmt::Attr(attr) => attr.span(),
        Stmt::Block(block) => block.header_span(),
    }
}

fn has_dot(attr: &Attr<'_>) -> bool {
    match attr.value().kind() {
        ExprKind::Literal(LiteralKind::String, text) => text.contains('.'),
        _ => false,
    }
}

/// Whether a value refers to the content of a file or of an answer, which has a secret's type even
/// where it is none.
pub(in crate::validate) fn refers_to_secret(block: Block<'_>, attr: &Attr<'_>) -> bool {
    traversals(block, Sort::Component).iter().any(|found| {
        let is_inside = attr.span().start <= found.span.start && found.span.end <= attr.span().end;
        let is_secret = matches!(
            found.parts[..],
            ["local", "file", _, "content"]
                | ["remote", "http" | "vault" | "kubernetes", ..]
                | ["remote", "s3", _, "content"]
        );
        is_inside && is_secret
    })
}
