//! Closing and duplicating descriptors.

use crate::{
    fds,
    sys::{answer, syscall},
};
use libc::{F_DUPFD, F_DUPFD_CLOEXEC, c_int, c_long};

#[unsafe(no_mangle)]
extern "C" fn close(fd: c_int) -> c_int {
    // Before the call: afterwards the number may belong to another thread's file already.
    fds::clear(fd);
    answer(syscall!(SYS_close, fd)) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn dup(fd: c_int) -> c_int {
    answer(fds::duplicate(fd, syscall!(SYS_dup, fd))) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn dup2(from: c_int, to: c_int) -> c_int {
    answer(fds::duplicate(from, syscall!(SYS_dup2, from, to))) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn dup3(from: c_int, to: c_int, flags: c_int) -> c_int {
    answer(fds::duplicate(from, syscall!(SYS_dup3, from, to, flags))) as c_int
}

fn control(fd: c_int, command: c_int, argument: c_long) -> c_int {
    let result = syscall!(SYS_fcntl, fd, command, argument);
    let duplicates = matches!(command, F_DUPFD | F_DUPFD_CLOEXEC);
    answer(if duplicates { fds::duplicate(fd, result) } else { result }) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn fcntl(fd: c_int, command: c_int, argument: c_long) -> c_int {
    control(fd, command, argument)
}

#[unsafe(no_mangle)]
extern "C" fn fcntl64(fd: c_int, command: c_int, argument: c_long) -> c_int {
    control(fd, command, argument)
}
