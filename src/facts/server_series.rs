//! `server_series`: what the server has of this host, as Trento shows it.

use serde_json::{Value as Json, json};

use crate::facts::{About, GatherError, Gatherer, Host};
use crate::installation::SenderNames;
use crate::probe::{Expected, Exporter, PullList, Report, Series, Shown, Step, exporters};

/// The gatherer.
pub(super) struct ServerSeries;

const ABOUT: About = About {
    argument: "server_series",
    meaning: "For each endpoint of the Trento pipeline the exporters of this host that Trento \
              shows, from the series `up` on the server, asked with the endpoint's own \
              credentials: `shown` is `up`, `down`, `missing` (no series has the name that the \
              agent announces), `unnamed` (a series without exporter_name, for which Trento shows \
              no status at all), or `pulled` (Trento lists this host as one to be pulled).",
    shape: r#"[{"endpoint": "https://trento.example.com/…", "exporter_name": "grafana_alloy", "expected": true, "shown": "up", "value": "1", "series": 1, "message": "…", "help": "…", "at": {…}}]"#,
    live: true,
};

impl Gatherer for ServerSeries {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        host.may_probe()?;
        host.probes_as_far_as(Step::Edge)?;
        host.has_sound_pipeline()?;
        host.pushes()?;
        host.agent_id()?;
        host.is_answered(|report| Some(asked(report.edge.as_ref().map(|edge| &edge.series)?)))?;
        let reports = host.probes().as_ref().map_err(Clone::clone)?;
        let is_empty = reports.iter().any(|report| {
            matches!(report.edge.as_ref().map(|edge| &edge.series), Some(Series::Found(found))
                if found.is_empty())
        });
        let program = host.names().program;
        match host.is_settled() {
            Some(false) => Err(format!("{program} was only just started")),
            None if is_empty => Err(format!(
                "unproven: there is no series yet, and since when {program} runs is not known"
            )),
            _ => Ok(()),
        }
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let Some(expected) = host.expected_series() else {
            let why = "what Trento expects of this host is not known";
            return Err(GatherError::new("alloy-probe", why));
        };
        let described = host.for_each_answer(|report, at| {
            let edge = report.edge.as_ref()?;
            let Series::Found(found) = &edge.series else { return None };
            let mut shown: Vec<Json> = exporters(found, &expected)
                .iter()
                .map(|exporter| describe(host.names(), report, exporter, &expected, &at))
                .collect();
            if edge.pull_list == PullList::Listed {
                shown.push(pulled(report, &expected, &at));
            }
            Some(json!(shown))
        })?;
        Ok(described
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_array)
            .flatten()
            .cloned()
            .collect())
    }
}

/// Whether the query was answered; there is always something to judge then.
fn asked(series: &Series) -> Result<bool, String> {
    match series {
        Series::Found(_) => Ok(true),
        Series::NotAsked(why) => Err(why.clone()),
        Series::NoQueryApi => {
            Err("422: the server answers no query, it is in agent mode".to_owned())
        }
        Series::NotAllowed(status) => Err(format!("{status}: the query is not allowed")),
        Series::NotExposed(what) => Err(format!("no query is answered here: {what}")),
    }
}

fn describe(
    names: &SenderNames,
    report: &Report,
    exporter: &Exporter,
    expected: &Expected,
    at: &Json,
) -> Json {
    let SenderNames { program, unit, .. } = names;
    let sends = format!("check that {program} sends, and compare agentID and exporter_name");
    let scrapes =
        format!("look at the scrape on this host: `journalctl -u {unit}` names the error");
    let name = &exporter.name;
    let (message, help) = match exporter.shown {
        Shown::Unnamed => (
            "a series `up` of this host has no exporter_name".to_owned(),
            "set the label exporter_name on every path to the server, or keep that series away",
        ),
        Shown::Missing => (
            format!("no series `up` has the agentID {} and the name {name}", expected.agent_id),
            &*sends,
        ),
        Shown::Down => {
            (format!("Trento shows {name} as down: its `up` is {}", exporter.value), &*scrapes)
        }
        Shown::Up if exporter.series > 1 => (
            format!("{name} has {} series `up`; Trento shows the first", exporter.series),
            "scrape the exporter once, or give the other scrape another exporter_name",
        ),
        Shown::Up if !exporter.is_expected => (
            format!("{name} stands beside {}", expected.exporter_name),
            "stop the second way: charts add the values of both up",
        ),
        Shown::Up => (format!("Trento shows {name} as up"), ""),
    };
    json!({
        "endpoint": report.endpoint,
        "exporter_name": name,
        "expected": exporter.is_expected,
        "shown": exporter.shown.name(),
        "value": exporter.value,
        "series": exporter.series,
        "message": message,
        "help": help,
        "at": at,
    })
}

/// Trento's own list contradicts the mode of agent.yaml.
fn pulled(report: &Report, expected: &Expected, at: &Json) -> Json {
    json!({
        "endpoint": report.endpoint,
        "exporter_name": expected.exporter_name,
        "expected": true,
        "shown": "pulled",
        "value": "",
        "series": 0,
        "message": "Trento still lists this host as one whose metrics are pulled",
        "help": "restart the agent: `systemctl restart trento-agent`",
        "at": at,
    })
}
