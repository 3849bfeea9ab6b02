//! Which descriptors are open on watched files. One atomic load decides for all others that nothing is to be done, and
//! nothing here takes a lock for them: a forked child may still run through it before it executes another program.

use crate::{
    config::config,
    node::{self, Node},
    sys::{Outcome, Stat},
};
use libc::c_int;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// More than any limit on open files that a test machine sets; beyond it, files are not watched.
const SLOTS: usize = 1 << 20;
const APPEND: u32 = 1 << 31;
const DSYNC: u32 = 1 << 30;
const FAULTY: u32 = 1 << 29;
const NODE: u32 = FAULTY - 1;

/// Zero, or the node's number plus one with the flags above.
static SLOT: [AtomicU32; SLOTS] = [const { AtomicU32::new(0) }; SLOTS];

/// A watched descriptor.
pub(crate) struct Open {
    pub(crate) fd: c_int,
    pub(crate) node: &'static Node,
    flags: u32,
}

impl Open {
    /// Whether every write goes to the end of the file.
    pub(crate) fn appends(&self) -> bool {
        self.flags & APPEND != 0
    }

    /// Whether every write is a sync as well (`O_DSYNC`, `O_SYNC`).
    pub(crate) fn syncs(&self) -> bool {
        self.flags & DSYNC != 0
    }

    /// Whether faults may hit it.
    pub(crate) fn faulty(&self) -> bool {
        self.flags & FAULTY != 0
    }
}

fn slot(fd: c_int) -> Option<&'static AtomicU32> {
    SLOT.get(usize::try_from(fd).ok()?)
}

/// The watched file or folder that a descriptor is open on.
pub(crate) fn watched(fd: c_int) -> Option<Open> {
    let slot = slot(fd)?;
    let value = slot.load(SeqCst);
    if value == 0 {
        return None;
    }
    let node = node::by_id((value & NODE) - 1)?;
    // Descriptors are also closed where nobody can see it (`closedir`, `fclose`, `close_range`) and their numbers reused.
    if Stat::of(fd).map(|stat| stat.inode) != Ok(node.inode) {
        let _ = slot.compare_exchange(value, 0, SeqCst, SeqCst);
        return None;
    }
    Some(Open { fd, node, flags: value })
}

/// Remembers that `fd` is open on `node`.
pub(crate) fn put(fd: c_int, node: &'static Node, flags: c_int, faulty: bool) -> Open {
    let mut value = node.id + 1;
    value |= if flags & libc::O_APPEND != 0 { APPEND } else { 0 };
    value |= if flags & (libc::O_DSYNC | libc::O_SYNC) != 0 { DSYNC } else { 0 };
    value |= if faulty { FAULTY } else { 0 };
    if let Some(slot) = slot(fd) {
        slot.store(value, SeqCst);
    }
    Open { fd, node, flags: value }
}

/// Forgets a descriptor: it is about to be closed, or is now something unwatched.
pub(crate) fn clear(fd: c_int) {
    if let Some(slot) = slot(fd)
        && slot.load(SeqCst) != 0
    {
        slot.store(0, SeqCst);
    }
}

/// `to` is now a duplicate of `from`.
pub(crate) fn duplicate(from: c_int, duplicated: Outcome) -> Outcome {
    let to = duplicated?;
    if config().is_some()
        && let (Some(from), Some(to)) = (slot(from), slot(to as c_int))
    {
        to.store(from.load(SeqCst), SeqCst);
    }
    Ok(to)
}
