//! From status, headers and the first bytes of a body to an [`Answer`].

use url::Url;

use crate::probe::answer::{Answer, RedirectRefusal};
use crate::probe::endpoint::{Auth, Endpoint, shown};
use crate::probe::material::clean;
use crate::probe::writer::Message;

/// What a server sent, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub(in crate::probe) struct Reply {
    pub(in crate::probe) status: u16,
    pub(in crate::probe) content_type: String,
    pub(in crate::probe) location: Option<String>,
    pub(in crate::probe) challenge: Option<String>,
    pub(in crate::probe) date: Option<String>,
    /// Whether it says how many samples it stored, as receivers of version 2 do.
    pub(in crate::probe) has_receipt: bool,
    /// The first bytes of the body, scrubbed of our secrets.
    pub(in crate::probe) text: String,
}

/// What was asked, as far as the answer depends on it.
#[derive(Clone, Copy)]
pub(in crate::probe) struct Asked<'a> {
    pub(in crate::probe) url: &'a Url,
    pub(in crate::probe) credentials_sent: bool,
    pub(in crate::probe) follow_redirects: bool,
    /// Whether a redirect was followed to get here.
    pub(in crate::probe) redirected: bool,
    pub(in crate::probe) message: Message,
    pub(in crate::probe) retries_429: bool,
}

impl<'a> Asked<'a> {
    /// What an endpoint asks first.
    pub(in crate::probe) fn of(endpoint: &Endpoint, url: &'a Url) -> Asked<'a> {
        Asked {
            url,
            credentials_sent: endpoint.auth != Auth::None,
            follow_redirects: endpoint.follow_redirects,
            redirected: false,
            message: endpoint.message,
            retries_429: endpoint.writer.retries_429,
        }
    }
}

/// The answer, and where to ask again if it is a redirect that Alloy follows.
pub(in crate::probe) fn classify(reply: &Reply, asked: &Asked<'_>) -> (Answer, Option<Url>) {
    let answer = match reply.status {
        status @ 200..=299 => match success(status, reply) {
            // A receiver that knows version 1 only finds nothing in it and says yes.
            Answer::Accepted(status) if asked.message == Message::V2 && !reply.has_receipt => {
                Answer::NoVersion2 { status, takes_version_1: None }
            }
            answer => answer,
        },
        status @ (301..=303) => Answer::Moved(status, target(reply, asked).map(|to| shown(&to))),
        307 | 308 => return redirect(reply, asked),
        400 => bad_request(&reply.text),
        401 => Answer::Unauthorized {
            challenge: reply.challenge.as_deref().map(clean),
            sent: asked.credentials_sent,
        },
        403 => Answer::Forbidden,
        404 => not_found(reply),
        405 => Answer::MethodNotAllowed,
        407 => Answer::ProxyAuthentication,
        413 => Answer::TooLarge,
        415 if asked.message == Message::V2 => {
            Answer::NoVersion2 { status: 415, takes_version_1: None }
        }
        415 => Answer::UnsupportedMedia,
        429 => Answer::TooManyRequests { is_retried: asked.retries_429 },
        // nginx's own statuses for a client certificate and for plain HTTP on a TLS port.
        495 => Answer::CertificateRejected,
        496 => Answer::CertificateMissing,
        497 => Answer::PlainToTls,
        status @ (502 | 504) => Answer::DeadUpstream(status),
        503 => Answer::NotReady,
        status @ 500..=599 => Answer::ServerError(status),
        status => Answer::Unexpected(status),
    };
    (answer, None)
}

fn success(status: u16, reply: &Reply) -> Answer {
    match status {
        204 => Answer::Accepted(204),
        200 if reply.text.is_empty() => Answer::Accepted(200),
        _ if is_page(reply) => Answer::WebPage(status),
        _ => Answer::NoReceiver(status),
    }
}

fn not_found(reply: &Reply) -> Answer {
    if reply.text.contains("remote write receiver needs to be enabled") {
        Answer::ReceiverDisabled
    } else if reply.text.trim_start().starts_with("404 page not found") {
        Answer::WrongPath
    } else if is_page(reply) {
        Answer::WebPage(404)
    } else {
        Answer::NotFound
    }
}

fn bad_request(text: &str) -> Answer {
    if text.contains("No required SSL certificate was sent") {
        Answer::CertificateMissing
    } else if text.contains("SSL certificate error") {
        Answer::CertificateRejected
    } else if text.contains("plain HTTP request was sent to HTTPS port")
        || text.contains("Client sent an HTTP request to an HTTPS server")
    {
        Answer::PlainToTls
    } else {
        Answer::BadRequest(clean(text))
    }
}

fn is_page(reply: &Reply) -> bool {
    let head: String = reply.text.trim_start().chars().take(200).collect();
    let head = head.to_ascii_lowercase();
    reply.content_type.to_ascii_lowercase().contains("html")
        || head.starts_with("<!doctype html")
        || head.contains("<html")
}

fn redirect(reply: &Reply, asked: &Asked<'_>) -> (Answer, Option<Url>) {
    let target = target(reply, asked);
    let refusal = match &target {
        None => Some(RedirectRefusal::NoLocation),
        Some(_) if !asked.follow_redirects => Some(RedirectRefusal::Disabled),
        Some(to) if to.host() != asked.url.host() => Some(RedirectRefusal::OtherHost),
        Some(to) if asked.url.scheme() == "https" && to.scheme() != "https" => {
            Some(RedirectRefusal::Downgrade)
        }
        Some(_) if asked.redirected => Some(RedirectRefusal::Again),
        Some(_) => None,
    };
    let location = target.as_ref().map(shown);
    match refusal {
        Some(why) => (Answer::RedirectRefused(reply.status, location, why), None),
        // Stands only until the second request is answered.
        None => (Answer::Moved(reply.status, location), target),
    }
}

fn target(reply: &Reply, asked: &Asked<'_>) -> Option<Url> {
    let to = asked.url.join(reply.location.as_deref()?).ok()?;
    (matches!(to.scheme(), "http" | "https") && to.host().is_some()).then_some(to)
}

/// The messages that need no detail.
pub(super) fn text(answer: &Answer) -> &'static str {
    match answer {
        Answer::Forbidden => "403: the server refuses the write by policy",
        Answer::UsersMissing => {
            "403 with credentials, 401 without: the proxy has no file of users to look them up in"
        }
        Answer::ReceiverDisabled => "404: this Prometheus does not receive remote writes",
        Answer::WrongPath => "404: nothing at this path",
        Answer::NotFound => "404: the server knows no such path",
        Answer::MethodNotAllowed => "405: no write can be sent to this path",
        Answer::CertificateMissing => "400: the server wants a client certificate, none was sent",
        Answer::CertificateRejected => "400: the server does not take the client certificate",
        Answer::PlainToTls => "400: the URL says http, the port speaks https",
        Answer::ProxyAuthentication => "407: the proxy wants credentials",
        Answer::TooLarge => "413: even an empty write is too large for the server",
        Answer::UnsupportedMedia => "415: the server does not take this kind of content",
        Answer::TooManyRequests { .. } => "429: the server is asked too much",
        Answer::NotReady => "503: the server is busy or starting",
        Answer::TimedOut => "no answer within the time limit",
        Answer::Closed => "the connection ended before an answer",
        _ => "the server answered",
    }
}

/// What to do about it.
pub(super) fn help(answer: &Answer) -> &'static str {
    match answer {
        Answer::Unauthorized { sent: true, .. } => {
            "compare method and credentials with those of the server"
        }
        Answer::Unauthorized { sent: false, .. } => "set prometheus-auth and the credentials",
        Answer::Forbidden => "let the server or the proxy before it allow writes from this host",
        Answer::UsersMissing => "give nginx the file that its `auth_basic_user_file` names",
        Answer::ReceiverDisabled => "start Prometheus with --web.enable-remote-write-receiver",
        Answer::WrongPath | Answer::NotFound | Answer::MethodNotAllowed => {
            "correct the path, usually /prometheus/api/v1/write, to the letter"
        }
        Answer::WebPage(_) | Answer::NoReceiver(_) => {
            "correct the path: often /prometheus is missing before /api/v1/write"
        }
        Answer::Moved(..) | Answer::Followed(..) | Answer::RedirectRefused(..) => {
            "put the address it redirects to into the URL"
        }
        Answer::CertificateMissing => "set prometheus-auth to mtls and give certificate and key",
        Answer::CertificateRejected => {
            "use a certificate from an authority that the server trusts for clients"
        }
        Answer::PlainToTls => "write https:// in the URL",
        Answer::ProxyAuthentication => "give the proxy's credentials in proxy_url",
        Answer::TooLarge => "raise the body limit of the proxy (nginx: client_max_body_size)",
        Answer::UnsupportedMedia | Answer::BadRequest(_) => {
            "check that the URL is that of a Prometheus remote-write receiver"
        }
        Answer::TooManyRequests { is_retried: false } => {
            "set `retry_on_http_429: true` in queue_config, so that the samples are kept"
        }
        Answer::TooManyRequests { .. } | Answer::NotReady => {
            "try again; if it stays, ask its operator"
        }
        Answer::NoVersion2 { takes_version_1: Some(true), .. } => {
            "take protobuf_message out of the endpoint: version 1 is accepted there"
        }
        Answer::NoVersion2 { .. } => {
            "take protobuf_message out of the endpoint, or update the receiver to 2.54 or later"
        }
        Answer::DeadUpstream(_) => "start the receiver behind the proxy, or correct its address",
        Answer::ServerError(_) | Answer::Unexpected(_) => "look into the server's log",
        Answer::TimedOut | Answer::Closed | Answer::InvalidHttp(_) => {
            "check that host and port are those of the receiver, and look into its log"
        }
        Answer::ProxyFailed(_) => "check proxy_url and what the proxy allows",
        Answer::Accepted(_) => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::verdict::Verdict;

    fn ask(reply: &Reply) -> (Answer, Option<Url>) {
        let url = Url::parse("https://trento.example/prometheus/api/v1/write").unwrap();
        let endpoint = Endpoint::parse(url.as_str()).unwrap();
        classify(reply, &Asked { credentials_sent: true, ..Asked::of(&endpoint, &url) })
    }

    fn said(status: u16, content_type: &str, text: &str) -> Answer {
        let reply = Reply {
            status,
            content_type: content_type.to_owned(),
            text: text.to_owned(),
            ..Reply::default()
        };
        ask(&reply).0
    }

    #[test]
    fn only_204_and_an_empty_200_are_success() {
        assert!(said(204, "", "").is_accepted());
        assert!(said(200, "", "").is_accepted());
        for (status, text) in [(200, "ok"), (201, ""), (202, ""), (206, "")] {
            assert_eq!(said(status, "", text).code(), "no-receiver", "{status}");
        }
        assert_eq!(said(200, "text/html", "<p>").code(), "web-page");
    }

    #[test]
    fn the_kinds_of_404_and_400_are_told_apart() {
        let disabled = "remote write receiver needs to be enabled with --web.enable-…";
        assert_eq!(said(404, "text/plain", disabled).code(), "receiver-disabled");
        assert_eq!(said(404, "text/plain", "404 page not found\n").code(), "wrong-path");
        assert_eq!(said(404, "text/html", "<html>").code(), "web-page");
        assert_eq!(said(404, "", "").code(), "not-found");
        let nginx = "<center>No required SSL certificate was sent</center>";
        assert_eq!(said(400, "text/html", nginx).code(), "certificate-missing");
        assert_eq!(
            said(400, "text/html", "<h1>The SSL certificate error</h1>").code(),
            "certificate-rejected"
        );
        assert_eq!(
            said(400, "", "The plain HTTP request was sent to HTTPS port").code(),
            "plain-to-tls"
        );
        assert_eq!(said(400, "", "snappy: corrupt").message(), "400: snappy: corrupt");
    }

    #[test]
    fn a_redirect_is_followed_once_and_only_on_the_same_host() {
        let to = |status, location: &str| {
            ask(&Reply { status, location: Some(location.to_owned()), ..Reply::default() })
        };
        assert_eq!(to(308, "https://trento.example/x").1.unwrap().path(), "/x");
        assert_eq!(to(307, "/y").1.unwrap().as_str(), "https://trento.example/y");
        for elsewhere in
            ["https://evil.example/", "http://trento.example/", "ftp://trento.example/"]
        {
            let (answer, next) = to(307, elsewhere);
            assert_eq!((answer.code(), next), ("redirect-not-followed", None), "{elsewhere}");
        }
        for status in [301, 302, 303] {
            let (answer, next) = to(status, "https://u:canary@trento.example/?k=canary");
            assert_eq!((answer.code(), next), ("moved", None));
            assert!(!answer.message().contains("canary"));
        }
    }

    #[test]
    fn what_alloy_retries_and_what_it_drops() {
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(said(status, "", "").verdict(), Verdict::Retried, "{status}");
        }
        for status in [400, 401, 403, 404, 405, 413, 415, 422] {
            assert_eq!(said(status, "", "").verdict(), Verdict::Dropped, "{status}");
        }
    }
}
