//! Asks the further questions, all at once, each with no more than it needs to carry.

use std::net::SocketAddr;

use serde_json::Value as Json;
use tokio::time::Instant;
use url::Url;

use crate::probe::answer::{Answer, Asked, classify};
use crate::probe::batch::{USUAL_BATCH, WHOLE_BATCH};
use crate::probe::edge::{Batches, Edge, Expected, PullList, Series, Strangers, Up};
use crate::probe::endpoint::Endpoint;
use crate::probe::material::clean;
use crate::probe::outcome::Outcome;
use crate::probe::request::{Received, Sender};
use crate::probe::tls::{Roots, Setup};

/// Where Prometheus takes remote writes, and where it answers queries.
const WRITE_PATH: &str = "/api/v1/write";
const QUERY_PATH: &str = "/api/v1/query";
/// Where a Trento server lists the hosts that its Prometheus has to pull.
const PULL_LIST_PATH: &str = "/api/v1/prometheus/targets";
/// More of an answer to a query is not read, nor of the list, which names every host of a site.
const MOST_SERIES: usize = 256 << 10;
const MOST_LISTED: usize = 8 << 20;
/// More series of one host than this are not looked at.
const MOST_UPS: usize = 1000;

/// What is known after the write was answered.
pub(in crate::probe) struct Asking<'a> {
    pub(in crate::probe) endpoint: &'a Endpoint,
    /// Where the write was answered.
    pub(in crate::probe) url: &'a Url,
    pub(in crate::probe) address: SocketAddr,
    pub(in crate::probe) setup: &'a Setup,
    pub(in crate::probe) roots: &'a Roots,
    pub(in crate::probe) deadline: Instant,
    pub(in crate::probe) expected: Option<&'a Expected>,
    /// How the write was answered.
    pub(in crate::probe) answer: &'a Answer,
}

const REFUSED: &str = "the write itself is not accepted";

impl Asking<'_> {
    pub(in crate::probe) async fn ask(&self) -> Edge {
        let (strangers, batches, series, pull_list) =
            tokio::join!(self.strangers(), self.batches(), self.series(), self.pull_list());
        Edge { strangers, batches, series, pull_list }
    }

    fn sender<'s>(&'s self, endpoint: &'s Endpoint, url: &'s Url, setup: &'s Setup) -> Sender<'s> {
        let Asking { address, deadline, .. } = *self;
        Sender { endpoint, url, address, setup, deadline }
    }

    /// The connection of somebody who has none of the endpoint's credentials.
    fn bare(&self) -> Result<(Endpoint, Setup), String> {
        let bare = self.endpoint.bare();
        let host = self.url.host_str().unwrap_or_default();
        let setup = Setup::new(&bare.tls, host, self.roots).map_err(|error| error.message())?;
        Ok((bare, setup))
    }

    async fn strangers(&self) -> Strangers {
        // Where credentials are forbidden, it tells much whether strangers are so in the same way.
        if !self.answer.is_accepted() && *self.answer != Answer::Forbidden {
            return Strangers::NotAsked(REFUSED);
        }
        if !self.endpoint.is_authenticated() {
            return Strangers::NotAsked("the endpoint itself sends no credentials");
        }
        let (bare, setup) = match self.bare() {
            Ok(bare) => bare,
            Err(why) => return Strangers::Unclear(why),
        };
        let mut url = self.url.clone();
        url.set_query(None);
        match self.sender(&bare, &url, &setup).write(bare.message, 0).await {
            Ok(received) => match self.classified(&received, &url, false) {
                Answer::Accepted(status) => Strangers::Accepted(status),
                refusal @ (Answer::Unauthorized { .. }
                | Answer::Forbidden
                | Answer::CertificateMissing
                | Answer::CertificateRejected) => Strangers::Refused(
                    refusal.status().map_or_else(String::new, |it| it.to_string()),
                ),
                other => Strangers::Unclear(other.message()),
            },
            // With the endpoint's own certificate the same handshake succeeded.
            Err(Outcome::Tls(failure)) if self.endpoint.tls.certificate.is_some() => {
                Strangers::Refused(failure.message())
            }
            Err(other) => Strangers::Unclear(other.message()),
        }
    }

    async fn batches(&self) -> Batches {
        if !self.answer.is_accepted() {
            return Batches::NotAsked(REFUSED);
        }
        match self.padded(WHOLE_BATCH).await {
            Ok(Answer::Accepted(_)) => Batches::Accepted,
            Ok(Answer::TooLarge) => match self.padded(USUAL_BATCH).await {
                Ok(Answer::TooLarge) => Batches::TooLarge(0),
                _ => Batches::TooLarge(USUAL_BATCH),
            },
            Ok(other) => Batches::Unclear(other.message()),
            Err(why) => Batches::Unclear(why),
        }
    }

    async fn padded(&self, size: usize) -> Result<Answer, String> {
        let sender = self.sender(self.endpoint, self.url, self.setup);
        let sent = sender.write(self.endpoint.message, size).await;
        let received = sent.map_err(|outcome| outcome.message())?;
        Ok(self.classified(&received, self.url, true))
    }

    fn classified(&self, received: &Received, url: &Url, credentials_sent: bool) -> Answer {
        let asked = Asked {
            credentials_sent,
            follow_redirects: false,
            redirected: true,
            ..Asked::of(self.endpoint, url)
        };
        classify(&received.reply, &asked).0
    }

    async fn series(&self) -> Series {
        let Some(base) = self.url.path().strip_suffix(WRITE_PATH) else {
            let why = format!("the URL does not end in {WRITE_PATH}: where queries go is unknown");
            return Series::NotAsked(why);
        };
        let mut url = self.url.clone();
        url.set_path(&format!("{base}{QUERY_PATH}"));
        // Without a host to ask for, the server may still say whether it answers at all.
        let query = match self.expected {
            Some(expected) => format!("up{{agentID={}}}", quoted(&expected.agent_id)),
            None => "vector(1)".to_owned(),
        };
        url.query_pairs_mut().append_pair("query", &query);
        match self.sender(self.endpoint, &url, self.setup).read(MOST_SERIES).await {
            Ok(received) => self.found(&received),
            Err(outcome) => Series::NotExposed(outcome.message()),
        }
    }

    fn found(&self, received: &Received) -> Series {
        let body: Option<Json> = serde_json::from_slice(&received.body).ok();
        match received.reply.status {
            200 => match body.as_ref().and_then(|body| self.vector(body)) {
                Some(_) if self.expected.is_none() => {
                    Series::NotAsked("no agent is named whose series could be asked for".to_owned())
                }
                Some(found) => Series::Found(found),
                None => Series::NotExposed("200, but no result of a query".to_owned()),
            },
            status @ (401 | 403) => Series::NotAllowed(status),
            422 if is_agent_mode(body.as_ref()) => Series::NoQueryApi,
            status => Series::NotExposed(status.to_string()),
        }
    }

    fn vector(&self, body: &Json) -> Option<Vec<Up>> {
        if body["status"] != "success" || body["data"]["resultType"] != "vector" {
            return None;
        }
        let shown = |text: &str| clean(&self.endpoint.scrub(text));
        let series = body["data"]["result"].as_array()?.iter().take(MOST_UPS);
        let ups = series.map(|series| Up {
            exporter_name: series["metric"]["exporter_name"]
                .as_str()
                .filter(|name| !name.is_empty())
                .map(shown),
            value: series["value"][1].as_str().map(shown).unwrap_or_default(),
        });
        Some(ups.collect())
    }

    async fn pull_list(&self) -> PullList {
        let Some(expected) = self.expected else {
            return PullList::NotAsked("no agent is named");
        };
        if !expected.pushes {
            return PullList::NotAsked("the agent is in pull mode");
        }
        let (bare, setup) = match self.bare() {
            Ok(bare) => bare,
            Err(why) => return PullList::Unclear(why),
        };
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_path(PULL_LIST_PATH);
        match self.sender(&bare, &url, &setup).read(MOST_LISTED).await {
            Ok(received) if received.reply.status == 200 && received.is_whole => {
                match listed(&received.body, &expected.agent_id) {
                    Some(true) => PullList::Listed,
                    Some(false) => PullList::NotListed,
                    None => PullList::Unclear("200, but no list of targets".to_owned()),
                }
            }
            Ok(received) => PullList::Unclear(received.reply.status.to_string()),
            Err(outcome) => PullList::Unclear(outcome.message()),
        }
    }
}

/// A text as a query holds it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Whether a 422 is the answer of a Prometheus in agent mode, which has nothing to query.
fn is_agent_mode(body: Option<&Json>) -> bool {
    match body.and_then(|body| body["error"].as_str()) {
        Some(error) => error.to_ascii_lowercase().contains("agent"),
        None => true,
    }
}

/// Whether a list of targets names an agent; none if it is no such list.
fn listed(body: &[u8], agent_id: &str) -> Option<bool> {
    let list: Json = serde_json::from_slice(body).ok()?;
    let groups = list.as_array()?;
    if !groups.iter().all(|group| group["targets"].is_array()) {
        return None;
    }
    Some(groups.iter().any(|group| group["labels"]["agentID"].as_str() == Some(agent_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_query() {
        assert_eq!(quoted(r#"a"} or up{x=\"#), r#""a\"} or up{x=\\""#);
    }

    #[test]
    fn only_a_list_of_targets_is_one() {
        let list = br#"[{"targets": ["h:9100"], "labels": {"agentID": "a"}}]"#;
        assert_eq!(listed(list, "a"), Some(true));
        assert_eq!(listed(list, "b"), Some(false));
        assert_eq!(listed(b"[]", "a"), Some(false));
        assert_eq!(listed(br#"{"status": "success"}"#, "a"), None);
        assert_eq!(listed(b"<html>", "a"), None);
    }
}
