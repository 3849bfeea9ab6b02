//! Changes of names. They become durable when their folder is synced, which looks at the folder itself; here they are
//! only kept from happening while it is listed.

use crate::{
    config::config,
    names::{changing, names},
    paths::{Below, below},
    sys::{Outcome, Stat, answer, syscall},
};
use libc::{AT_FDCWD, AT_REMOVEDIR, ENOSPC, c_char, c_int, c_uint, mode_t};

type Path = (c_int, *const c_char);

fn watched(paths: &[Path]) -> Option<Below> {
    paths.iter().find_map(|&(dirfd, path)| below(dirfd, path))
}

fn change(paths: &[Path], real: impl Fn() -> Outcome) -> c_int {
    answer(if watched(paths).is_some() { changing(real) } else { real() }) as c_int
}

fn rename_at(from: Path, to: Path, flags: c_uint) -> c_int {
    change(&[from, to], || syscall!(SYS_renameat2, from.0, from.1, to.0, to.1, flags))
}

#[unsafe(no_mangle)]
extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    rename_at((AT_FDCWD, from), (AT_FDCWD, to), 0)
}

#[unsafe(no_mangle)]
extern "C" fn renameat(from_fd: c_int, from: *const c_char, to_fd: c_int, to: *const c_char) -> c_int {
    rename_at((from_fd, from), (to_fd, to), 0)
}

#[unsafe(no_mangle)]
extern "C" fn renameat2(from_fd: c_int, from: *const c_char, to_fd: c_int, to: *const c_char, flags: c_uint) -> c_int {
    rename_at((from_fd, from), (to_fd, to), flags)
}

fn link_at(from: Path, to: Path, flags: c_int) -> c_int {
    change(&[from, to], || syscall!(SYS_linkat, from.0, from.1, to.0, to.1, flags))
}

#[unsafe(no_mangle)]
extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    link_at((AT_FDCWD, from), (AT_FDCWD, to), 0)
}

#[unsafe(no_mangle)]
extern "C" fn linkat(from_fd: c_int, from: *const c_char, to_fd: c_int, to: *const c_char, flags: c_int) -> c_int {
    link_at((from_fd, from), (to_fd, to), flags)
}

fn unlink_at(path: Path, flags: c_int) -> c_int {
    change(&[path], || syscall!(SYS_unlinkat, path.0, path.1, flags))
}

#[unsafe(no_mangle)]
extern "C" fn unlink(path: *const c_char) -> c_int {
    unlink_at((AT_FDCWD, path), 0)
}

#[unsafe(no_mangle)]
extern "C" fn rmdir(path: *const c_char) -> c_int {
    unlink_at((AT_FDCWD, path), AT_REMOVEDIR)
}

#[unsafe(no_mangle)]
extern "C" fn unlinkat(dirfd: c_int, path: *const c_char, flags: c_int) -> c_int {
    unlink_at((dirfd, path), flags)
}

fn make_folder(dirfd: c_int, path: *const c_char, mode: mode_t) -> Outcome {
    let real = || syscall!(SYS_mkdirat, dirfd, path, mode);
    let (Some(config), Some(below)) = (config(), below(dirfd, path)) else { return real() };
    let mut names = names(config);
    if below.faulty() && config.control.disk_full() && Stat::at(dirfd, path).is_err() {
        return Err(config.control.failure(ENOSPC));
    }
    real()?;
    if let Ok(stat) = Stat::at(dirfd, path) {
        names.node(stat, true);
    }
    Ok(0)
}

#[unsafe(no_mangle)]
extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    answer(make_folder(AT_FDCWD, path, mode)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn mkdirat(dirfd: c_int, path: *const c_char, mode: mode_t) -> c_int {
    answer(make_folder(dirfd, path, mode)) as c_int
}
