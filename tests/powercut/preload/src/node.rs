//! A watched inode: what was written to it since its last sync, and its durable contents in the side area.

use crate::{
    config::config,
    control::draw,
    snapshot::{Snapshot, copy_pages},
    sys::{Stat, by_fd, give_up},
};
use libc::c_int;
use qadam_powercut::ranges::Ranges;
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
};

/// Every node there has been; none is ever freed, so that a descriptor's number stays valid.
static NODES: RwLock<Vec<&'static Node>> = RwLock::new(Vec::new());

/// A file or folder below the root, as long as its inode lives.
pub(crate) struct Node {
    pub(crate) id: u32,
    pub(crate) inode: (u64, u64),
    pub(crate) is_dir: bool,
    /// Where the durable contents lie (a file), or the durable folder while its name is not durable.
    pub(crate) side: PathBuf,
    /// How many names in the shadow lead to it.
    pub(crate) names: AtomicU32,
    /// Whether a sync of the file has ever succeeded: its name may be shown.
    pub(crate) synced: AtomicBool,
    pending: Mutex<Pending>,
    disk: Mutex<Disk>,
}

/// What no sync has covered.
struct Pending {
    dirty: Ranges,
    /// See `Snapshot`; `u64::MAX` when the file was not cut.
    low: u64,
    /// End of the space that `fallocate` reserved, perhaps beyond the file's end.
    reserved: u64,
    /// Writes so far: positions in the random sequence of torn pages.
    writes: u64,
}

/// Snapshots whose syncs run, oldest first, with the number that the next one gets.
#[derive(Default)]
struct Disk {
    staged: VecDeque<(u64, Snapshot)>,
    next: u64,
}

pub(crate) fn by_id(id: u32) -> Option<&'static Node> {
    NODES.read().unwrap_or_else(PoisonError::into_inner).get(id as usize).copied()
}

impl Node {
    /// A node for an inode that has none. All its contents count as unsynced; the caller knows better if it does.
    pub(crate) fn add(stat: Stat, side: &Path) -> &'static Self {
        let mut nodes = NODES.write().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(nodes.len()).unwrap_or_else(|error| give_up("numbering files", &error));
        let mut dirty = Ranges::default();
        dirty.add(0, stat.size);
        let node: &'static Self = Box::leak(Box::new(Self {
            id,
            inode: stat.inode,
            is_dir: stat.is_dir(),
            side: side.join(id.to_string()),
            names: AtomicU32::new(0),
            synced: AtomicBool::new(false),
            pending: Mutex::new(Pending { dirty, low: u64::MAX, reserved: 0, writes: 0 }),
            disk: Mutex::default(),
        }));
        nodes.push(node);
        node
    }

    /// Keeps other writers and syncs of this file out while a write runs and is noted.
    pub(crate) fn begin(&'static self) -> Writing {
        Writing { node: self, pending: lock(&self.pending) }
    }

    /// The file was found in the shadow; if it is the `same` in the root, nothing of it is pending.
    pub(crate) fn found(&self, same: bool) {
        if same {
            lock(&self.pending).dirty.take();
        }
        self.synced.store(true, SeqCst);
    }

    /// A sync begins: notes what it will have covered, in order of beginning, and returns its number.
    pub(crate) fn stage(&self, fd: c_int) -> u64 {
        let mut pending = lock(&self.pending);
        let low = std::mem::replace(&mut pending.low, u64::MAX);
        let ranges = pending.dirty.take();
        let taken = Stat::of(fd).map_err(std::io::Error::from_raw_os_error);
        let taken = taken.and_then(|stat| Snapshot::take(by_fd(fd).as_ref(), low, stat.size, ranges));
        let snapshot = taken.unwrap_or_else(|error| give_up("reading a file at its sync", &error));
        let mut disk = lock(&self.disk);
        disk.next += 1;
        let number = disk.next;
        disk.staged.push_back((number, snapshot));
        number
    }

    /// The sync with this number succeeded, and with it every sync that began earlier.
    pub(crate) fn commit(&self, number: u64, half: bool) {
        let mut disk = lock(&self.disk);
        while let Some((_, snapshot)) = disk.staged.pop_front_if(|(staged, _)| *staged <= number) {
            let applied = snapshot.apply(&self.side, half);
            applied.unwrap_or_else(|error| give_up("copying what a sync covered", &error));
        }
    }

    /// The sync with this number failed. Linux marks the pages clean all the same: what it covered is given up.
    pub(crate) fn abandon(&self, number: u64) {
        lock(&self.disk).staged.retain(|(staged, _)| *staged != number);
    }

    /// A sync that was made to fail: as `abandon`, before anything was staged.
    pub(crate) fn forget(&self) {
        lock(&self.pending).dirty.take();
    }
}

/// The right to change a file's pending state.
pub(crate) struct Writing {
    node: &'static Node,
    pending: MutexGuard<'static, Pending>,
}

impl Writing {
    /// Up to where the file has its space.
    pub(crate) fn room(&self, size: u64) -> u64 {
        size.max(self.pending.reserved)
    }

    /// Bytes from `start` up to `end` were written through `fd`.
    pub(crate) fn wrote(&mut self, fd: c_int, start: u64, end: u64) {
        self.pending.dirty.add(start, end);
        self.pending.writes += 1;
        let torn = config().and_then(|config| config.torn);
        if let Some(seed) = torn.filter(|_| self.node.names.load(SeqCst) > 0) {
            let seed = draw(seed ^ u64::from(self.node.id), self.pending.writes);
            let _in_order = lock(&self.node.disk);
            let early = |page| draw(seed, page) & 1 == 1;
            let copied = copy_pages(by_fd(fd).as_ref(), &self.node.side, (start, end), early);
            copied.unwrap_or_else(|error| give_up("copying torn pages", &error));
        }
    }

    /// The file was cut, or grown, to `length`.
    pub(crate) fn resized(&mut self, length: u64) {
        self.pending.low = self.pending.low.min(length);
        self.pending.dirty.truncate(length);
        self.pending.reserved = self.pending.reserved.min(length);
    }

    /// Bytes changed without a write (a hole was punched, a range moved).
    pub(crate) fn changed(&mut self, start: u64, end: u64) {
        self.pending.dirty.add(start, end);
    }

    /// Space up to `end` was allocated.
    pub(crate) fn reserved(&mut self, end: u64) {
        self.pending.reserved = self.pending.reserved.max(end);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
