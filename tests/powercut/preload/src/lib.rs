//! The library that LD_PRELOAD loads into the process under test: power cuts, full disks, failing syncs.
//!
//! It stands between the program and libc's file functions. Files below the watched root are followed by inode: which
//! bytes were written since the last sync, and which names since the folder's last sync. When a sync has succeeded, and
//! before the caller hears of it, exactly what it covered is copied into the shadow folder. `qadam_powercut` is the
//! test's side and says what is durable, what is not seen, and how faults are switched on.
//!
//! - `calls` holds the functions that take libc's place; each decides whether the root is concerned and otherwise passes
//!   straight on. The real thing is always a raw system call: it needs no `dlsym`, works before any initialisation, and
//!   cannot recurse. Raw system calls are no pthread cancellation points, which Rust programs do not use.
//! - `node` is a file's life: writes, snapshots at syncs, the durable contents in the side area.
//! - `names` is the namespace: folders, what each durably lists, and hard links from the side area into the shadow.
//! - `fds` says which descriptor is which node. A stale entry (closed where we cannot see it) is found by its inode.
//!
//! The library works on the shadow with std, whose calls come back into `calls` and pass straight on: the shadow is
//! outside the root, and that decision takes no lock. Files below the root it opens by `sys::open_file` only. Locks are taken in the order names, pending, disk.
//!
//! If the shadow cannot be kept true (no space, no permission) the process is aborted with a message: a simulation that
//! goes on with a wrong shadow would prove things that do not hold.

#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![expect(unsafe_code, reason = "interposing C functions: raw system calls, C strings and a shared mapping")]

mod calls;
mod config;
mod control;
mod fds;
mod names;
mod node;
mod paths;
mod snapshot;
mod sync;
mod sys;
mod write;
