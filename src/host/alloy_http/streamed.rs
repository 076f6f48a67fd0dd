//! Bodies as they arrive: bounded, and of metrics only the lines that matter.

use crate::host::metrics::is_wanted;

/// What is kept of one body.
const MOST_KEPT: usize = 16 << 20;
/// What is received of one body.
const MOST_RECEIVED: usize = 64 << 20;
/// A line longer than this is no line of metrics.
const LONGEST_LINE: usize = 64 << 10;

/// How to keep a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it.
    All,
    /// The lines of metrics that matter.
    Metrics,
}

/// A body that is being received.
pub(super) struct Body {
    keep: Keep,
    received: usize,
    line: Vec<u8>,
    kept: Vec<u8>,
}

impl Body {
    pub(super) fn new(keep: Keep) -> Body {
        Body { keep, received: 0, line: Vec::new(), kept: Vec::new() }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), &'static str> {
        self.received += chunk.len();
        if self.received > MOST_RECEIVED {
            return Err("the answer is larger than 64 MiB");
        }
        match self.keep {
            Keep::All => self.kept.extend_from_slice(chunk),
            Keep::Metrics => {
                for part in chunk.split_inclusive(|byte| *byte == b'\n') {
                    if self.line.len() + part.len() <= LONGEST_LINE {
                        self.line.extend_from_slice(part);
                    }
                    if part.ends_with(b"\n") {
                        self.end_line();
                    }
                }
            }
        }
        if self.kept.len() > MOST_KEPT { Err("the answer is larger than 16 MiB") } else { Ok(()) }
    }

    /// The body, once it has ended.
    pub(super) fn finish(mut self) -> String {
        self.end_line();
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line);
        if is_wanted(&line) {
            self.kept.extend_from_slice(&self.line);
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_filtered_across_the_borders_of_chunks() {
        let mut body = Body::new(Keep::Metrics);
        for chunk in
            ["go_x 1\nalloy_con", "fig_last_load_successful 1\ngo_y", " 2\nalloy_config_x 3"]
        {
            body.push(chunk.as_bytes()).unwrap();
        }
        assert_eq!(body.finish(), "alloy_config_last_load_successful 1\nalloy_config_x 3");
    }

    #[test]
    fn an_endless_line_or_body_takes_no_endless_memory() {
        let mut body = Body::new(Keep::Metrics);
        let chunk = vec![b'x'; 1 << 20];
        assert!((0..64).all(|_| body.push(&chunk).is_ok()));
        assert!(body.line.len() <= LONGEST_LINE);
        assert!(body.push(&chunk).is_err());
    }
}
