//! YAML as events with marks: scalar style, duplicate keys and positions, which serde cannot see.
