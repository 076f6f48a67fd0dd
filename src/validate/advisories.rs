//! Known defects of Alloy versions, and whether a configuration is touched by them.
//!
//! Data, and one rule: both the version and the trigger must match. What concerns an action
//! rather than a configuration (an upgrade, a reload) is marked so; `diff` and `apply` show it.

mod data;

pub use data::ADVISORIES;

use alloy_grammar::ast::{Attr, Block, ExprKind, LiteralKind, Stmt};
use alloy_grammar::literal::unquote;
use alloy_grammar::span::Span;

use super::Program;
use super::node::Sort;
use super::references::traversals;
use super::upgrade::refers_to_secret;
use crate::graph::schema::Version;
use crate::source::Source;

/// A known defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Our name for it, never changed.
    pub id: &'static str,
    /// The first version that has it; empty: since ever.
    pub from: &'static str,
    /// The first version that no longer has it; empty: all.
    pub to: &'static str,
    /// What makes it matter.
    pub trigger: Trigger,
    /// What happens, one clause.
    pub text: &'static str,
    /// What to do, as an imperative.
    pub help: &'static str,
    /// Where it is discussed.
    pub link: &'static str,
}

/// What makes an advisory matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A component with a setting; without names, the component alone.
    Setting {
        /// The full names of components, any of which counts.
        components: &'static [&'static str],
        /// The names of the setting, any of which counts: an argument, or a block at any depth.
        names: &'static [&'static str],
        /// What the setting must be like.
        is_like: Like,
    },
    /// Something that a person does.
    Action(Action),
}

/// What a setting must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Like {
    /// It is there.
    Given,
    /// It is a path that does not end in `.alloy`: a folder.
    Folder,
    /// It is written as `true`.
    True,
    /// It names several receivers, of which one is a prometheus.echo or prometheus.write.queue.
    WithEcho,
    /// It refers to an export whose type is a secret's, such as the content of a local.file.
    SecretExport,
}

/// Something that a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Renaming a component and reloading once.
    RenameAndReload,
    /// Upgrading the package.
    Upgrade,
}

/// An advisory that touches a configuration, and where.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The advisory.
    pub advisory: &'static Advisory,
    /// The file.
    pub source: Source,
    /// What triggers it.
    pub span: Span,
    /// The id of the component.
    pub component: String,
}

/// The advisories that touch a configuration under a version as it is written (`1.12.2`).
pub fn touching(program: &Program, version: &str) -> Vec<Touched> {
    let mut out = Vec::new();
    for advisory in ADVISORIES.iter().filter(|advisory| advisory.has(version)) {
        let Trigger::Setting { components, names, is_like } = advisory.trigger else { continue };
        for file in program.files() {
            let mut open: Vec<Block<'_>> = file.tree.body().blocks().rev().collect();
            while let Some(block) = open.pop() {
                let name = block.name();
                if !components.contains(&name) {
                    open.extend(block.body().blocks().rev());
                    continue;
                }
                if let Some(span) = setting(block, names, is_like) {
                    let label = block.label().unwrap_or_default();
                    out.push(Touched {
                        advisory,
                        source: file.source.clone(),
                        span,
                        component: format!("{name}.{label}").trim_end_matches('.').to_owned(),
                    });
                }
            }
        }
    }
    out
}

/// The advisories about an action that hold for a version as it is written.
pub fn about(action: Action, version: &str) -> impl Iterator<Item = &'static Advisory> {
    ADVISORIES
        .iter()
        .filter(move |advisory| advisory.trigger == Trigger::Action(action))
        .filter(move |advisory| advisory.has(version))
}

impl Advisory {
    /// Whether a version as it is written has the defect; not, where that is no version.
    pub fn has(&self, version: &str) -> bool {
        Version::is_written_within(version, self.from, self.to)
    }
}

fn setting(block: Block<'_>, names: &[&str], is_like: Like) -> Option<Span> {
    if names.is_empty() {
        return Some(block.header_span());
    }
    let mut open: Vec<Stmt<'_>> = block.body().stmts().rev().collect();
    while let Some(stmt) = open.pop() {
        match stmt {
            Stmt::Attr(attr) if names.contains(&attr.name()) => {
                if fits(block, &attr, is_like) {
                    return Some(attr.span());
                }
            }
            Stmt::Block(inner) if names.contains(&inner.name()) => {
                return Some(inner.header_span());
            }
            Stmt::Block(inner) => open.extend(inner.body().stmts().rev()),
            Stmt::Attr(_) => {}
        }
    }
    None
}

fn fits(block: Block<'_>, attr: &Attr<'_>, is_like: Like) -> bool {
    match (is_like, attr.value().kind()) {
        (Like::Given, _) => true,
        (Like::Folder, ExprKind::Literal(LiteralKind::String, text)) => {
            unquote(text).is_some_and(|path| !path.ends_with(".alloy"))
        }
        (Like::True, ExprKind::Literal(LiteralKind::Bool, text)) => text == "true",
        (Like::WithEcho, ExprKind::Array(items)) => {
            items.iter().count() > 1 && names_echo(block, attr)
        }
        (Like::SecretExport, _) => refers_to_secret(block, attr),
        (Like::Folder | Like::True | Like::WithEcho, _) => false,
    }
}

fn names_echo(block: Block<'_>, attr: &Attr<'_>) -> bool {
    traversals(block, Sort::Component).iter().any(|found| {
        let is_inside = attr.span().start <= found.span.start && found.span.end <= attr.span().end;
        let is_echo = matches!(
            found.parts[..],
            ["prometheus", "echo", ..] | ["prometheus", "write", "queue", ..]
        );
        is_inside && is_echo
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touched(text: &str, version: &str) -> Vec<&'static str> {
        let program = Program::new([("a.alloy".to_owned(), text.as_bytes().to_vec())]);
        touching(&program, version).iter().map(|touched| touched.advisory.id).collect()
    }

    #[test]
    fn version_and_trigger_must_both_match() {
        let writes = "prometheus.remote_write \"a\" { endpoint { url = \"http://x\" } }";
        assert_eq!(touched(writes, "1.12.2-1.1"), ["remote-write-reported-lost"]);
        assert_eq!(touched(writes, "v1.13.2"), ["remote-write-reported-lost"]);
        assert!(touched(writes, "1.14.0").is_empty());
        assert_eq!(touched(writes, "1.10.2"), ["remote-write-keeps-series"]);
        assert!(touched("prometheus.remote_write \"a\" { }", "1.12.2").is_empty());
        assert!(touched(writes, "").is_empty());
        let import = |path| format!("import.file \"m\" {{ filename = \"{path}\" }}");
        let both = ["import-folder-not-applied", "imports-deadlock"];
        assert_eq!(touched(&import("/etc/m"), "1.3.1"), both);
        assert_eq!(touched(&import("/etc/m.alloy"), "1.3.1"), ["imports-deadlock"]);
        assert!(touched(&import("/etc/m"), "1.18.1").is_empty());
    }

    #[test]
    fn what_a_setting_says_decides() {
        let label = |value: &str| {
            format!("discovery.relabel \"r\" {{ targets = [{{\"agentID\" = {value}}}] }}")
        };
        let content = label("local.file.id.content");
        assert_eq!(touched(&content, "1.18.1"), ["secret-text-in-target"]);
        assert!(touched(&content, "main").is_empty());
        assert!(touched(&label("\"x\""), "1.18.1").is_empty());
        let forwards = |to: &str| format!("prometheus.scrape \"s\" {{ forward_to = [{to}] }}");
        let echo = "prometheus.echo.e.receiver";
        let both = format!("prometheus.remote_write.w.receiver, {echo}");
        assert_eq!(touched(&forwards(&both), "1.18.1"), ["echo-mixes-series"]);
        assert!(touched(&forwards(echo), "1.18.1").is_empty());
        let mongodb = |value: &str| {
            format!("prometheus.exporter.mongodb \"m\" {{ enable_currentop_metrics = {value} }}")
        };
        assert_eq!(touched(&mongodb("true"), "1.17.1"), ["mongodb-currentop-empty"]);
        assert!(touched(&mongodb("false"), "1.17.1").is_empty());
        assert_eq!(touched("logging { }", "1.15.1"), ["logging-hangs-at-start"]);
    }

    #[test]
    fn actions_have_advisories_of_their_own() {
        assert_eq!(about(Action::Upgrade, "1.18.1").count(), 1);
        assert_eq!(about(Action::RenameAndReload, "1.18.1").count(), 1);
    }

    #[test]
    fn ids_are_sorted_and_unique() {
        assert!(ADVISORIES.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
