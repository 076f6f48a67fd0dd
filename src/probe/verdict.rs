//! The steps of a probe, and what Alloy does on what it meets there.

use serde::Serialize;

/// The steps of a probe, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The host name is looked up.
    Dns,
    /// A port answers.
    Tcp,
    /// The connection is protected and both sides are who they say.
    Tls,
    /// An empty remote write is answered.
    Write,
    /// What lies behind the write is asked: strangers, whole batches, series that arrived.
    Edge,
}

/// What Alloy does when it meets this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The write was taken.
    Accepted,
    /// The write was taken at another address, after a redirect.
    Redirected,
    /// Alloy keeps the samples and tries again.
    Retried,
    /// Alloy drops the samples.
    Dropped,
    /// Alloy does not start with these settings, and refuses to reload.
    NotStarted,
    /// Not asked, so nothing is known.
    Unknown,
}
