//! Whose the files of a data folder are. Commands of an administrator's leave to the host's user what they made there. The host's
//! user may change that folder at any time, so nothing is followed by its name: each entry is opened below the folder that was opened
//! before it, no link is followed, and only what is ours, under one name, is handed over.

use std::{io, os::fd::OwnedFd, path::Path};

use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, Uid, fchown, fstat, open, openat};

/// The owner of a folder, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    user: u32,
    group: u32,
}

/// Who owns a folder; none where it is not there.
pub(crate) fn owner(folder: &Path) -> Option<Owner> {
    let found = rustix::fs::statat(rustix::fs::CWD, folder, AtFlags::empty()).ok()?;
    Some(Owner { user: found.st_uid, group: found.st_gid })
}

/// Hands all that is ours in a folder to its owner.
///
/// # Errors
/// Those of the file system.
pub(crate) fn hand_over(folder: &Path) -> io::Result<()> {
    owner(folder).map_or(Ok(()), |to| give(folder, to))
}

/// Hands a folder, and all that is ours in it, to somebody. Without the right to do so nothing happens.
///
/// # Errors
/// Those of the file system.
pub(crate) fn give(folder: &Path, to: Owner) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() || to.user == 0 {
        return Ok(());
    }
    within(open(folder, OPEN | OFlags::DIRECTORY, Mode::empty())?, to)
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

fn within(folder: OwnedFd, to: Owner) -> io::Result<()> {
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        // A link, or gone since.
        let Ok(file) = openat(&folder, name, OPEN, Mode::empty()) else { continue };
        let found = fstat(&file)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => within(file, to)?,
            FileType::RegularFile if found.st_uid == 0 && found.st_nlink == 1 => handed(&file, to)?,
            _ => {}
        }
    }
    if fstat(&folder)?.st_uid == 0 { handed(&folder, to) } else { Ok(()) }
}

fn handed(file: &OwnedFd, to: Owner) -> io::Result<()> {
    Ok(fchown(file, Some(Uid::from_raw(to.user)), Some(Gid::from_raw(to.group)))?)
}
