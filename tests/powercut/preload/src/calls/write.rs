//! Everything that changes a file's bytes or length.

use crate::{
    fds,
    sys::{Outcome, answer, syscall},
    write::{allocate, truncate as truncate_fd, watched_file, write as write_fd},
};
use libc::{AT_FDCWD, EINVAL, O_CLOEXEC, O_WRONLY, c_char, c_int, c_uint, c_void, iovec, off_t, size_t, ssize_t};

#[unsafe(no_mangle)]
extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    answer(write_fd(fd, count, None, |most| syscall!(SYS_write, fd, bytes, most))) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    answer(write_fd(fd, count, Some(at), |most| syscall!(SYS_pwrite64, fd, bytes, most, at))) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    pwrite(fd, bytes, count, at)
}

/// Writes several buffers; when faults let only a part through, no more than the first buffer of them that has bytes.
fn write_parts(fd: c_int, parts: *const iovec, count: c_int, at: Option<off_t>) -> ssize_t {
    let all = || match at {
        Some(at) => syscall!(SYS_pwritev, fd, parts, count, at, 0),
        None => syscall!(SYS_writev, fd, parts, count),
    };
    let length = usize::try_from(count).unwrap_or(0);
    if parts.is_null() || length == 0 || watched_file(fd).is_none() {
        return answer(all()) as ssize_t;
    }
    // SAFETY: not null, and by the interface's contract that many buffers.
    let slices = unsafe { std::slice::from_raw_parts(parts, length) };
    let total = slices.iter().map(|part| part.iov_len).sum();
    let first = slices.iter().find(|part| part.iov_len > 0);
    let real = |most: usize| match first {
        Some(first) if most < total => {
            let most = most.min(first.iov_len);
            match at {
                Some(at) => syscall!(SYS_pwrite64, fd, first.iov_base, most, at),
                None => syscall!(SYS_write, fd, first.iov_base, most),
            }
        }
        _ => all(),
    };
    answer(write_fd(fd, total, at, real)) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    write_parts(fd, parts, count, None)
}

#[unsafe(no_mangle)]
extern "C" fn pwritev(fd: c_int, parts: *const iovec, count: c_int, at: off_t) -> ssize_t {
    write_parts(fd, parts, count, Some(at))
}

#[unsafe(no_mangle)]
extern "C" fn pwritev64(fd: c_int, parts: *const iovec, count: c_int, at: off_t) -> ssize_t {
    write_parts(fd, parts, count, Some(at))
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    answer(truncate_fd(fd, length)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    answer(truncate_fd(fd, length)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn truncate(path: *const c_char, length: off_t) -> c_int {
    if crate::paths::below(AT_FDCWD, path).is_none() {
        return answer(syscall!(SYS_truncate, path, length)) as c_int;
    }
    // By way of a descriptor: the same permissions, and the file is found in the same manner as for every other change.
    let fd = super::open::open_at(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    answer(fd.and_then(|fd| {
        let result = truncate_fd(fd as c_int, length);
        fds::clear(fd as c_int);
        let _ = syscall!(SYS_close, fd);
        result
    })) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn truncate64(path: *const c_char, length: off_t) -> c_int {
    truncate(path, length)
}

#[unsafe(no_mangle)]
extern "C" fn fallocate(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
    answer(allocate(fd, mode, offset, length)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn fallocate64(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
    answer(allocate(fd, mode, offset, length)) as c_int
}

/// Returns the error instead of setting errno. libc's emulation, for file systems that cannot allocate, is left out.
#[unsafe(no_mangle)]
extern "C" fn posix_fallocate(fd: c_int, offset: off_t, length: off_t) -> c_int {
    allocate(fd, 0, offset, length).map_or_else(|errno| errno, |_| 0)
}

#[unsafe(no_mangle)]
extern "C" fn posix_fallocate64(fd: c_int, offset: off_t, length: off_t) -> c_int {
    posix_fallocate(fd, offset, length)
}

/// Bytes that the kernel moves by itself would not be seen: below the root that is refused, and std, like every careful
/// caller, falls back to reading and writing.
fn refuse_below(target: c_int, real: impl FnOnce() -> Outcome) -> ssize_t {
    answer(if watched_file(target).is_some() { Err(EINVAL) } else { real() }) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn copy_file_range(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    count: size_t,
    flags: c_uint,
) -> ssize_t {
    refuse_below(to, || syscall!(SYS_copy_file_range, from, from_at, to, to_at, count, flags))
}

#[unsafe(no_mangle)]
extern "C" fn sendfile(to: c_int, from: c_int, at: *mut off_t, count: size_t) -> ssize_t {
    refuse_below(to, || syscall!(SYS_sendfile, to, from, at, count))
}

#[unsafe(no_mangle)]
extern "C" fn sendfile64(to: c_int, from: c_int, at: *mut off_t, count: size_t) -> ssize_t {
    sendfile(to, from, at, count)
}

#[unsafe(no_mangle)]
extern "C" fn splice(
    from: c_int,
    from_at: *mut off_t,
    to: c_int,
    to_at: *mut off_t,
    count: size_t,
    flags: c_uint,
) -> ssize_t {
    refuse_below(to, || syscall!(SYS_splice, from, from_at, to, to_at, count, flags))
}
