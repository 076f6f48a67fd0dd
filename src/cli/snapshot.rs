//! `trento-alloy snapshot`: packs what the checks look at, for a support case.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};

use crate::archive::{self, Compression};
use crate::atomic;
use crate::checks::execution::{Plan, environment};
use crate::cli::checks_args::ChecksArgs;
use crate::cli::host_args::HostArgs;
use crate::cli::{self, Exit, Io};
use crate::error::{Error, Result};
use crate::fleet::snapshot::{Packed, files_below, pack};
use crate::render::table::count;
use crate::system::{Content, MemoryTree, Node};
use crate::visible::{Lines, visible};

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy snapshot sap01.tar.gz
  trento-alloy check --root sap01.tar.gz";

/// Pack what the checks look at, without a secret, for a check elsewhere
///
/// Packs the files that facts read, owners, modes and times, and what the running host says, so
/// that `check --root FILE` gives the same results as here. Each secret is replaced by a token that
/// tells nothing of it; equal secrets get equal tokens. What cannot be made safe is left out and
/// named.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The archive, named .tar, .tar.gz or .tar.zst; any other name is that of a folder
    #[arg(value_name = "FILE")]
    file: Utf8PathBuf,
    #[command(flatten)]
    host: HostArgs,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let checks = ChecksArgs::default().all()?;
    let plan = Plan::new(&checks, environment("host"), &[]);
    let packed = pack(&system, &args.host.wanted(), &args.host.options()?, &plan)?;
    match Compression::of_name(&args.file) {
        Some(compression) => {
            let failed = |source| Error::Write { path: args.file.clone(), source };
            let bytes = archive::write(&packed.tree, compression).map_err(failed)?;
            cli::written(&args.file, atomic::write(&args.file, &bytes, 0o600)?, io)?;
        }
        None => folder(&args.file, &packed.tree)?,
    }
    told(&args.file, &packed, io)?;
    Ok(if packed.left_out.is_empty() && packed.unproven.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// Says what was packed, and what was not.
fn told(path: &Utf8Path, packed: &Packed, io: &mut Io<'_>) -> Result<()> {
    for hidden in &packed.hidden {
        io.warn(&format!("not recorded: {}", hidden.reason))?;
    }
    for (file, why) in &packed.left_out {
        let text = format!("left out {file}: {why}");
        writeln!(io.out, "{}", visible(&text, Lines::Fold)).map_err(Error::Output)?;
    }
    for (check, why) in &packed.unproven {
        writeln!(io.out, "not answered {check}: {why}").map_err(Error::Output)?;
    }
    let files = packed.tree.nodes().filter(|(_, node)| matches!(node.content, Content::File(_)));
    let files = count(files.count(), "file");
    let secrets = count(packed.secrets, "secret");
    let path = visible(path.as_str(), Lines::Fold);
    writeln!(io.out, "{path}: {files}, {secrets} replaced").map_err(Error::Output)
}

/// Writes a tree into a folder that is new or empty; only its owner may look at it.
fn folder(root: &Utf8Path, tree: &MemoryTree) -> Result<()> {
    let failed = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    let private = |path: &Utf8Path| {
        fs::DirBuilder::new().mode(0o700).recursive(true).create(path).map_err(failed(path))
    };
    if fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::Usage(format!("{root} is a folder that holds something: name another")));
    }
    private(root)?;
    for (below, Node { content, .. }) in files_below(tree) {
        let path = root.join(below);
        if let Some(above) = path.parent() {
            private(above)?;
        }
        match content {
            Content::Dir => private(&path)?,
            Content::File(bytes) => {
                // No file of that name was there before, under other names either.
                let _new = atomic::write(&path, bytes, 0o600)?;
            }
            Content::Link(target) => symlink(target, &path).map_err(failed(&path))?,
            // Its being there is what matters: Alloy does not start with such an entry.
            Content::Special => {
                let made = rustix::fs::mkfifoat(rustix::fs::CWD, path.as_std_path(), 0o600.into());
                made.map_err(|error| failed(&path)(error.into()))?;
            }
        }
    }
    Ok(())
}
