//! Applies and removes the generated file: the only writer of a host's configuration.
