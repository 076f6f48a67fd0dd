//! How a probe ended: one outcome out of all that can happen, each with what it means.
//!
//! Decides nothing about severity; the verdict says only what a sender does on such an answer.

use crate::probe::answer::Answer;
use crate::probe::connect::ConnectFailure;
use crate::probe::resolve::NameFailure;
use crate::probe::tls::TlsFailure;
use crate::probe::verdict::{Step, Verdict};

/// How a probe ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The name could not be looked up.
    Name(NameFailure),
    /// No connection.
    Connect(ConnectFailure),
    /// No protected connection.
    Tls(TlsFailure),
    /// The server answered the write, or failed to.
    Write(Answer),
    /// The last step was not taken, on purpose.
    NotAsked(NotAsked),
}

/// Why a step was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// The caller wanted no more than what stands before this step.
    Limited(Step),
    /// Credentials would travel in clear text to another machine.
    PlainCredentials,
    /// A method of authentication or a kind of proxy that this program does not speak.
    Unsupported(String),
    /// Credentials that cannot be known here.
    UnknownCredentials(String),
    /// A setting of the component that no request can be made with.
    UnusableSetting(String),
}

impl Step {
    /// Its name in flags and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Step::Dns => "dns",
            Step::Tcp => "tcp",
            Step::Tls => "tls",
            Step::Write => "write",
            Step::Edge => "edge",
        }
    }
}

impl Outcome {
    /// The stable name of what happened, in kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Outcome::Name(failure) => failure.code(),
            Outcome::Connect(failure) => failure.code(),
            Outcome::Tls(failure) => failure.code(),
            Outcome::Write(answer) => answer.code(),
            Outcome::NotAsked(reason) => reason.code(),
        }
    }

    /// The step at which it happened.
    pub fn step(&self) -> Step {
        match self {
            Outcome::Name(_) => Step::Dns,
            Outcome::Connect(_) => Step::Tcp,
            Outcome::Tls(_) => Step::Tls,
            Outcome::NotAsked(NotAsked::Limited(step)) => *step,
            Outcome::Write(_) | Outcome::NotAsked(_) => Step::Write,
        }
    }

    /// What Alloy does when it meets this.
    pub fn verdict(&self) -> Verdict {
        match self {
            Outcome::Tls(
                TlsFailure::ClientCertificateUnusable { .. } | TlsFailure::AuthorityUnusable { .. },
            ) => Verdict::NotStarted,
            // Without an answer there is nothing Alloy could give up on: it tries for ever.
            Outcome::Name(_) | Outcome::Connect(_) | Outcome::Tls(_) => Verdict::Retried,
            Outcome::Write(answer) => answer.verdict(),
            Outcome::NotAsked(_) => Verdict::Unknown,
        }
    }

    /// What happened, in one clause.
    pub fn message(&self) -> String {
        match self {
            Outcome::Name(failure) => failure.message(),
            Outcome::Connect(failure) => failure.message(),
            Outcome::Tls(failure) => failure.message(),
            Outcome::Write(answer) => answer.message(),
            Outcome::NotAsked(reason) => reason.message(),
        }
    }

    /// What to do about it; none where nothing is wrong.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Outcome::Name(failure) => Some(failure.help()),
            Outcome::Connect(failure) => Some(failure.help()),
            Outcome::Tls(failure) => Some(failure.help()),
            Outcome::Write(answer) => answer.help(),
            Outcome::NotAsked(reason) => reason.help(),
        }
    }
}

impl NotAsked {
    fn code(&self) -> &'static str {
        match self {
            NotAsked::Limited(_) => "not-asked",
            NotAsked::PlainCredentials => "plain-credentials",
            NotAsked::Unsupported(_) => "unsupported",
            NotAsked::UnknownCredentials(_) => "unknown-credentials",
            NotAsked::UnusableSetting(_) => "unusable-setting",
        }
    }

    fn message(&self) -> String {
        match self {
            NotAsked::Limited(_) => "not tried: no more was asked for".to_owned(),
            NotAsked::PlainCredentials => {
                "not asked: the credentials would cross the network unencrypted".to_owned()
            }
            NotAsked::Unsupported(what) => format!("not asked: {what} cannot be probed"),
            NotAsked::UnknownCredentials(why) => format!("not asked: {why}"),
            NotAsked::UnusableSetting(what) => format!("not asked: {what}"),
        }
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            NotAsked::Limited(_) => None,
            NotAsked::PlainCredentials => {
                Some("use https, or send them all the same with --allow-plain")
            }
            NotAsked::Unsupported(_) => Some("watch the delivery metrics of the sender instead"),
            NotAsked::UnknownCredentials(_) => Some("run it as root, on the host itself"),
            NotAsked::UnusableSetting(_) => Some("correct the setting"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The codes that a source names, as the arms of `code` write them.
    fn codes(source: &str) -> BTreeSet<String> {
        let is_code = |text: &&str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        source
            .lines()
            .filter(|line| !line.trim_start().starts_with("Step::"))
            .filter_map(|line| line.split("=> \"").nth(1)?.split('"').next())
            .filter(is_code)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_page_lists_every_outcome_and_no_other() {
        let page = include_str!("../../docs/live.md");
        let listed: BTreeSet<String> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .map(str::to_owned)
            .collect();
        let sources = [
            include_str!("outcome.rs"),
            include_str!("resolve.rs"),
            include_str!("connect.rs"),
            include_str!("tls/failure.rs"),
            include_str!("answer.rs"),
        ];
        let known: BTreeSet<String> = sources.into_iter().flat_map(codes).collect();
        assert_eq!(listed, known);
    }
}
