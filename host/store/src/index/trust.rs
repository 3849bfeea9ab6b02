//! Whether what is on disk under the index can be trusted. sled acknowledges what is not synced, and takes segments that a
//! power cut left stale for valid ones, in silence. So an index is used again only if it was closed in order, or if the
//! machine has run on since it was opened and only the process was killed. The file `opened` beside sled's own says which:
//! `closed`, or the id of the boot in which it was opened.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

const NAME: &str = "opened";
const CLOSED: &str = "closed";

/// Whether the index in the folder may be used.
pub(crate) fn trusted(folder: &Path) -> bool {
    let Ok(opened) = std::fs::read_to_string(folder.join(NAME)) else { return false };
    opened == CLOSED || boot().is_some_and(|boot| boot == opened)
}

/// Says, durably and before anything is changed, that the index is in use. Makes the folder.
pub(crate) fn opened(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let boot = boot().unwrap_or_default();
    // Written already, it is left alone: on a full disk it could not be written again.
    if std::fs::read_to_string(folder.join(NAME)).is_ok_and(|opened| opened == boot && !boot.is_empty()) {
        return Ok(());
    }
    write(folder, &boot)
}

/// Says that the index was closed in order, once all of it is durable.
pub(crate) fn closed(folder: &Path) -> io::Result<()> {
    sync_all(folder)?;
    write(folder, CLOSED)
}

fn write(folder: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(folder.join(NAME))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// The id of the machine's current boot; none where the system has no such thing.
fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    (!id.is_empty()).then(|| id.to_owned())
}
