//! A fleet as a table: a line a host.

use std::io::{self, Write};

use comfy_table::Cell;

use crate::checks::standing::Standing;
use crate::render::fleet::{Rendering, human};
use crate::render::table::plain;

/// Writes the table and a closing line.
pub(in crate::render) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { fleet, options } = rendering;
    let mut table = plain(options.width);
    table.set_header(["HOST", "RESULT", "CRITICAL", "WARNING"]);
    for host in &fleet.hosts {
        let Ok(judged) = &host.outcome else { continue };
        let at = |standing: Standing| {
            let checks = fleet.checks.iter().zip(&judged.standings);
            let ids = checks.filter(|(_, it)| **it == standing).map(|(check, _)| &*check.id);
            Cell::new(ids.collect::<Vec<_>>().join(" "))
        };
        table.add_row([
            Cell::new(&host.name),
            Cell::new(judged.standing.name()),
            at(Standing::Critical),
            at(Standing::Warning),
        ]);
    }
    if table.row_count() > 0 {
        for line in table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    human::faults(fleet, options, out)?;
    for check in &fleet.across.checks {
        for finding in check.open() {
            writeln!(out, "{} {}: {}", check.id, check.standing.name(), finding.message)?;
        }
    }
    if let Some(changes) = &fleet.changes {
        human::changed(changes, options, out)?;
    }
    human::closing(fleet, options, out)
}
