//! The node_exporter of a host, by the unit that runs it.

use crate::system::System;
use crate::unit::{Absent, Unit};

/// The units of a node_exporter: of Debian's package, of SUSE's, and what upstream suggests.
const EXPORTER_UNITS: &[&str] = &[
    "prometheus-node-exporter.service",
    "prometheus-node_exporter.service",
    "node_exporter.service",
];

/// The name of the node_exporter's unit, if one of its usual names is there.
pub fn unit_name(system: &System) -> Option<&'static str> {
    EXPORTER_UNITS.iter().copied().find(|name| Unit::read(system, name).is_ok())
}

/// The node_exporter's unit.
///
/// # Errors
/// There is none under its usual names, or it may not be read.
pub fn unit(system: &System) -> Result<Unit, Absent> {
    let mut why = Absent {
        reason: "there is no unit of a node_exporter".to_owned(),
        masked_by: None,
        is_denied: false,
    };
    for name in EXPORTER_UNITS {
        match Unit::read(system, name) {
            Ok(unit) => return Ok(unit),
            Err(absent) if absent.is_denied => why = absent,
            Err(_) => {}
        }
    }
    Err(why)
}
