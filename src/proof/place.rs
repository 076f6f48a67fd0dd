//! Places that the proof names, as their sender numbers them: components and spans of files.

use alloy_grammar::span::Span;

/// Index of one of the files that a sender reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// Index of what a sender's configuration is made of: a component, a scrape job, a remote write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(u32);

impl FileId {
    /// The file of that number.
    pub fn new(index: usize) -> FileId {
        FileId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Its number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ComponentId {
    /// The component of that number.
    pub fn new(index: usize) -> ComponentId {
        ComponentId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Its number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A span of one of a sender's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The span in it.
    pub span: Span,
}
