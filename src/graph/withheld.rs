//! What an exporter of the host leaves out of what Trento charts: its filters of file systems, and
//! folders in which it does not find what it reads.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::component::ComponentId;
use super::values::Values;
use crate::eval::Value;
use crate::proof::node_exporter::CHARTED;
use crate::proof::{Dialect, Dropped, Metric, Pattern, Place, Step};

/// Where file systems of a host are mounted. Which of them there are is not known, but a pattern
/// that matches all of these matches any.
const MOUNT_POINTS: &[&str] = &[
    "/",
    "/boot",
    "/boot/efi",
    "/home",
    "/opt",
    "/srv",
    "/usr/local",
    "/usr/sap",
    "/usr/sap/HA1/HDB10",
    "/hana/data",
    "/hana/log/mnt00001",
    "/sapmnt/HA1",
    "/mnt/Q9_x.y-z",
    "/x",
];
/// Types of file systems that hold data, those of a root first.
const TYPES: &[&str] = &[
    "xfs", "btrfs", "ext4", "ext3", "ext2", "vfat", "tmpfs", "nfs", "nfs4", "cifs", "ocfs2",
    "gfs2", "fuse", "zfs",
];
/// Of mount points and types, as many are those of a root file system.
const OF_ROOT: [usize; 2] = [1, 3];

/// What is left out, and of what metrics.
struct Loss {
    collectors: &'static [&'static str],
    what: String,
    place: Place,
    is_certain: bool,
}

/// The charted metrics that an exporter does not give although their collectors are on; none where
/// which are on is not known.
pub(super) fn metrics(
    values: &Values<'_>,
    id: ComponentId,
    enabled: Option<&BTreeSet<String>>,
) -> Vec<(Metric, Dropped)> {
    let mut found: Vec<(Metric, Dropped)> = Vec::new();
    for loss in losses(values, id, enabled) {
        let step = Step::new(id, loss.place, loss.what);
        for &(name, collector, _) in CHARTED {
            if loss.collectors.contains(&collector) {
                let dropped = Dropped { step: step.clone(), is_certain: loss.is_certain };
                found.push((Metric::Charted(name), dropped));
            }
        }
    }
    found
}

fn losses(values: &Values<'_>, id: ComponentId, enabled: Option<&BTreeSet<String>>) -> Vec<Loss> {
    let filters = [
        ("mount_points_exclude", "file system", MOUNT_POINTS, OF_ROOT[0]),
        ("fs_types_exclude", "type of file system", TYPES, OF_ROOT[1]),
    ];
    let mut losses: Vec<Loss> = filters
        .into_iter()
        .filter_map(|(name, of, all, root)| filter(values, id, name, of, all, root))
        .collect();
    losses.extend(procfs(values, id, enabled));
    losses.extend(rootfs(values, id));
    losses
}

/// What a pattern of the block `filesystem` leaves out. Alloy looks for it anywhere in a text.
fn filter(
    values: &Values<'_>,
    id: ComponentId,
    name: &str,
    of: &str,
    all: &[&str],
    root: usize,
) -> Option<Loss> {
    let graph = values.graph();
    let attr = graph.block(id).body().block("filesystem")?.body().attr(name)?;
    let loss = |what: String, is_certain| Loss {
        collectors: &["filesystem"],
        what,
        place: graph.place(id, attr.span()),
        is_certain,
    };
    let value = values.expr(id, attr.value());
    let pattern = match (&value, value.as_str()) {
        (Value::Null, _) | (_, Some("")) => return None,
        (_, Some(pattern)) => pattern.to_owned(),
        (_, None) => return Some(loss(format!("may leave file systems out: `{name}`"), false)),
    };
    let whole = Pattern::new(format!(".*(?:{pattern}).*"), Dialect::ALLOY);
    let matched: Vec<&str> =
        all.iter().copied().filter(|text| whole.is_match(text) == Ok(true)).collect();
    if matched.len() == all.len() {
        return Some(loss(format!("leaves out every {of}: `{name}` matches all"), true));
    }
    let first = all[..root].iter().find(|text| matched.contains(text))?;
    Some(loss(format!("leaves out the {of} `{first}`: `{name}`"), false))
}

/// Where the exporter reads what the kernel shows.
fn procfs(
    values: &Values<'_>,
    id: ComponentId,
    enabled: Option<&BTreeSet<String>>,
) -> Option<Loss> {
    let (path, loss) = folder(values, id, "procfs_path", "/proc")?;
    let collectors: &[&str] = &["cpu", "meminfo", "filesystem"];
    let what = |what: String, is_certain| Some(Loss { collectors, what, is_certain, ..loss() });
    let Some(path) = path else {
        return what("reads what the kernel shows elsewhere: `procfs_path`".to_owned(), false);
    };
    let files = &values.graph().context().files;
    let inside = path.join("meminfo");
    if files.exists(&inside) {
        return None;
    }
    // Alloy does not start where the collector of processors does not find its folder.
    let starts = enabled.is_some_and(|enabled| !enabled.contains("cpu"));
    let is_certain = !files.may_lack(&inside) && (starts || files.exists(&path));
    what(format!("does not find what the kernel shows in {path}: `procfs_path`"), is_certain)
}

/// Where the exporter asks for the sizes of file systems.
fn rootfs(values: &Values<'_>, id: ComponentId) -> Option<Loss> {
    let (path, loss) = folder(values, id, "rootfs_path", "/")?;
    let collectors: &[&str] = &["filesystem"];
    let what = |what: String, is_certain| Some(Loss { collectors, what, is_certain, ..loss() });
    let Some(path) = path else {
        return what("looks for file systems elsewhere: `rootfs_path`".to_owned(), false);
    };
    let files = &values.graph().context().files;
    if files.exists(&path) {
        return None;
    }
    what(format!("looks for file systems in {path}: `rootfs_path`"), !files.may_lack(&path))
}

/// A folder that is not the usual one, none where it is not known; and where it is named.
fn folder<'v>(
    values: &'v Values<'_>,
    id: ComponentId,
    name: &str,
    usual: &str,
) -> Option<(Option<camino::Utf8PathBuf>, impl Fn() -> Loss + 'v)> {
    let graph = values.graph();
    let attr = graph.attr(id, name)?;
    let place = graph.place(id, attr.span());
    let value = values.expr(id, attr.value());
    let path = value.as_str().map(|path| graph.context().working_dir.join(path));
    let is_usual = path.as_deref().is_some_and(|path| is_same(path, Utf8Path::new(usual)));
    if is_usual || matches!(value, Value::Null) {
        return None;
    }
    let loss = move || Loss { collectors: &[], what: String::new(), place, is_certain: false };
    Some((path, loss))
}

fn is_same(a: &Utf8Path, b: &Utf8Path) -> bool {
    a.components().eq(b.components())
}
