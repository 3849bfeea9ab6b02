//! What happens around a write, a truncation and an allocation of a watched file.

use crate::{
    config::{Config, config},
    control::Cut,
    fds::{self, Open},
    node::Writing,
    sync,
    sys::{Outcome, Stat, syscall},
};
use libc::{EIO, ENOSPC, c_int};

/// Writes up to `total` bytes through `fd`, at the offset `at` or where the descriptor stands. `real` writes at most as
/// many bytes as it is told.
pub(crate) fn write(fd: c_int, total: usize, at: Option<i64>, real: impl Fn(usize) -> Outcome) -> Outcome {
    let Some((config, open)) = watched_file(fd) else { return real(total) };
    let cut = config.control.write_begins(config.torn.unwrap_or(0));
    Cut::here(cut, Cut::Before);
    let mut writing = open.node.begin();
    let size = Stat::of(fd)?.size;
    let start = match at {
        _ if open.appends() => size,
        Some(at) => at.unsigned_abs(),
        None => syscall!(SYS_lseek, fd, 0, libc::SEEK_CUR)?.unsigned_abs(),
    };
    let written = real(allowed(config, &open, total, start, writing.room(size))?)?;
    writing.wrote(fd, start, start + written.unsigned_abs());
    drop(writing);
    if open.syncs() && written > 0 {
        if open.faulty() && config.control.fail_syncs() {
            open.node.forget();
            return Err(config.control.failure(EIO));
        }
        sync::covered(config, &open, None, || Ok(0))?;
    }
    Cut::here(cut, Cut::After);
    Ok(written)
}

/// How many of `total` bytes the faults let through.
fn allowed(config: &Config, open: &Open, total: usize, start: u64, room: u64) -> Outcome<usize> {
    let control = &config.control;
    if !open.faulty() || total == 0 {
        return Ok(total);
    }
    let mut allowed = total;
    if control.disk_full() {
        let left = usize::try_from(room.saturating_sub(start)).unwrap_or(usize::MAX);
        if left == 0 || control.full_in_place() {
            return Err(control.failure(ENOSPC));
        }
        allowed = allowed.min(left);
    }
    if control.short_writes() {
        allowed = (allowed / 2).max(1);
    }
    if allowed < total {
        control.fault();
    }
    Ok(allowed)
}

/// Cuts or grows a file to `length`; the change is durable with the file's next sync.
pub(crate) fn truncate(fd: c_int, length: i64) -> Outcome {
    let real = || syscall!(SYS_ftruncate, fd, length);
    let Some((config, open)) = watched_file(fd) else { return real() };
    let cut = config.control.write_begins(config.torn.unwrap_or(0));
    Cut::here(cut, Cut::Before);
    let mut writing = open.node.begin();
    real()?;
    writing.resized(length.unsigned_abs());
    Cut::here(cut, Cut::After);
    Ok(0)
}

/// Allocates or gives back space. Its length counts with the file's next sync, and what was not written reads as zeros.
pub(crate) fn allocate(fd: c_int, mode: c_int, offset: i64, length: i64) -> Outcome {
    let real = || syscall!(SYS_fallocate, fd, mode, offset, length);
    let Some((config, open)) = watched_file(fd) else { return real() };
    let cut = config.control.write_begins(config.torn.unwrap_or(0));
    Cut::here(cut, Cut::Before);
    if open.faulty() && config.control.disk_full() && mode & libc::FALLOC_FL_PUNCH_HOLE == 0 {
        return Err(config.control.failure(ENOSPC));
    }
    let mut writing = open.node.begin();
    real()?;
    note_allocation(&mut writing, mode, (offset.unsigned_abs(), (offset + length).unsigned_abs()), Stat::of(fd)?.size);
    Cut::here(cut, Cut::After);
    Ok(0)
}

fn note_allocation(writing: &mut Writing, mode: c_int, (start, end): (u64, u64), size: u64) {
    if mode & (libc::FALLOC_FL_COLLAPSE_RANGE | libc::FALLOC_FL_INSERT_RANGE) != 0 {
        writing.resized(start);
        writing.changed(start, size);
    } else if mode & (libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_ZERO_RANGE) != 0 {
        writing.changed(start, end.min(size));
    } else {
        writing.reserved(end);
    }
}

/// The descriptor's file, if it is watched.
pub(crate) fn watched_file(fd: c_int) -> Option<(&'static Config, Open)> {
    let open = fds::watched(fd).filter(|open| !open.node.is_dir)?;
    Some((config()?, open))
}
