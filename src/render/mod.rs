//! From a report or a diagnostic to bytes: the only module that knows what output looks like.

pub mod publish;
