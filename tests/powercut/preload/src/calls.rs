//! The functions that take libc's place. Each finds out whether the watched root is concerned, and passes on.
//!
//! `open` and `fcntl` are variadic in C. With at most one optional argument, which the x86_64 convention passes in the
//! same register as a fixed one, a fixed signature receives it just as well.

mod descriptors;
mod folders;
mod open;
mod sync;
mod write;
