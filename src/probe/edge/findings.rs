//! What is wrong with the answers of a server, each with its rule.

use serde::Serialize;

use crate::probe::edge::arrival::{Exporter, Shown, exporters};
use crate::probe::edge::{Batches, Edge, Expected, PullList, Series, Strangers};

/// What a question brought to light.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name of the rule, in kebab-case.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one clause.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It could not be found out.
    Unproven,
    /// It will be trouble.
    Warning,
    /// It is trouble.
    Critical,
}

impl Severity {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Unproven => "unproven",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// What is wrong with the answers of one server.
pub fn findings(edge: &Edge, expected: Option<&Expected>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Strangers::Accepted(status) = edge.strangers {
        findings.push(Finding::new(
            "write-is-open",
            Severity::Critical,
            format!("{status}: the same write is accepted without any credentials"),
            "demand the credentials where this path is served: everybody who reaches it can write \
             metrics of any host",
        ));
    }
    findings.extend(body_limit(&edge.batches));
    match &edge.series {
        Series::Found(found) => {
            if let Some(expected) = expected {
                arrived(&exporters(found, expected), expected, &mut findings);
            }
        }
        other => findings.extend(not_asked(other)),
    }
    if edge.pull_list == PullList::Listed
        && !findings.iter().any(|finding| finding.rule == "discovery-mode")
    {
        findings.push(Finding::new(
            "discovery-mode",
            Severity::Critical,
            "Trento still lists this host as one whose metrics are pulled".to_owned(),
            "restart the agent: `systemctl restart trento-agent`",
        ));
    }
    findings
}

fn body_limit(batches: &Batches) -> Option<Finding> {
    let (severity, message) = match batches {
        Batches::TooLarge(0) => (Severity::Critical, "413: a write of 100 kB is too large"),
        Batches::TooLarge(_) => {
            (Severity::Warning, "413: a write of 900 kB is too large, one of 100 kB is not")
        }
        Batches::NotAsked(_) | Batches::Accepted | Batches::Unclear(_) => return None,
    };
    Some(Finding::new(
        "body-limit",
        severity,
        message.to_owned(),
        "raise the limit of the proxy before the server: `client_max_body_size 16m;` in nginx",
    ))
}

/// Why the series could not be seen.
fn not_asked(series: &Series) -> Option<Finding> {
    Some(match series {
        Series::Found(_) | Series::NotAsked(_) => return None,
        Series::NoQueryApi => Finding::new(
            "no-query-api",
            Severity::Critical,
            "422: the server takes writes and answers no query, as Prometheus in agent mode does"
                .to_owned(),
            "start the server's Prometheus without agent mode: Trento reads its charts there",
        ),
        Series::NotAllowed(status) => Finding::new(
            "query-not-allowed",
            Severity::Unproven,
            format!("{status}: whether series arrived cannot be asked with these credentials"),
            "look at the host's charts in Trento instead",
        ),
        Series::NotExposed(what) => Finding::new(
            "query-not-exposed",
            Severity::Unproven,
            format!("whether series arrived cannot be asked here: {what}"),
            "look at the host's charts in Trento instead",
        ),
    })
}

/// What Trento would show of the exporters.
fn arrived(exporters: &[Exporter], expected: &Expected, findings: &mut Vec<Finding>) {
    let Some((own, others)) = exporters.split_first() else { return };
    if exporters.iter().any(|exporter| exporter.shown == Shown::Unnamed) {
        findings.push(Finding::new(
            "exporter-name-missing",
            Severity::Critical,
            "a series `up` of this host has no exporter_name: Trento cannot show the status of \
             any of its exporters"
                .to_owned(),
            "set the label exporter_name on every path to the server, or keep that series away",
        ));
        return;
    }
    if own.shown == Shown::Missing {
        findings.push(missing(own, others, expected));
        return;
    }
    if own.series > 1 {
        findings.push(Finding::new(
            "exporter-twice",
            if own.shown == Shown::Up { Severity::Warning } else { Severity::Critical },
            format!(
                "the server has {} series `up` of the exporter `{}`; Trento shows the first, \
                 which is {}",
                own.series, own.name, own.value
            ),
            "scrape the exporter once, or give the other scrape another exporter_name",
        ));
    } else if own.shown == Shown::Down {
        findings.push(Finding::new(
            "exporter-down",
            Severity::Critical,
            format!("Trento shows the exporter `{}` as down: its `up` is {}", own.name, own.value),
            "look at the scrape on this host: the log of the sender names the error",
        ));
    }
    findings.extend(beside(own, others));
}

/// No series has the name that is expected.
fn missing(own: &Exporter, others: &[Exporter], expected: &Expected) -> Finding {
    if others.is_empty() {
        let severity = match expected.is_settled {
            Some(true) => Severity::Critical,
            Some(false) | None => Severity::Unproven,
        };
        return Finding::new(
            "not-arrived",
            severity,
            format!("the server has no series `up` with the agentID {}", expected.agent_id),
            "check that the sender runs and sends, and that the label agentID is this host's ID",
        );
    }
    let found = names(others);
    if !expected.pushes && others.iter().any(|exporter| exporter.name == "grafana_alloy") {
        return Finding::new(
            "discovery-mode",
            Severity::Critical,
            format!("the agent announces `{}`, and {found} is pushed", own.name),
            "set prometheus-mode to push in agent.yaml and restart the agent",
        );
    }
    Finding::new(
        "exporter-name-unexpected",
        Severity::Critical,
        format!("Trento expects the exporter `{}`, and the server has {found}", own.name),
        "give exporter_name of the pipeline and prometheus-exporter-name of agent.yaml one value",
    )
}

/// Exporters that the agent did not announce, beside the one it did.
fn beside(own: &Exporter, others: &[Exporter]) -> Option<Finding> {
    if others.is_empty() {
        return None;
    }
    let is_shown_down = own.shown == Shown::Up && others.iter().any(|it| it.shown == Shown::Down);
    Some(Finding::new(
        "exporter-twice",
        if is_shown_down { Severity::Critical } else { Severity::Warning },
        format!("beside `{}` the server has {} of this host", own.name, names(others)),
        "stop the second way: charts add the values of both up",
    ))
}

/// At most five names, and how many more there are.
fn names(exporters: &[Exporter]) -> String {
    let mut names: Vec<String> =
        exporters.iter().take(5).map(|exporter| format!("`{}`", exporter.name)).collect();
    if exporters.len() > 5 {
        names.push(format!("{} more", exporters.len() - 5));
    }
    names.join(", ")
}

impl Finding {
    fn new(rule: &'static str, severity: Severity, message: String, help: &'static str) -> Finding {
        Finding { rule, severity, message, help }
    }
}
