//! The running host, asked once: units, Alloy's process, the answers of its HTTP server, the
//! endpoint. Live, or as a snapshot recorded them.

use serde_json::Value as Json;

use crate::facts::place::place;
use crate::facts::{GatherError, Host, Options};
use crate::host::alloy_http::Answers;
use crate::host::{Hidden, Seen};
use crate::probe::{self, Limits, Step, Verdict};

impl Host<'_> {
    /// What Alloy's HTTP server answers.
    pub(super) fn answers(&self) -> &Seen<Answers> {
        self.installation().answers()
    }

    /// What the probes of the pipeline's endpoints found, in their order.
    pub(super) fn probes(&self) -> &Result<Vec<probe::Report>, String> {
        self.note_merge_set();
        self.probes.get_or_init(|| {
            let endpoints = match self.deployment() {
                Some(deployment) => {
                    let context = deployment.context(self);
                    let endpoints = deployment.pipeline.endpoints.iter();
                    endpoints
                        .map(|endpoint| {
                            probe::Endpoint::of_component(self.writer(), endpoint, context)
                        })
                        .collect::<Result<Vec<_>, String>>()?
                }
                None => vec![self.endpoint_of_settings()?],
            };
            let Options { timeout, last_step, .. } = *self.options();
            let limits = Limits { timeout, last_step, ..Limits::default() };
            let network = self.system().network().ok_or("not a running host")?;
            let expected = self.expected_series();
            probe::probe(network, &endpoints, limits, expected.as_ref())
                .map_err(|error| error.to_string())
        })
    }

    /// The endpoint that the agent's settings name, for where no pipeline can be known.
    fn endpoint_of_settings(&self) -> Result<probe::Endpoint, String> {
        self.pushes()?;
        let url = self.settings_url().ok_or("agent.yaml names no prometheus-url")?;
        let files = &self.system().files;
        let endpoint = probe::Endpoint::of_settings(files, self.settings(), &url, |_| true);
        let mut endpoint = endpoint.map_err(|error| error.to_string())?;
        endpoint.writer = self.writer();
        Ok(endpoint)
    }

    /// Who writes to the endpoints of this host.
    pub(super) fn writer(&self) -> probe::Writer {
        match self.installation().is_of_prometheus() {
            true => probe::Writer::PROMETHEUS,
            false => probe::Writer::ALLOY,
        }
    }

    /// What Trento expects of this host, where its settings say it.
    pub(super) fn expected_series(&self) -> Option<probe::Expected> {
        self.settings_were_read().ok()?;
        let settings = self.settings();
        Some(probe::Expected {
            agent_id: self.agent_id().ok()?,
            exporter_name: settings.exporter_name().to_owned(),
            pushes: settings.value("prometheus-mode") == "push",
            is_settled: None,
        })
    }

    /// A running host, or a recording of one, that is expected to run Alloy for Trento.
    pub(super) fn runs<T>(&self, seen: &Seen<T>) -> Result<(), String> {
        self.is_a_host()?;
        if let Seen::NotRecorded = seen {
            return Err("not a running host, and nothing of one was recorded".to_owned());
        }
        self.expects_alloy()
    }

    /// Alloy's HTTP server was asked and said something.
    pub(super) fn alloy_answers(&self) -> Result<(), String> {
        self.runs(self.answers())?;
        match self.answers() {
            Seen::Known(_) | Seen::NotRecorded => Ok(()),
            Seen::Hidden(hidden) => Err(format!("Alloy's HTTP server: {}", hidden.reason)),
        }
    }

    /// The probe goes as far as this step.
    pub(super) fn probes_as_far_as(&self, step: Step) -> Result<(), String> {
        match self.options().last_step {
            last if last < step => Err(format!("--probe {}: no more was to be tried", last.name())),
            _ => Ok(()),
        }
    }

    /// The endpoint was asked, this step included, and its port connects.
    pub(super) fn is_reached(&self, step: Step) -> Result<(), String> {
        self.may_probe()?;
        self.probes_as_far_as(step)?;
        match self.probes() {
            Ok(reports) if reports.iter().all(|it| it.step(Step::Tcp) == "passed") => Ok(()),
            _ => Err("the endpoint cannot be reached".to_owned()),
        }
    }

    /// Describes each probe, with the place of the endpoint's URL.
    pub(super) fn for_each_probe(
        &self,
        describe: impl Fn(&probe::Report, Json) -> Json,
    ) -> Result<Json, GatherError> {
        if let Err(reason) = self.asks_network() {
            return Err(GatherError::new("alloy-not-live", reason));
        }
        let reports = match self.probes() {
            Ok(reports) => reports,
            Err(reason) => return Err(GatherError::new("alloy-probe", reason.clone())),
        };
        if !self.has_deployment() {
            let url = self.settings().get("prometheus-url");
            let at = place(url.and_then(|url| url.origin.at().cloned()));
            return Ok(reports.iter().map(|report| describe(report, at.clone())).collect());
        }
        let mut reports = reports.iter();
        Ok(self.for_each_endpoint(|endpoint| {
            reports.next().map_or(Json::Null, |report| describe(report, endpoint.url().at))
        }))
    }

    /// The further questions behind an accepted write were answered: by one endpoint at least in a
    /// way that matters, or by all of them. What was answered says whether it is such a way.
    pub(super) fn is_answered(
        &self,
        answered: impl Fn(&probe::Report) -> Option<Result<bool, String>>,
    ) -> Result<(), String> {
        self.is_reached(Step::Edge)?;
        let reports = self.probes().as_ref().map_err(Clone::clone)?;
        let not_accepted = || Err("the endpoint does not accept the write".to_owned());
        let answers: Vec<Result<bool, String>> = reports
            .iter()
            .map(|report| match report.outcome.verdict() {
                Verdict::Accepted | Verdict::Redirected => {
                    answered(report).unwrap_or_else(not_accepted)
                }
                _ => not_accepted(),
            })
            .collect();
        if answers.iter().any(|answer| answer == &Ok(true)) {
            return Ok(());
        }
        answers.into_iter().find_map(Result::err).map_or(Ok(()), Err)
    }

    /// Describes each endpoint that gave an answer.
    pub(super) fn for_each_answer(
        &self,
        describe: impl Fn(&probe::Report, Json) -> Option<Json>,
    ) -> Result<Json, GatherError> {
        let described =
            self.for_each_probe(|report, at| describe(report, at).unwrap_or(Json::Null))?;
        let answered = described.as_array().into_iter().flatten().filter(|it| !it.is_null());
        Ok(answered.cloned().collect())
    }

    /// The network may be asked about an endpoint.
    pub(super) fn may_probe(&self) -> Result<(), String> {
        self.is_a_host()?;
        self.asks_network()?;
        // Whether the server can be reached does not depend on what parses.
        if !self.has_deployment() && self.endpoint_of_settings().is_err() {
            self.has_endpoint()?;
        }
        match self.probes() {
            Ok(_) => Ok(()),
            Err(reason) => Err(format!("the endpoint cannot be asked: {reason}")),
        }
    }
}

/// What was seen, or why not.
pub(super) fn seen<T>(seen: &Seen<T>) -> Result<&T, GatherError> {
    match seen {
        Seen::Known(value) => Ok(value),
        Seen::NotRecorded => Err(GatherError::new("alloy-not-recorded", "it was not recorded")),
        Seen::Hidden(Hidden { reason, lacks_permission: true }) => {
            Err(GatherError::permission(reason.clone()))
        }
        Seen::Hidden(Hidden { reason, .. }) => {
            Err(GatherError::new("alloy-hidden", reason.clone()))
        }
    }
}
