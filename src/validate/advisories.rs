//! Known defects of Alloy versions, and whether a configuration is touched by them.
//!
//! Data, and one rule: both the version and the trigger must match. What concerns an action
//! rather than a configuration (an upgrade, a reload) is marked so; `diff` and `apply` show it.

use alloy_grammar::ast::{Block, ExprKind, LiteralKind, Stmt};
use alloy_grammar::literal::unquote;
use alloy_grammar::span::Span;

use super::Program;
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
    /// A component with a setting; without a name, the component alone.
    Setting {
        /// Its full name.
        component: &'static str,
        /// The name of the setting: an argument, or a block at any depth.
        name: &'static str,
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
}

/// Something that a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Renaming a component and reloading once.
    RenameAndReload,
    /// Upgrading the package.
    Upgrade,
}

/// Every advisory, by its id.
pub const ADVISORIES: &[Advisory] = &[
    Advisory {
        id: "import-folder-not-applied",
        from: "",
        to: "1.4.0",
        trigger: Trigger::Setting {
            component: "import.file",
            name: "filename",
            is_like: Like::Folder,
        },
        text: "a changed file of an imported folder is not fully applied",
        help: "restart Alloy after changing the folder, or upgrade to 1.4 or later",
        link: "https://github.com/grafana/alloy/issues/1348",
    },
    Advisory {
        id: "old-process-after-upgrade",
        from: "",
        to: "",
        trigger: Trigger::Action(Action::Upgrade),
        text: "the old process goes on running after a package upgrade unless RESTART_ON_UPGRADE \
               is true",
        help: "run `systemctl restart alloy` after the upgrade",
        link: "https://github.com/grafana/alloy/issues/1007",
    },
    Advisory {
        id: "remote-write-reported-lost",
        from: "1.12.0",
        to: "1.14.0",
        trigger: Trigger::Setting {
            component: "prometheus.remote_write",
            name: "endpoint",
            is_like: Like::Given,
        },
        text: "Alloy logs that data was not written although Prometheus 3.8 wrote it",
        help: "upgrade to 1.14 or later, or do not trust that log line",
        link: "https://github.com/grafana/alloy/issues/5004",
    },
    Advisory {
        id: "rename-needs-two-reloads",
        from: "",
        to: "",
        trigger: Trigger::Action(Action::RenameAndReload),
        text: "a reload after renaming a component can fail with the old exports still in use",
        help: "reload a second time",
        link: "https://github.com/grafana/alloy/issues/5448",
    },
];

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
        let Trigger::Setting { component, name, is_like } = advisory.trigger else { continue };
        for file in program.files() {
            let mut open: Vec<Block<'_>> = file.tree.body().blocks().rev().collect();
            while let Some(block) = open.pop() {
                if block.name() != component {
                    open.extend(block.body().blocks().rev());
                    continue;
                }
                if let Some(span) = setting(block, name, is_like) {
                    let label = block.label().unwrap_or_default();
                    out.push(Touched {
                        advisory,
                        source: file.source.clone(),
                        span,
                        component: format!("{component}.{label}").trim_end_matches('.').to_owned(),
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

fn setting(block: Block<'_>, name: &str, is_like: Like) -> Option<Span> {
    let mut open: Vec<Stmt<'_>> = block.body().stmts().rev().collect();
    while let Some(stmt) = open.pop() {
        match stmt {
            Stmt::Attr(attr) if attr.name() == name => {
                let is_folder = || match attr.value().kind() {
                    ExprKind::Literal(LiteralKind::String, text) => {
                        unquote(text).is_some_and(|path| !path.ends_with(".alloy"))
                    }
                    _ => false,
                };
                if is_like == Like::Given || is_folder() {
                    return Some(attr.span());
                }
            }
            Stmt::Block(inner) if inner.name() == name => return Some(inner.header_span()),
            Stmt::Block(inner) => open.extend(inner.body().stmts().rev()),
            Stmt::Attr(_) => {}
        }
    }
    None
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
        assert!(touched("prometheus.remote_write \"a\" { }", "1.12.2").is_empty());
        assert!(touched(writes, "").is_empty());
        let import = |path| format!("import.file \"m\" {{ filename = \"{path}\" }}");
        assert_eq!(touched(&import("/etc/m"), "1.3.1"), ["import-folder-not-applied"]);
        assert!(touched(&import("/etc/m.alloy"), "1.3.1").is_empty());
        assert!(touched(&import("/etc/m"), "1.18.1").is_empty());
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
