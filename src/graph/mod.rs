//! The component graph over a merge set: components, references, scopes, data flow, and the label proof.

pub mod schema;
