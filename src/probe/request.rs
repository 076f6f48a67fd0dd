//! One request, a remote write or a question, sent and answered within bounds.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::time::SystemTime;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, redirect, retry};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::probe::answer::{Answer, Reply};
use crate::probe::batch;
use crate::probe::endpoint::{Auth, Endpoint, basic};
use crate::probe::material::clean;
use crate::probe::outcome::{NotAsked, Outcome};
use crate::probe::tls::{Setup, TlsFailure, from_chain};
use crate::probe::writer::Message;

/// The header by which a receiver of version 2 says how many samples it stored.
const SAMPLES_WRITTEN: &str = "x-prometheus-remote-write-samples-written";
/// More of a body than this is not looked at: what it is shows in its first words.
const MOST_TEXT: usize = 16 << 10;

/// Who sends, to which URL at which address, and until when.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) url: &'a Url,
    /// An address that was found to answer.
    pub(super) address: SocketAddr,
    pub(super) setup: &'a Setup,
    pub(super) deadline: Instant,
}

/// What came back, and how far the server's clock is ahead of ours, in seconds.
pub(super) struct Received {
    pub(super) reply: Reply,
    pub(super) clock_skew: Option<i64>,
    /// The body as it came, for whoever reads more than its first words.
    pub(super) body: Vec<u8>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
}

impl Sender<'_> {
    /// Sends a remote write without any sample, padded with so many bytes that nobody reads.
    pub(super) async fn write(
        &self,
        message: Message,
        padding: usize,
    ) -> Result<Received, Outcome> {
        let mut headers = headers(self.endpoint).map_err(unusable)?;
        let (content_type, version) = message.headers();
        for (name, value) in [
            (header::CONTENT_TYPE, content_type),
            (header::CONTENT_ENCODING, "snappy"),
            (HeaderName::from_static("x-prometheus-remote-write-version"), version),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let body = batch::encoded(message.empty(), padding);
        self.send(Method::POST, headers, body, MOST_TEXT).await
    }

    /// Reads what stands at the URL, so many bytes of it.
    pub(super) async fn read(&self, most: usize) -> Result<Received, Outcome> {
        let mut headers = headers(self.endpoint).map_err(unusable)?;
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        self.send(Method::GET, headers, Vec::new(), most).await
    }

    async fn send(
        &self,
        method: Method,
        mut headers: HeaderMap,
        body: Vec<u8>,
        most: usize,
    ) -> Result<Received, Outcome> {
        let url = addressed(self.endpoint, self.url, &mut headers);
        let client = client(self.endpoint, &url, self.address, self.setup).map_err(unusable)?;
        let request = client.request(method, url).headers(headers).body(body);
        match timeout_at(self.deadline, request.send()).await {
            Err(_) => Err(Outcome::Write(Answer::TimedOut)),
            Ok(Err(error)) => Err(failure(self.endpoint, error, self.setup)),
            Ok(Ok(response)) => Ok(self.received(response, most).await),
        }
    }

    async fn received(&self, mut response: Response, most: usize) -> Received {
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?;
            Some(self.endpoint.scrub(&String::from_utf8_lossy(value.as_bytes())))
        };
        let mut reply = Reply {
            status: response.status().as_u16(),
            content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            location: text(header::LOCATION),
            challenge: text(header::WWW_AUTHENTICATE),
            has_receipt: response.headers().contains_key(SAMPLES_WRITTEN),
            date: text(header::DATE),
            text: String::new(),
        };
        let clock_skew = reply.date.as_deref().and_then(skew);
        let mut body = Vec::new();
        let mut is_whole = false;
        // A body that is slow, endless or broken does not change what the status said.
        while let Ok(Ok(chunk)) = timeout_at(self.deadline, response.chunk()).await {
            let Some(chunk) = chunk else {
                is_whole = true;
                break;
            };
            body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]);
            if body.len() == most {
                break;
            }
        }
        let first = &body[..body.len().min(MOST_TEXT)];
        reply.text = self.endpoint.scrub(&String::from_utf8_lossy(first));
        Received { reply, clock_skew, body, is_whole }
    }
}

fn unusable(what: String) -> Outcome {
    Outcome::NotAsked(NotAsked::UnusableSetting(what))
}

/// The URL to use. Where the component expects another name in the certificate, the connection
/// asks for that name too, and only the `Host` header keeps the URL's.
fn addressed(endpoint: &Endpoint, url: &Url, headers: &mut HeaderMap) -> Url {
    let mut asked = url.clone();
    if let Some(name) = &endpoint.tls.server_name
        && url.scheme() == "https"
        && endpoint.proxy.is_none()
        && asked.set_host(Some(name)).is_ok()
        && let (Some(host), port) = (url.host_str(), url.port())
        && let Ok(host) =
            HeaderValue::from_str(&port.map_or(host.to_owned(), |port| format!("{host}:{port}")))
    {
        headers.entry(header::HOST).or_insert(host);
    }
    asked
}

fn client(
    endpoint: &Endpoint,
    url: &Url,
    address: SocketAddr,
    setup: &Setup,
) -> Result<Client, String> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .http1_only()
        .pool_max_idle_per_host(0)
        .tls_backend_preconfigured((*setup.config()).clone());
    let pinned = endpoint.proxy.as_ref().map_or(url, |proxy| &proxy.url);
    if let Some(host) = pinned.host_str() {
        builder = builder.resolve_to_addrs(host, &[address]);
    }
    if let Some(proxy) = &endpoint.proxy {
        let mut through =
            reqwest::Proxy::all(proxy.url.clone()).map_err(|_| "proxy_url is wrong".to_owned())?;
        if let Some((user, password)) = &proxy.credentials {
            through = through.basic_auth(user, password.expose());
        }
        builder = builder.proxy(through);
    }
    builder.build().map_err(|error| clean(&chain(&error.without_url())))
}

fn headers(endpoint: &Endpoint) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &endpoint.headers {
        let wrong = || format!("the header `{}` cannot be sent", clean(name));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    let credentials = match &endpoint.auth {
        Auth::Basic { username, password } => Some(format!("Basic {}", basic(username, password))),
        Auth::Bearer(token) => Some(format!("Bearer {}", token.expose().trim())),
        Auth::Scheme { scheme, credentials } => {
            Some(format!("{scheme} {}", credentials.expose().trim()))
        }
        Auth::None | Auth::Unsupported(_) | Auth::Unknown(_) => None,
    };
    if let Some(credentials) = credentials {
        let mut value = HeaderValue::from_str(&credentials)
            .map_err(|_| "the credentials hold characters that no header can carry".to_owned())?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    headers
        .entry(header::USER_AGENT)
        .or_insert(HeaderValue::from_static(concat!("trento-alloy/", env!("CARGO_PKG_VERSION"))));
    Ok(headers)
}

fn failure(endpoint: &Endpoint, error: reqwest::Error, setup: &Setup) -> Outcome {
    let error = error.without_url();
    if let Some(failure) = from_chain(&error, &setup.seen()) {
        return Outcome::Tls(failure);
    }
    let reason = clean(&endpoint.scrub(&chain(&error)));
    let answer = if endpoint.proxy.is_some() && error.is_connect() {
        if reason.contains("proxy authorization required") {
            Answer::ProxyAuthentication
        } else {
            Answer::ProxyFailed(reason)
        }
    } else if is_closed(&error) {
        Answer::Closed
    } else if error.is_connect() && setup.seen().certificate.is_some() {
        return Outcome::Tls(TlsFailure::Failed { reason });
    } else {
        Answer::InvalidHttp(reason)
    };
    Outcome::Write(answer)
}

/// Whether the other side hung up rather than answered nonsense.
fn is_closed(error: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return !matches!(error.kind(), std::io::ErrorKind::InvalidData);
        }
        let text = error.to_string();
        if text.contains("connection closed") || text.contains("channel closed") {
            return true;
        }
        next = error.source();
    }
    false
}

/// What an error says about its causes, the outermost left out: it only repeats the request.
fn chain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        parts.push(error.to_string());
        next = error.source();
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}

/// How many seconds a `Date` is ahead of this host's clock.
fn skew(date: &str) -> Option<i64> {
    let server = OffsetDateTime::parse(date.trim(), &Rfc2822).ok()?.unix_timestamp();
    let ours = OffsetDateTime::from(SystemTime::now()).unix_timestamp();
    Some(server.saturating_sub(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_http_is_understood() {
        assert!(skew("Sun, 06 Nov 1994 08:49:37 GMT").unwrap() < -1_000_000_000);
        assert_eq!(skew("yesterday"), None);
    }
}
