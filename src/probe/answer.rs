//! What a server's answer to the empty remote write means.
//!
//! A pure function of the answer: nothing is sent from here.

mod classify;

use crate::probe::verdict::Verdict;

pub(super) use classify::{Asked, Reply, classify};

/// What a server made of the empty write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 204, or 200 with nothing in it.
    Accepted(u16),
    /// A 307 or 308 within the same host was followed, and this is what stood at its end.
    Followed(u16, String, Box<Answer>),
    /// 401.
    Unauthorized {
        /// The method the server asks for, as it names it.
        challenge: Option<String>,
        /// Whether credentials were sent.
        sent: bool,
    },
    /// 403.
    Forbidden,
    /// 403, where the same write without credentials is answered 401.
    UsersMissing,
    /// 404 from a Prometheus that was not started as a receiver.
    ReceiverDisabled,
    /// 404 from a Go server that has nothing at this path.
    WrongPath,
    /// 404 from somebody else.
    NotFound,
    /// A web page answers.
    WebPage(u16),
    /// A success that is none: the text is not what a receiver says.
    NoReceiver(u16),
    /// 405.
    MethodNotAllowed,
    /// 301, 302 or 303: the write would arrive as an empty GET.
    Moved(u16, Option<String>),
    /// 307 or 308 to where it is not followed.
    RedirectRefused(u16, Option<String>, RedirectRefusal),
    /// 400 because a client certificate is missing.
    CertificateMissing,
    /// 400 because the client certificate is not the right one.
    CertificateRejected,
    /// 400 because we spoke plain HTTP to a TLS port.
    PlainToTls,
    /// 400 for another reason.
    BadRequest(String),
    /// 407 from a proxy.
    ProxyAuthentication,
    /// 413.
    TooLarge,
    /// 415.
    UnsupportedMedia,
    /// 415 to version 2 of the message, or a success without the number of samples that are stored,
    /// as of a receiver that finds nothing in it.
    NoVersion2 {
        /// What was answered.
        status: u16,
        /// Whether version 1 is accepted; none where that is not known.
        takes_version_1: Option<bool>,
    },
    /// 429.
    TooManyRequests {
        /// Whether the samples are kept and sent again.
        is_retried: bool,
    },
    /// 502, 504.
    DeadUpstream(u16),
    /// 503.
    NotReady,
    /// Another 5xx.
    ServerError(u16),
    /// Any other status.
    Unexpected(u16),
    /// No answer within the time limit.
    TimedOut,
    /// The connection ended before an answer.
    Closed,
    /// What came back is no HTTP.
    InvalidHttp(String),
    /// The proxy did not open the way.
    ProxyFailed(String),
}

/// Why a redirect that Alloy could follow is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectRefusal {
    /// The component has `follow_redirects = false`.
    Disabled,
    /// It leads to another host.
    OtherHost,
    /// It leads from https to http.
    Downgrade,
    /// It is the second one.
    Again,
    /// It leads nowhere that can be understood.
    NoLocation,
}

impl Answer {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Answer::Accepted(_) => "accepted",
            Answer::Followed(_, _, end) if end.is_accepted() => "accepted-after-redirect",
            Answer::Followed(_, _, end) => end.code(),
            Answer::Unauthorized { .. } => "unauthorized",
            Answer::Forbidden | Answer::UsersMissing => "forbidden",
            Answer::ReceiverDisabled => "receiver-disabled",
            Answer::WrongPath => "wrong-path",
            Answer::NotFound => "not-found",
            Answer::WebPage(_) => "web-page",
            Answer::NoReceiver(_) => "no-receiver",
            Answer::MethodNotAllowed => "method-not-allowed",
            Answer::Moved(..) => "moved",
            Answer::RedirectRefused(..) => "redirect-not-followed",
            Answer::CertificateMissing => "certificate-missing",
            Answer::CertificateRejected => "certificate-rejected",
            Answer::PlainToTls => "plain-to-tls",
            Answer::BadRequest(_) => "bad-request",
            Answer::ProxyAuthentication => "proxy-authentication",
            Answer::TooLarge => "too-large",
            Answer::UnsupportedMedia => "unsupported-media-type",
            Answer::NoVersion2 { .. } => "version-not-taken",
            Answer::TooManyRequests { .. } => "too-many-requests",
            Answer::DeadUpstream(_) => "dead-upstream",
            Answer::NotReady => "not-ready",
            Answer::ServerError(_) => "server-error",
            Answer::Unexpected(_) => "unexpected-status",
            Answer::TimedOut => "no-answer",
            Answer::Closed => "connection-closed",
            Answer::InvalidHttp(_) => "invalid-http",
            Answer::ProxyFailed(_) => "proxy-failed",
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Answer::Accepted(_) => Verdict::Accepted,
            Answer::Followed(_, _, end) if end.is_accepted() => Verdict::Redirected,
            Answer::Followed(_, _, end) => end.verdict(),
            Answer::TooManyRequests { is_retried: true }
            | Answer::DeadUpstream(_)
            | Answer::NotReady
            | Answer::ServerError(_)
            | Answer::TimedOut
            | Answer::Closed
            | Answer::InvalidHttp(_)
            | Answer::ProxyFailed(_) => Verdict::Retried,
            Answer::RedirectRefused(_, _, RedirectRefusal::OtherHost | RedirectRefusal::Again) => {
                Verdict::Unknown
            }
            Answer::WebPage(status) if *status < 300 => Verdict::Unknown,
            _ => Verdict::Dropped,
        }
    }

    /// The status the server answered, if it did.
    pub fn status(&self) -> Option<u16> {
        Some(match self {
            Answer::Accepted(status)
            | Answer::WebPage(status)
            | Answer::NoReceiver(status)
            | Answer::Moved(status, _)
            | Answer::RedirectRefused(status, ..)
            | Answer::DeadUpstream(status)
            | Answer::ServerError(status)
            | Answer::NoVersion2 { status, .. }
            | Answer::Unexpected(status) => *status,
            Answer::Followed(_, _, end) => return end.status(),
            Answer::Unauthorized { .. } => 401,
            Answer::Forbidden | Answer::UsersMissing => 403,
            Answer::ReceiverDisabled | Answer::WrongPath | Answer::NotFound => 404,
            Answer::MethodNotAllowed => 405,
            Answer::CertificateMissing
            | Answer::CertificateRejected
            | Answer::PlainToTls
            | Answer::BadRequest(_) => 400,
            Answer::ProxyAuthentication => 407,
            Answer::TooLarge => 413,
            Answer::UnsupportedMedia => 415,
            Answer::TooManyRequests { .. } => 429,
            Answer::NotReady => 503,
            Answer::TimedOut | Answer::Closed | Answer::InvalidHttp(_) | Answer::ProxyFailed(_) => {
                return None;
            }
        })
    }

    /// Where a redirect led or would lead, without secrets.
    pub fn location(&self) -> Option<&str> {
        match self {
            Answer::Followed(_, to, _) => Some(to),
            Answer::Moved(_, to) | Answer::RedirectRefused(_, to, _) => to.as_deref(),
            _ => None,
        }
    }

    /// Whether the write was taken.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Answer::Accepted(_))
    }

    pub(super) fn message(&self) -> String {
        match self {
            Answer::Accepted(status) => format!("{status}: the write is accepted"),
            Answer::Followed(status, to, end) if end.is_accepted() => {
                format!("{status}: the write is redirected to {to} and accepted there")
            }
            Answer::Followed(status, to, end) => {
                format!("after a redirect ({status}) to {to}: {}", end.message())
            }
            Answer::Unauthorized { challenge, sent } => {
                let what = if *sent { "refused" } else { "missing" };
                let asks = challenge.as_ref().map_or(String::new(), |by| format!(" ({by})"));
                format!("401: credentials are {what}{asks}")
            }
            Answer::Moved(status, to) => format!(
                "{status}: the write is redirected to {} and would arrive as an empty GET",
                to.as_deref().unwrap_or("nowhere")
            ),
            Answer::RedirectRefused(status, to, why) => format!(
                "{status}: the write is redirected to {}{}",
                to.as_deref().unwrap_or("nowhere"),
                why.message()
            ),
            Answer::WebPage(status) => format!("{status}: a web page answers, no receiver"),
            Answer::NoReceiver(status) => {
                format!("{status}: the answer is not one of a remote-write receiver")
            }
            Answer::NoVersion2 { status: 415, .. } => {
                "415: the server does not take version 2 of the message".to_owned()
            }
            Answer::NoVersion2 { status, .. } => format!(
                "{status}: the server does not say how many samples it stored, as one that knows \
                 no version 2 of the message, and stores nothing"
            ),
            Answer::BadRequest(text) => format!("400: {text}"),
            Answer::DeadUpstream(status) => {
                format!("{status}: the proxy before the receiver does not reach it")
            }
            Answer::ServerError(status) => format!("{status}: the server failed"),
            Answer::Unexpected(status) => format!("{status}: not an answer a receiver gives"),
            Answer::InvalidHttp(reason) => format!("what came back is no HTTP: {reason}"),
            Answer::ProxyFailed(reason) => format!("the proxy did not open the way: {reason}"),
            plain => classify::text(plain).to_owned(),
        }
    }

    pub(super) fn help(&self) -> Option<&'static str> {
        match self {
            Answer::Accepted(_) => None,
            Answer::Followed(_, _, end) if !end.is_accepted() => end.help(),
            other => Some(classify::help(other)),
        }
    }
}

impl RedirectRefusal {
    fn message(self) -> &'static str {
        match self {
            RedirectRefusal::Disabled => ", and follow_redirects is false",
            RedirectRefusal::OtherHost => ", another host, which must not get the credentials",
            RedirectRefusal::Downgrade => ", away from https",
            RedirectRefusal::Again => ", a second redirect",
            RedirectRefusal::NoLocation => "",
        }
    }
}
