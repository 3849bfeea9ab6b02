//! `fsync` and `fdatasync`: the same here, since both cover the length. `sync_file_range`, `sync`, `syncfs` and `msync`
//! are not interposed: they make nothing durable.

use crate::{
    sync::sync,
    sys::{answer, syscall},
};
use libc::c_int;

#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    answer(sync(fd, || syscall!(SYS_fsync, fd))) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    answer(sync(fd, || syscall!(SYS_fdatasync, fd))) as c_int
}
