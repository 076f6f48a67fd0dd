//! Whoever writes to an endpoint, as far as it matters for a probe: what the message looks like, and
//! what is done with samples that are not taken.

/// The program that writes to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Its name.
    pub program: &'static str,
    /// Whether samples that were answered 429 are tried again, where nothing else is written.
    pub retries_429: bool,
    /// What becomes of it with TLS files that cannot be used.
    pub unusable_files: &'static str,
}

impl Writer {
    /// Grafana Alloy.
    pub const ALLOY: Writer = Writer {
        program: "Alloy",
        retries_429: true,
        unusable_files: "Alloy does not start with it, and answers a reload with 400; one that \
                         already runs keeps the samples and tries again",
    };

    /// Prometheus in agent mode.
    pub const PROMETHEUS: Writer = Writer {
        program: "Prometheus",
        retries_429: false,
        unusable_files: "Prometheus does not start with it, and a reload does not succeed; one \
                         that already runs keeps what it loaded before",
    };
}

/// Which version of the message of remote write is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Message {
    /// `prometheus.WriteRequest`, which every receiver knows.
    #[default]
    V1,
    /// `io.prometheus.write.v2.Request`, which Prometheus receives from 2.54 on.
    V2,
}

impl Message {
    /// The version that a setting names.
    pub fn of_setting(text: &str) -> Message {
        if text == "io.prometheus.write.v2.Request" { Message::V2 } else { Message::V1 }
    }

    /// The headers that belong to it.
    pub(super) fn headers(self) -> (&'static str, &'static str) {
        match self {
            Message::V1 => ("application/x-protobuf", "0.1.0"),
            Message::V2 => ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"),
        }
    }

    /// The message without any series, before it is compressed. The table of symbols of version 2
    /// begins with an empty one.
    pub(super) fn empty(self) -> &'static [u8] {
        match self {
            Message::V1 => &[],
            Message::V2 => &[4 << 3 | 2, 0],
        }
    }
}
