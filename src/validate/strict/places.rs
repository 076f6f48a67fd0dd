//! Where diagnostics stand, so that what is said of one place is not said twice.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;

/// The spans of diagnostics, by file.
pub(super) struct Places<'d>(BTreeMap<&'d str, Vec<(u32, u32)>>);

impl<'d> Places<'d> {
    pub(super) fn of(diagnostics: &'d [Diagnostic]) -> Places<'d> {
        let mut files: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
        for one in diagnostics.iter().filter(|one| !one.span.is_none()) {
            files.entry(one.source.path()).or_default().push((one.span.start, one.span.end));
        }
        for spans in files.values_mut() {
            spans.sort_unstable();
            // Each end becomes the farthest so far, so that one look answers a question.
            let mut farthest = 0;
            for (_, end) in spans {
                farthest = farthest.max(*end);
                *end = farthest;
            }
        }
        Places(files)
    }

    /// Whether one of the spans meets that of a diagnostic.
    pub(super) fn meet(&self, one: &Diagnostic) -> bool {
        let Some(spans) = self.0.get(one.source.path()) else { return false };
        let before = spans.partition_point(|(start, _)| *start <= one.span.end);
        before > 0 && spans[before - 1].1 >= one.span.start
    }
}
