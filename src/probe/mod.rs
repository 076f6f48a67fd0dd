//! Asks a remote-write endpoint the one question that matters, link by link.
