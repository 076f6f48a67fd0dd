//! Takes the steps for every endpoint at once, within one time limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use crate::error::{Error, Result};
use crate::probe::answer::{Answer, Asked, classify};
use crate::probe::connect::connect;
use crate::probe::edge::{Asking, Expected, Strangers, findings};
use crate::probe::endpoint::{Auth, Endpoint, is_loopback, shown};
use crate::probe::outcome::{NotAsked, Outcome};
use crate::probe::report::{Report, TlsReport};
use crate::probe::request::Sender;
use crate::probe::resolve::resolve;
use crate::probe::tls::{Roots, Setup, handshake};
use crate::probe::verdict::Step;
use crate::probe::writer::Message;
use crate::system::Network;

/// More endpoints than this are not asked at the same moment.
const MOST_AT_ONCE: usize = 64;

/// How far and how long to go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For all endpoints together.
    pub timeout: Duration,
    /// The last step to take.
    pub last_step: Step,
    /// Whether credentials may cross the network unencrypted.
    pub allow_plain: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { timeout: Duration::from_secs(5), last_step: Step::Write, allow_plain: false }
    }
}

/// Probes endpoints, all at once; the reports are in the endpoints' order. Whether series arrived
/// is judged for whom `expected` names.
///
/// # Errors
/// The system gives no more threads or file descriptors.
pub fn probe(
    _: Network,
    endpoints: &[Endpoint],
    limits: Limits,
    expected: Option<&Expected>,
) -> Result<Vec<Report>> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(16)
        .build()
        .map_err(|error| Error::Invalid(format!("cannot use the network: {error}")))?;
    let reports = runtime.block_on(all(endpoints, limits, expected));
    // A name lookup that hangs must not hold up the end of the program.
    runtime.shutdown_background();
    Ok(reports)
}

async fn all(endpoints: &[Endpoint], limits: Limits, expected: Option<&Expected>) -> Vec<Report> {
    let end = Instant::now() + limits.timeout;
    let roots = Arc::new(Roots::default());
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let expected = expected.cloned().map(Arc::new);
    let mut probes = JoinSet::new();
    for (position, endpoint) in endpoints.iter().cloned().enumerate() {
        let (roots, places, expected) = (roots.clone(), places.clone(), expected.clone());
        probes.spawn(async move {
            let _place = places.acquire().await;
            let own = endpoint.timeout.map_or(end, |own| end.min(Instant::now() + own));
            let expected = expected.as_deref();
            let probing =
                Probing { endpoint: &endpoint, roots: &roots, limits, deadline: own, expected };
            (position, probing.run().await)
        });
    }
    let mut reports = probes.join_all().await;
    reports.sort_by_key(|(position, _)| *position);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// The answer, with what the further ones tell about it.
fn explained(answer: Answer, report: &Report) -> Answer {
    let strangers = report.edge.as_ref().map(|edge| &edge.strangers);
    match (answer, strangers) {
        (Answer::Forbidden, Some(Strangers::Refused(how))) if how == "401" => Answer::UsersMissing,
        (answer, _) => answer,
    }
}

/// Whether the same write is accepted as another message; none where nothing is answered.
async fn takes(sender: &Sender<'_>, asked: Asked<'_>) -> Option<bool> {
    let received = sender.write(asked.message, 0).await.ok()?;
    Some(classify(&received.reply, &asked).0.is_accepted())
}

/// One endpoint on its way.
struct Probing<'a> {
    endpoint: &'a Endpoint,
    roots: &'a Roots,
    limits: Limits,
    deadline: Instant,
    expected: Option<&'a Expected>,
}

/// A write that was answered: by whom, and where to ask again if it is redirected.
struct Answered {
    answer: Answer,
    next: Option<Url>,
    address: SocketAddr,
    setup: Setup,
}

impl Probing<'_> {
    async fn run(&self) -> Report {
        let mut report = self.blank();
        let url = self.endpoint.url();
        match self.steps(url, false, &mut report).await {
            Err(outcome) => report.outcome = outcome,
            Ok(Answered { answer, next: Some(next), .. }) => {
                self.follow(&answer, &next, &mut report).await;
            }
            Ok(answered) => {
                self.go_on(url, &answered, &mut report).await;
                report.outcome = Outcome::Write(explained(answered.answer, &report));
            }
        }
        report
    }

    /// Takes every step again where a redirect leads that may be followed.
    async fn follow(&self, redirect: &Answer, next: &Url, report: &mut Report) {
        report.reached = None;
        report.outcome = match self.steps(next, true, report).await {
            Ok(answered) => {
                self.go_on(next, &answered, report).await;
                let status = redirect.status().unwrap_or_default();
                Outcome::Write(Answer::Followed(status, shown(next), Box::new(answered.answer)))
            }
            Err(broken) => broken,
        };
    }

    /// Asks what lies behind the write, wherever there is somebody who answers.
    async fn go_on(&self, url: &Url, answered: &Answered, report: &mut Report) {
        if self.limits.last_step < Step::Edge || answered.answer.status().is_none() {
            return;
        }
        let Probing { endpoint, roots, deadline, expected, .. } = *self;
        let Answered { address, setup, answer, .. } = answered;
        let address = *address;
        let asking = Asking { endpoint, url, address, setup, roots, deadline, expected, answer };
        let edge = asking.ask().await;
        report.findings = findings(&edge, expected);
        report.edge = Some(edge);
    }

    fn blank(&self) -> Report {
        Report {
            endpoint: self.endpoint.shown(),
            writer: self.endpoint.writer,
            proxy: self.endpoint.proxy.as_ref().map(|proxy| proxy.shown()),
            addresses: Vec::new(),
            connected: None,
            tls: None,
            clock_skew_seconds: None,
            reached: None,
            outcome: Outcome::NotAsked(NotAsked::Limited(self.limits.last_step)),
            edge: None,
            findings: Vec::new(),
        }
    }

    /// Takes every step for one URL, until the write is answered.
    async fn steps(
        &self,
        url: &Url,
        redirected: bool,
        report: &mut Report,
    ) -> Result<Answered, Outcome> {
        let endpoint = self.endpoint;
        let limited = |step| Err(Outcome::NotAsked(NotAsked::Limited(step)));
        let (stream, address) = match self.connected(url, report).await? {
            Some(connected) => connected,
            None => return limited(Step::Tcp),
        };
        if self.limits.last_step == Step::Tcp {
            return limited(Step::Tls);
        }
        if let Some(why) = &endpoint.tls.unknown {
            return Err(Outcome::NotAsked(NotAsked::UnknownCredentials(why.clone())));
        }
        let host = url.host_str().unwrap_or_default();
        let setup = Setup::new(&endpoint.tls, host, self.roots).map_err(Outcome::Tls)?;
        if url.scheme() == "https" && endpoint.proxy.is_none() {
            let shaken = handshake(&setup, stream, self.deadline).await;
            self.note(&setup, report, shaken.as_ref().ok().and_then(|shaken| shaken.version));
            shaken.map_err(Outcome::Tls)?;
            report.reached = Some(Step::Tls);
        } else {
            drop(stream);
        }
        if self.limits.last_step == Step::Tls {
            return limited(Step::Write);
        }
        self.may_send(url, address).map_err(Outcome::NotAsked)?;
        let sender = Sender { endpoint, url, address, setup: &setup, deadline: self.deadline };
        let sent = sender.write(endpoint.message, 0).await;
        if url.scheme() == "https" && endpoint.proxy.is_some() {
            self.note(&setup, report, None);
        }
        let received = sent?;
        report.reached = Some(Step::Tls);
        report.clock_skew_seconds = received.clock_skew;
        let asked = Asked { redirected, ..Asked::of(endpoint, url) };
        let (mut answer, next) = classify(&received.reply, &asked);
        if let Answer::NoVersion2 { takes_version_1, .. } = &mut answer {
            *takes_version_1 = takes(&sender, Asked { message: Message::V1, ..asked }).await;
        }
        Ok(Answered { answer, next, address, setup })
    }

    /// The first two steps, to the proxy if there is one. None: the caller wants no connection.
    async fn connected(
        &self,
        url: &Url,
        report: &mut Report,
    ) -> Result<Option<(TcpStream, SocketAddr)>, Outcome> {
        let first = self.endpoint.proxy.as_ref().map_or(url, |proxy| &proxy.url);
        let wrong = || Outcome::NotAsked(NotAsked::UnusableSetting("the URL has no host".into()));
        let host = first.host().ok_or_else(wrong)?;
        let port = first.port_or_known_default().ok_or_else(wrong)?;
        let addresses = resolve(host, port, self.deadline).await.map_err(Outcome::Name)?;
        report.addresses = addresses.iter().map(|address| address.ip().to_string()).collect();
        report.reached = report.reached.max(Some(Step::Dns));
        if self.limits.last_step == Step::Dns {
            return Ok(None);
        }
        let stream = connect(&addresses, self.deadline).await.map_err(Outcome::Connect)?;
        let address = stream.peer_addr().unwrap_or(addresses[0]);
        report.connected = Some(address.to_string());
        report.reached = report.reached.max(Some(Step::Tcp));
        Ok(Some((stream, address)))
    }

    fn note(&self, setup: &Setup, report: &mut Report, version: Option<&'static str>) {
        let seen = setup.seen();
        report.tls = Some(TlsReport {
            version,
            verified: !self.endpoint.tls.skip_verify,
            certificate: seen.certificate,
            client_certificate_asked: seen.client_certificate_asked,
        });
    }

    /// Whether the request may be made: its credentials are known and stay protected.
    fn may_send(&self, url: &Url, address: SocketAddr) -> Result<(), NotAsked> {
        match &self.endpoint.auth {
            Auth::Unsupported(what) => return Err(NotAsked::Unsupported(what.clone())),
            Auth::Unknown(why) => return Err(NotAsked::UnknownCredentials(why.clone())),
            _ => {}
        }
        let stays_here =
            is_loopback(url) || (self.endpoint.proxy.is_none() && address.ip().is_loopback());
        let is_plain = url.scheme() == "http" && !stays_here;
        if is_plain && self.endpoint.has_credentials() && !self.limits.allow_plain {
            return Err(NotAsked::PlainCredentials);
        }
        Ok(())
    }
}
