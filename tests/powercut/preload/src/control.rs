//! The control file: faults that the test switches at run time, counts that it reads, and the operation to die at.

use crate::sys::{die, give_up, syscall};
use libc::c_int;
use qadam_powercut::layout;
use std::{
    ffi::CString,
    sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst},
};

/// The mapped control file, or plain memory when the test gave none.
pub(crate) struct Control {
    base: *mut u8,
}

// SAFETY: the memory stays mapped for the life of the process and is only reached through atomics.
unsafe impl Send for Control {}
// SAFETY: as above.
unsafe impl Sync for Control {}

/// At which moment of the chosen operation the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing of it has happened.
    Before,
    /// The real sync is done, the shadow knows nothing.
    BeforeCopy,
    /// Half of what the sync covers is in the shadow: a torn sync, never acknowledged.
    MidCopy,
    /// All of it has happened, the caller does not know.
    After,
}

impl Cut {
    /// Ends the process if this is the moment.
    pub(crate) fn here(chosen: Option<Self>, moment: Self) {
        if chosen == Some(moment) {
            die();
        }
    }
}

impl Control {
    pub(crate) fn map(path: Option<&[u8]>) -> Self {
        let flags = libc::MAP_SHARED | if path.is_some() { 0 } else { libc::MAP_ANONYMOUS };
        let fd = path.map_or(-1, |path| {
            let path = CString::new(path).unwrap_or_default();
            let opened = syscall!(SYS_openat, libc::AT_FDCWD, path.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC, 0);
            opened.unwrap_or_else(|errno| give_up("opening the control file, errno", &errno))
        });
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let base = syscall!(SYS_mmap, 0, layout::CONTROL_LEN, access, flags, fd, 0)
            .unwrap_or_else(|errno| give_up("mapping the control file, errno", &errno));
        if path.is_some() {
            let _ = syscall!(SYS_close, fd);
        }
        let control = Self { base: base as *mut u8 };
        control.count(layout::ATTACHED);
        control
    }

    pub(crate) fn disk_full(&self) -> bool {
        self.flag(layout::DISK_FULL)
    }

    pub(crate) fn full_in_place(&self) -> bool {
        self.flag(layout::FULL_IN_PLACE)
    }

    pub(crate) fn fail_syncs(&self) -> bool {
        self.flag(layout::FAIL_SYNCS)
    }

    pub(crate) fn short_writes(&self) -> bool {
        self.flag(layout::SHORT_WRITES)
    }

    /// Counts a fault.
    pub(crate) fn fault(&self) {
        self.count(layout::FAULTS);
    }

    /// Counts a fault that makes a call fail with `errno`.
    pub(crate) fn failure(&self, errno: c_int) -> c_int {
        self.fault();
        errno
    }

    /// Counts a watched write and says whether, and when, the process dies in it.
    pub(crate) fn write_begins(&self, seed: u64) -> Option<Cut> {
        self.count(layout::WRITES);
        // The shadow learns nothing from a write (torn pages aside), so only its two ends are of interest.
        self.operation(seed).map(|draw| if draw & 1 == 0 { Cut::Before } else { Cut::After })
    }

    /// The same for a watched sync.
    pub(crate) fn sync_begins(&self, seed: u64) -> Option<Cut> {
        self.count(layout::SYNCS);
        self.operation(seed).map(|draw| match draw & 3 {
            0 => Cut::Before,
            1 => Cut::BeforeCopy,
            2 => Cut::MidCopy,
            _ => Cut::After,
        })
    }

    fn operation(&self, seed: u64) -> Option<u64> {
        let now = self.count(layout::OPERATIONS);
        let last = self.word(layout::KILL_AT).load(SeqCst);
        // Later ones too: the test may have set the number when the process was already past it.
        (last != 0 && now >= last).then(|| draw(seed, last))
    }

    fn count(&self, at: u64) -> u64 {
        self.word(at).fetch_add(1, SeqCst) + 1
    }

    fn flag(&self, at: u64) -> bool {
        // SAFETY: `at` is a constant of `layout` inside the mapping, which lives as long as the process.
        unsafe { AtomicU8::from_ptr(self.base.add(at as usize)) }.load(SeqCst) != 0
    }

    fn word(&self, at: u64) -> &AtomicU64 {
        // SAFETY: as above; the mapping begins on a page and the constants are multiples of eight.
        unsafe { AtomicU64::from_ptr(self.base.add(at as usize).cast()) }
    }
}

/// A number drawn from a seed and a position: splitmix64, so that a run can be repeated.
pub(crate) fn draw(seed: u64, position: u64) -> u64 {
    let mut mixed = seed.wrapping_add(position.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
