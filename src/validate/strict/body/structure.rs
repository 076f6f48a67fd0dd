//! What stands in imported modules, which the real command does not look into: unknown names,
//! what is required and missing.
//!
//! Of the program's own files the verdict says all this already.

use alloy_grammar::ast::Stmt;

use super::Body;
use crate::diagnostic::Severity;
use crate::graph::schema::FieldKind;
use crate::graph::{ComponentId, Kind};
use crate::validate::strict::codes;
use crate::validate::strict::judge::Judge;

/// Checks the names in one body.
pub(super) fn check(body: &Body<'_>) {
    if !is_imported(body.judge, body.id) {
        return;
    }
    for stmt in body.block.body().stmts() {
        let (name, span, kind) = match stmt {
            Stmt::Attr(attr) => (attr.name(), attr.name_span(), FieldKind::Attr),
            Stmt::Block(block) => (block.name(), block.header_span(), FieldKind::Block),
        };
        let is_known = body.shape.field(name).is_some_and(|field| field.kind() == kind)
            || body.shape.member(name).is_some();
        if !is_known {
            let message = format!("`{}` takes no `{name}`: Alloy will not start", body.name());
            let place = body.judge.graph.place(body.id, span);
            body.judge.report(place, codes::UNUSABLE_MODULE, Severity::Error, message);
        }
    }
    for field in body.shape.fields().filter(|field| field.is_required()) {
        let own = body.block.body();
        let is_there = match field.kind() {
            FieldKind::Attr => own.attr(field.name()).is_some(),
            FieldKind::Block => own.block(field.name()).is_some(),
            FieldKind::Enum | FieldKind::Label => true,
        };
        if !is_there {
            let message = format!("`{}` needs `{}`", body.name(), field.name());
            body.refuse(codes::UNUSABLE_MODULE, field.name(), message);
        }
    }
}

/// Checks that a block of an imported module is a component that may be used.
pub(in crate::validate::strict) fn component(judge: &Judge<'_>, id: ComponentId) {
    let component = judge.graph.component(id);
    if !is_imported(judge, id) || !matches!(component.kind, Kind::Builtin | Kind::Unknown) {
        return;
    }
    let known = judge.levels.schema.component(&component.name);
    let stability = known.and_then(|known| known.stability());
    let message = match known {
        None => format!("no component is called `{}`", component.name),
        Some(known) if known.is_community() && !judge.levels.community => {
            format!("`{}` is a community component, which must be enabled", component.name)
        }
        _ if stability.is_some_and(|level| level < judge.levels.stability) => format!(
            "`{}` is less stable than `--stability.level={}` allows",
            component.name, judge.levels.stability
        ),
        _ => return,
    };
    let message = format!("{message}: Alloy will not start");
    judge.report(judge.graph.header(id), codes::UNUSABLE_MODULE, Severity::Error, message);
}

fn is_imported(judge: &Judge<'_>, id: ComponentId) -> bool {
    !judge.graph.is_program_file(judge.graph.component(id).file)
}
