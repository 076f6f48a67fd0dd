//! Calls of the standard library: whether what is called is a function, and takes as many
//! arguments.

use alloy_grammar::ast::{Block, ExprKind};
use alloy_grammar::visit::{self, Reference};

use super::codes;
use super::judge::Judge;
use crate::diagnostic::Severity;
use crate::graph::schema::{Function, FunctionKind};
use crate::graph::{ComponentId, Kind};

/// Checks the calls in a component's block; of what opens a scope, those outside of it.
pub(super) fn check(judge: &Judge<'_>, id: ComponentId) {
    let block = judge.graph.block(id);
    let is_whole = !matches!(judge.graph.component(id).kind, Kind::Declare | Kind::Foreach);
    let own = block.body().attrs();
    let inside = block.body().blocks().filter(|_| is_whole).flat_map(|inner: Block<'_>| {
        visit::statements(inner.body()).filter_map(|(_, stmt)| stmt.as_attr())
    });
    for expr in own.chain(inside).flat_map(|attr| visit::expressions(attr.value())) {
        let ExprKind::Call { target, args } = expr.kind() else { continue };
        let Some(reference) = Reference::of(target) else { continue };
        let parts: Vec<&str> = reference.parts.iter().map(|(name, _)| *name).collect();
        let scope = judge.graph.component(id).scope;
        let is_own = judge.graph.component_of(scope, &parts).is_some()
            || judge.graph.variable(scope, parts[0]).is_some();
        let function = judge.levels.schema.function(&reference.text());
        if let Some(function) = function.filter(|_| !is_own)
            && let Some(message) = misuse(function, args.len())
        {
            let place = judge.graph.place(id, expr.span());
            judge.report(place, codes::WRONG_CALL, Severity::Error, message);
        }
    }
}

fn misuse(function: Function, given: usize) -> Option<String> {
    let name = function.name();
    if function.kind() != FunctionKind::Function {
        return Some(format!("`{name}` is no function: Alloy will not start"));
    }
    let required = function
        .arguments()
        .filter(|words| !words.ends_with('?') && !words.ends_with("..."))
        .count();
    let is_open = function.arguments().any(|words| words.ends_with("..."));
    let most = function.arguments().count();
    if given >= required && (is_open || given <= most) {
        return None;
    }
    let wanted = match (is_open, required == most) {
        (true, _) => format!("at least {required}"),
        (false, true) => required.to_string(),
        (false, false) => format!("{required} to {most}"),
    };
    let arguments = if wanted == "1" { "argument" } else { "arguments" };
    Some(format!("`{name}` takes {wanted} {arguments}, not {given}: Alloy will not start"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::raised;

    fn of(value: &str) -> Vec<&'static str> {
        raised(&format!("discovery.docker \"f\" {{\n host = {value}\n}}"))
    }

    #[test]
    fn members_of_the_library_must_exist() {
        assert_eq!(of("string.nope"), ["unknown-function"]);
        assert_eq!(of("sys.getenv(\"A\")"), ["unknown-function"]);
        assert!(of("constants.hostname").is_empty());
        assert!(
            of("encoding.from_json(\"{\\\"a\\\": {\\\"b\\\": \\\"x\\\"}}\")[\"a\"].b").is_empty()
        );
    }

    #[test]
    fn a_call_needs_its_arguments() {
        assert_eq!(of("sys.env()"), ["wrong-call"]);
        assert_eq!(of("string.replace(\"a\", \"b\")"), ["wrong-call"]);
        assert_eq!(of("string(\"a\")"), ["wrong-call"]);
        assert!(of("string.format(\"%s\", \"b\")").is_empty());
        assert!(of("file.path_join(\"a\", \"b\", \"c\")").is_empty());
    }
}
