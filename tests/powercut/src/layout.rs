//! What the test and the loaded library agree on: variable names, and the bytes of the control file.

/// The watched folder, absolute.
pub const ROOT: &str = "QADAM_SHIM_ROOT";
/// The folder that holds what a power cut would leave, absolute, outside the root.
pub const SHADOW: &str = "QADAM_SHIM_SHADOW";
/// Optional: a seed; with it, some unsynced pages reach the shadow too.
pub const TORN: &str = "QADAM_SHIM_TORN";
/// Optional: the control file, absolute.
pub const CONTROL: &str = "QADAM_SHIM_CONTROL";
/// Optional: faults hit only paths (below the root) that contain this text.
pub const ONLY: &str = "QADAM_SHIM_ONLY";

/// Smallest length of the control file in bytes.
pub const CONTROL_LEN: u64 = 64;

/// Byte: not zero makes growing writes, `fallocate`, `mkdir` and new files fail with ENOSPC.
pub const DISK_FULL: u64 = 0;
/// Byte: not zero makes, while the disk is full, writes inside allocated space fail too.
pub const FULL_IN_PLACE: u64 = 1;
/// Byte: not zero makes `fsync` and `fdatasync` fail with EIO.
pub const FAIL_SYNCS: u64 = 2;
/// Byte: not zero makes writes short: half of the bytes, at least one.
pub const SHORT_WRITES: u64 = 3;
/// u64, little endian: watched writes so far (truncations and allocations count as writes).
pub const WRITES: u64 = 8;
/// u64: watched syncs so far, of files and of folders.
pub const SYNCS: u64 = 16;
/// u64: faults injected so far.
pub const FAULTS: u64 = 24;
/// u64: the process kills itself at this operation; zero is never.
pub const KILL_AT: u64 = 32;
/// u64: watched writes and syncs so far, in one count; `KILL_AT` is compared with it.
pub const OPERATIONS: u64 = 40;
/// u64: processes that loaded the library.
pub const ATTACHED: u64 = 48;
