//! Who shall own Trento's file: root, readable by the group that Alloy runs in, by nobody else.

use camino::Utf8Path;

use crate::atomic::Look;
use crate::load::MergeSet;
use crate::system::System;
use crate::unit::Unit;

/// The file holds credentials: Alloy reads it through its group.
const MODE: u32 = 0o640;

/// Owner and mode for the file.
///
/// Without the rights to give files away, it stays ours. Where Alloy's group is not known, the
/// folder's group is the best guess, and a file that is there keeps its own.
pub(super) fn look(
    system: &System,
    set: &MergeSet,
    before: Option<(u32, u32)>,
    folder: u32,
) -> Look {
    if !rustix::process::geteuid().is_root() {
        return Look { owner: None, mode: MODE };
    }
    let group = set
        .start
        .unit
        .as_ref()
        .ok()
        .and_then(|unit| group_of(system, unit))
        .or(before.map(|(_, group)| group).filter(|group| *group != 0))
        .unwrap_or(folder);
    let user = before.map_or(0, |(user, _)| user);
    Look { owner: Some((user, group)), mode: MODE }
}

/// Owner and mode for a file that the program of a unit reads; as it was where the group of that
/// program is not known.
pub(super) fn look_for(system: &System, unit: Option<&Unit>, before: Option<Look>) -> Look {
    if !rustix::process::geteuid().is_root() {
        return Look { owner: None, mode: MODE };
    }
    match (unit.and_then(|unit| group_of(system, unit)), before) {
        (Some(group), before) => {
            let user = before.and_then(|before| before.owner).map_or(0, |(user, _)| user);
            Look { owner: Some((user, group)), mode: MODE }
        }
        (None, Some(before)) => before,
        (None, None) => Look { owner: None, mode: MODE },
    }
}

/// The number of the group that a unit runs in.
fn group_of(system: &System, unit: &Unit) -> Option<u32> {
    if let Some(group) = &unit.group {
        let name = group.value.as_str();
        return name.parse().ok().or_else(|| field(system, "/etc/group", name, 2));
    }
    let user = unit.user.as_ref()?.value.as_str();
    field(system, "/etc/passwd", user, 3)
}

/// A number from a file of `name:…:number:…` lines.
fn field(system: &System, path: &str, name: &str, field: usize) -> Option<u32> {
    let text = system.files.read_to_string(Utf8Path::new(path)).ok()?;
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))?
        .get(field)?
        .parse()
        .ok()
}
