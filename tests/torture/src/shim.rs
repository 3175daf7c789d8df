//! Builds the shim that plays a failing disk, and tells a child process to be subject to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

const SOURCE: &str = include_str!("shim.c");

/// What the disk does to the process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Disk {
    /// The power fails at this call, or at the end of the process if that comes first.
    PowerCut {
        /// Calls before.
        at: u64,
        /// Where a process before has written down what is not on disk, because its sync had failed.
        doomed: Option<PathBuf>,
        /// Whether syncs do nothing: a control that must lose what was acknowledged.
        syncs_lie: bool,
    },
    /// From this call on there is no space, for so many calls.
    Full {
        /// Calls before, of those that take space.
        from: u64,
        /// Calls that fail.
        calls: u64,
    },
    /// This sync fails, once, and what it should have made durable is lost: pages that could not be written count as
    /// clean afterwards, and the next sync says that all is well.
    SyncFails {
        /// Syncs before.
        from: u64,
        /// Where it is written down for the process whose power is cut; none = that is this one, at its end.
        doomed: Option<PathBuf>,
    },
}

/// The shared library, built by the C compiler that RocksDB needs anyway; built once per version of its source.
pub fn library() -> anyhow::Result<PathBuf> {
    let folder = crate::child::program().parent().context("a program lies in a folder")?.join("torture-shim");
    let name = blake3::hash(SOURCE.as_bytes()).to_hex();
    let library = folder.join(format!("shim-{}.so", &name[..16]));
    if library.exists() {
        return Ok(library);
    }
    std::fs::create_dir_all(&folder)?;
    let unique = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let (source, fresh) = (folder.join(format!("shim-{unique}.c")), folder.join(format!("shim-{unique}.so")));
    std::fs::write(&source, SOURCE)?;
    let built = Command::new("cc")
        .args(["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread", "-o"])
        .args([&fresh, &source])
        .output()
        .context("power cuts need a C compiler named `cc`, and there is none")?;
    anyhow::ensure!(built.status.success(), "the shim does not build: {}", String::from_utf8_lossy(&built.stderr));
    std::fs::remove_file(&source)?;
    std::fs::rename(&fresh, &library)?;
    Ok(library)
}

/// Puts a process under the shim: what it does below `root` is subject to the disk. `grave` is a folder on the same
/// file system, where the shim keeps what may have to come back.
pub fn subject(command: &mut Command, root: &Path, grave: &Path, seed: u64, disk: Disk) -> anyhow::Result<()> {
    std::fs::create_dir_all(root)?;
    std::fs::create_dir_all(grave)?;
    command.env("LD_PRELOAD", library()?);
    command.env("TORTURE_ROOT", root.canonicalize()?).env("TORTURE_GRAVE", grave.canonicalize()?);
    command.env("TORTURE_SEED", seed.to_string());
    match disk {
        Disk::PowerCut { at, doomed, syncs_lie } => {
            let lies = u8::from(syncs_lie).to_string();
            command.envs(doomed.map(|doomed| ("TORTURE_DOOMED_FROM", doomed)));
            command.env("TORTURE_CUT_AT", at.to_string()).env("TORTURE_CUT_AT_END", "1").env("TORTURE_SYNCS_LIE", lies)
        }
        Disk::Full { from, calls } => {
            command.env("TORTURE_FULL_FROM", from.to_string()).env("TORTURE_FULL_CALLS", calls.to_string())
        }
        Disk::SyncFails { from, doomed } => {
            command.env("TORTURE_EIO_AT", from.to_string());
            match doomed {
                Some(doomed) => command.env("TORTURE_DOOMED_TO", doomed),
                None => command.env("TORTURE_CUT_AT_END", "1"),
            }
        }
    };
    Ok(())
}

/// The exit code of a process whose power was cut.
pub const POWER_CUT: i32 = 99;
