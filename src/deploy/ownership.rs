//! Who shall own Trento's file: root, readable by the group that Alloy runs in, by nobody else.

use camino::Utf8Path;

use crate::atomic::Look;
use crate::load::MergeSet;
use crate::system::System;

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
    let group = alloy_group(system, set)
        .or(before.map(|(_, group)| group).filter(|group| *group != 0))
        .unwrap_or(folder);
    let user = before.map_or(0, |(user, _)| user);
    Look { owner: Some((user, group)), mode: MODE }
}

/// The number of the group that Alloy's unit runs in.
fn alloy_group(system: &System, set: &MergeSet) -> Option<u32> {
    let unit = set.start.unit.as_ref().ok()?;
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
