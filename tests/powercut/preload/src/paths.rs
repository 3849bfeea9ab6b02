//! Whether a path lies below the watched root. Decided by text: most paths do not, and must cost nothing.

use crate::{config::config, sys};
use libc::{c_char, c_int};
use std::{
    ffi::{CStr, OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Component, Path, PathBuf},
};

/// A path below the root.
pub(crate) struct Below {
    /// Relative to the root, as the program named it.
    relative: Vec<u8>,
}

impl Below {
    /// Whether faults may hit this path.
    pub(crate) fn faulty(&self) -> bool {
        let only = config().and_then(|config| config.only.as_deref());
        only.is_none_or(|text| text.is_empty() || self.relative.windows(text.len()).any(|part| part == text))
    }
}

/// The path that a caller of libc gave, if it lies below the root.
pub(crate) fn below(dirfd: c_int, path: *const c_char) -> Option<Below> {
    config()?;
    if path.is_null() {
        return None;
    }
    // SAFETY: not null, and by the interface's contract a C string.
    let text = OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes());
    let path = Path::new(text);
    if path.is_absolute() {
        return inside(path);
    }
    if text.is_empty() {
        return None;
    }
    let base = if dirfd == libc::AT_FDCWD { "/proc/self/cwd".into() } else { sys::by_fd(dirfd) };
    inside(&fs::read_link(base).ok()?.join(path))
}

/// What a descriptor refers to, if that lies below the root.
pub(crate) fn below_fd(fd: c_int) -> Option<Below> {
    config()?;
    inside(&fs::read_link(sys::by_fd(fd)).ok()?)
}

fn inside(path: &Path) -> Option<Below> {
    let climbs = path.as_os_str().as_bytes().windows(2).any(|pair| pair == b"..");
    let normal = climbs.then(|| normalise(path));
    let path = normal.as_deref().unwrap_or(path);
    let relative = config()?.roots.iter().find_map(|root| path.strip_prefix(root).ok())?;
    Some(Below { relative: OsString::from(relative).into_vec() })
}

/// Resolves `..` by text; a symbolic link before it is not followed.
fn normalise(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    normal
}
