//! What a run looked at of a host's files: what a snapshot of it has to hold.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

/// What was looked at of a host's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedAt {
    /// Everything that is there, links followed.
    pub paths: BTreeSet<Utf8PathBuf>,
    /// The same as it was asked for: links may stand on the way.
    pub asked: BTreeSet<Utf8PathBuf>,
    /// Files whose content was read, links followed.
    pub read: BTreeSet<Utf8PathBuf>,
    /// Folders whose entries were listed, links followed.
    pub listed: BTreeSet<Utf8PathBuf>,
    /// Files that are a secret as a whole, links followed.
    pub secret: BTreeSet<Utf8PathBuf>,
}
