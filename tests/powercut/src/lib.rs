//! Power cuts, full disks and failing syncs for a real process: the side that a test holds.
//!
//! [`library()`] builds the LD_PRELOAD library (`tests/powercut/preload`), [`Shim`] describes what it watches and gives
//! the environment for the process under test, and [`Control`] breaks the disk while that process runs. After a kill,
//! the shadow folder holds what a power cut would have left: open it, and compare it with what was acknowledged.
//!
//! ```no_run
//! use std::{path::Path, process::Command};
//! # fn main() -> std::io::Result<()> {
//! let library = qadam_powercut::library(&qadam_powercut::own_target_dir()?)?;
//! let shim = qadam_powercut::Shim::watch(&library, Path::new("/tmp/t/data"), Path::new("/tmp/t/shadow"))?.torn(7);
//! shim.control().kill_at(400)?;
//! Command::new("qadam").args(["serve", "--data", "/tmp/t/data"]).envs(shim.env()).status()?;
//! // /tmp/t/shadow is now the disk after the power came back
//! # Ok(())
//! # }
//! ```
//!
//! What is durable is read strictly from POSIX: bytes after `fsync` or `fdatasync` of their file, a new name after a
//! sync of its file *and* of its folder, a rename, removal or `mkdir` after a sync of the folder. `sync_file_range`,
//! `sync`, `syncfs` and `msync` make nothing durable.
//!
//! Not seen, and so never durable (a false alarm, never a false comfort): writes through mmap, io_uring, C stdio, raw
//! system calls (as `rustix` makes them by default) and by processes other than the one that syncs; symbolic links.
//! Linux on x86_64 with glibc only; elsewhere the loaded library is empty.

pub mod layout;
pub mod ranges;

mod build;
mod control;
mod seed;
mod shim;

pub use build::{library, own_target_dir};
pub use control::Control;
pub use shim::Shim;
