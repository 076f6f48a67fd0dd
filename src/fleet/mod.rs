//! Many hosts judged in one run: which they are, side by side but told in order, what they say
//! together, and what changed since an earlier run.
//!
//! A [`snapshot`] is one host, packed so that it can be judged elsewhere and mailed to a stranger.
//!
//! A host is judged as if it were alone, from nothing but its own files. How a fleet's report looks
//! is for `render`.

pub mod across;
pub mod hosts;
pub mod judge;
pub mod queue;
pub mod since;
pub mod snapshot;
