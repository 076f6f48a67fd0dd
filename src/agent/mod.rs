//! The Trento agent's settings in force, each with where it came from, and the host's agent ID.
