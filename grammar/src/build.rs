//! Builds trees that no source was parsed for.
