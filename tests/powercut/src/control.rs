//! Breaking the disk while the process runs: the control file, which the loaded library has mapped.

use crate::layout;
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

/// A handle on the control file of one [`Shim`](crate::Shim). What is set here holds from the next call of the process
/// on. A file write and a shared mapping of it see the same pages, so no mapping is needed on this side.
#[derive(Clone, Debug)]
pub struct Control {
    file: Arc<File>,
}

impl Control {
    /// Creates the control file with everything off and all counts at zero.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        file.set_len(layout::CONTROL_LEN)?;
        Ok(Self { file: Arc::new(file) })
    }

    /// Makes growing writes, allocations and new files fail with ENOSPC, or gives the space back. A write that begins
    /// inside the file is short, as on a real disk; the one after it fails.
    pub fn disk_full(&self, on: bool) -> io::Result<()> {
        self.set(layout::DISK_FULL, on)
    }

    /// Makes, while the disk is full, writes inside allocated space fail too (a copy-on-write file system does that).
    pub fn full_in_place(&self, on: bool) -> io::Result<()> {
        self.set(layout::FULL_IN_PLACE, on)
    }

    /// Makes `fsync` and `fdatasync` fail with EIO. As on Linux, what such a sync should have covered is given up: a
    /// later sync that succeeds does not make those bytes durable.
    pub fn fail_syncs(&self, on: bool) -> io::Result<()> {
        self.set(layout::FAIL_SYNCS, on)
    }

    /// Makes every write of two bytes or more write half of them.
    pub fn short_writes(&self, on: bool) -> io::Result<()> {
        self.set(layout::SHORT_WRITES, on)
    }

    /// Kills the process at the `operation`th watched write or sync since the control file was made; 0 is never. Whether
    /// before it, between disk and shadow, half way through the copy or just before it returns is drawn from the number
    /// and the torn seed.
    pub fn kill_at(&self, operation: u64) -> io::Result<()> {
        self.file.write_all_at(&operation.to_le_bytes(), layout::KILL_AT)
    }

    /// Watched writes so far; truncations and allocations count as writes.
    pub fn writes(&self) -> io::Result<u64> {
        self.count(layout::WRITES)
    }

    /// Watched syncs so far, of files and folders, failed ones included.
    pub fn syncs(&self) -> io::Result<u64> {
        self.count(layout::SYNCS)
    }

    /// Watched writes and syncs so far: what [`kill_at`](Self::kill_at) counts.
    pub fn operations(&self) -> io::Result<u64> {
        self.count(layout::OPERATIONS)
    }

    /// Faults injected so far.
    pub fn faults(&self) -> io::Result<u64> {
        self.count(layout::FAULTS)
    }

    /// Processes that loaded the library. Zero after a process did I/O means that the loader ignored LD_PRELOAD, and
    /// whatever the test found proves nothing.
    pub fn attached(&self) -> io::Result<u64> {
        self.count(layout::ATTACHED)
    }

    fn set(&self, at: u64, on: bool) -> io::Result<()> {
        self.file.write_all_at(&[u8::from(on)], at)
    }

    fn count(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
