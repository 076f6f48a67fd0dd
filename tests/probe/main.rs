//! The probe, the live host and the deployment against servers: stand-ins of our own, Debian's
//! nginx and Prometheus where they are installed. Loopback only, free ports, all bounded.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may panic")]

mod alloy;
mod apply;
mod certificates;
mod check;
mod edge;
mod real;
mod servers;
mod write;
