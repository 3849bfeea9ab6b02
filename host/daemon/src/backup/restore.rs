//! Restoring a backup into an empty folder. The folder appears whole or not at all, and its store begins an epoch of its own: what the
//! original recorded after the backup, and may have delivered, has other ids than what this store records from now on.

use std::{
    fs::{self, File},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use qadam_monitor::access::Role;
use qadam_store::{Store, StoreConfig, begin_epoch};

use super::{Backup, BackupError};
use crate::{
    audit,
    host::OPERATOR_KEY,
    keys::{By, KeyError, Keys, private},
    owner::{give, owner},
};

/// A folder that a host can be started on.
#[derive(Clone, Debug)]
pub(crate) struct Restored {
    /// The new epoch.
    pub(crate) epoch: u32,
    /// The last entry of the backup.
    pub(crate) last: u64,
    /// Id of the operator's key that was made, where the backup had none.
    pub(crate) operator: Option<String>,
}

/// Restores a backup.
pub(crate) fn restore(
    backup: &mut Backup,
    data: &Path,
    by: By<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Restored, BackupError> {
    if fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some()) {
        let what = "a backup is restored into an empty folder only";
        return Err(BackupError::NotEmpty { path: data.to_owned(), what });
    }
    // Without a slash at its end.
    let data = &data.components().collect::<PathBuf>();
    let mut beside = data.as_os_str().to_owned();
    beside.push(".restoring");
    let beside = Path::new(&beside);
    // Now, and not when all is copied.
    if is_mount(data) {
        let what = "as the place of a mount it cannot be replaced: name a folder below it";
        return Err(BackupError::NotEmpty { path: data.clone(), what });
    }
    let owned = owner(data);
    if beside.exists() {
        let what = "a restore was cut short there: remove it";
        return Err(BackupError::NotEmpty { path: beside.to_owned(), what });
    }
    let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    folder(beside).map_err(BackupError::at(beside))?;
    let files = backup.manifest.files.clone();
    for (file, place) in files.iter().zip(0..) {
        progress(place, files.len() as u64);
        let path = beside.join(&file.path);
        let failed = || BackupError::at(&path);
        path.parent().map_or(Ok(()), folder).map_err(failed())?;
        let made = File::options().write(true).create_new(true).mode(0o600).open(&path);
        let mut made = made.map_err(failed())?;
        backup.copy(file, &mut made)?;
        made.sync_all().map_err(failed())?;
    }
    let (epoch, last) = begin_epoch(beside, by.at.as_second())?;
    if last != backup.manifest.last {
        let reason = format!("it ends with entry {last}, not {}", backup.manifest.last);
        return Err(BackupError::Damaged { path: "journal".to_owned(), reason });
    }
    record(beside, backup, epoch, by)?;
    let operator = operator(beside, by)?;
    let place = || -> std::io::Result<()> {
        synced(beside)?;
        owned.map_or(Ok(()), |to| give(beside, to))?;
        if data.exists() {
            fs::remove_dir(data)?;
        }
        fs::rename(beside, data)?;
        let above = data.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()
    };
    place().map_err(BackupError::at(data))?;
    Ok(Restored { epoch, last, operator })
}

/// Whether something is mounted at a folder.
fn is_mount(folder: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).ok().map(|found| found.dev());
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    device(folder).is_some_and(|own| device(above).is_some_and(|above| own != above))
}

/// The names in a folder, and in all below it, are on disk.
fn synced(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            synced(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

/// The first entry of the new epoch says how it came about.
fn record(folder: &Path, backup: &Backup, epoch: u32, by: By<'_>) -> Result<(), BackupError> {
    let store = Store::open(&StoreConfig::in_folder(folder))?;
    let subject = format!("epoch {epoch}, after entry {} of {}", backup.manifest.last, backup.manifest.made_at);
    store.act(audit::act("restore", subject, by.who, by.why, by.at))?;
    store.close();
    Ok(())
}

/// A key for the commands on this machine, where the backup has none and there is room for one.
fn operator(folder: &Path, by: By<'_>) -> Result<Option<String>, BackupError> {
    let path = folder.join(OPERATOR_KEY);
    if path.exists() {
        return Ok(None);
    }
    let keep =
        |key: &str| private(&path, key.as_bytes()).map_err(|source| KeyError::File { path: path.clone(), source });
    match Keys::open(folder)?.new_key_kept(Role::Operator, None, None, by, keep) {
        Ok((entry, _)) => Ok(Some(entry.id)),
        Err(KeyError::TooMany { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
