//! `open` and its relatives: files below the root get a node, and new ones may find the disk full.

use crate::{
    config::{Config, config},
    fds,
    names::names,
    paths::{Below, below},
    sys::{self, Outcome, Stat, answer},
};
use libc::{AT_FDCWD, ENOSPC, O_CREAT, O_TMPFILE, O_TRUNC, O_WRONLY, c_char, c_int, mode_t};

pub(super) fn open_at(dirfd: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> Outcome {
    if let (Some(config), Some(below)) = (config(), below(dirfd, path)) {
        return open_watched(config, &below, (dirfd, path), flags, mode);
    }
    let fd = sys::openat(dirfd, path, flags, mode)?;
    fds::clear(fd as c_int);
    Ok(fd)
}

fn open_watched(
    config: &'static Config,
    below: &Below,
    (dirfd, path): (c_int, *const c_char),
    flags: c_int,
    mode: mode_t,
) -> Outcome {
    let mut names = names(config);
    let unnamed = flags & O_TMPFILE == O_TMPFILE;
    let creates = unnamed || (flags & O_CREAT != 0 && Stat::at(dirfd, path).is_err());
    if creates && below.faulty() && config.control.disk_full() {
        return Err(config.control.failure(ENOSPC));
    }
    let fd = sys::openat(dirfd, path, flags, mode)?;
    fds::clear(fd as c_int);
    let Ok(stat) = Stat::of(fd as c_int) else { return Ok(fd) };
    if stat.is_file() || stat.is_dir() {
        let node = names.node(stat, creates);
        if flags & O_TRUNC != 0 && !node.is_dir {
            node.begin().resized(0);
        }
        fds::put(fd as c_int, node, flags, below.faulty());
    }
    Ok(fd)
}

#[unsafe(no_mangle)]
extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    answer(open_at(AT_FDCWD, path, flags, mode)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    answer(open_at(AT_FDCWD, path, flags, mode)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn openat(dirfd: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    answer(open_at(dirfd, path, flags, mode)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn openat64(dirfd: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    answer(open_at(dirfd, path, flags, mode)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn creat(path: *const c_char, mode: mode_t) -> c_int {
    answer(open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn creat64(path: *const c_char, mode: mode_t) -> c_int {
    answer(open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode)) as c_int
}
