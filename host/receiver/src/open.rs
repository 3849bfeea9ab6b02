//! Opening the folder: the list is read, and what it lacks is read from the disclosures' files.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, RwLock},
};

use crate::{
    Options, Receiver, check,
    effects::{Effects, Line},
    known::Known,
    seal,
    shelf::{Kept, Places, Shelf, listed, sync_folder},
    take::took,
};

/// Why a receiver does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the folder.
    #[error("another receiver works on {}", .0.display())]
    InUse(PathBuf),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A disclosure that is there and cannot be taken as it was: a file was changed.
    #[error("{}: {reason}", path.display())]
    Changed {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Receiver {
    /// Opens a folder, made where it is not there.
    ///
    /// # Errors
    /// If another process has it, or a file cannot be read or is not what it was.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let data = &options.data;
        let places = Places::of(data);
        let _ = data.is_dir() || {
            fs::create_dir_all(data).map_err(at(data))?;
            data.parent()
                .filter(|above| !above.as_os_str().is_empty())
                .map(sync_folder)
                .transpose()
                .map_err(at(data))?;
            true
        };
        let lock = locked(data)?;
        sweep(&places.new).map_err(at(&places.new))?;
        fs::create_dir_all(&places.messages).map_err(at(&places.messages))?;
        let mut known = Known::default();
        let mut last = None;
        let effects = Effects::open(&places.effects, |line, place| {
            match line {
                Line::Took(took) if took.seq != known.places.len() as u64 + 1 => return false,
                Line::Took(took) => {
                    known.took(&took, place);
                    last = Some((took.seq, place));
                }
                Line::Again(again) => known.again(&again),
            }
            true
        });
        let mut effects = effects.map_err(at(&places.effects))?;
        // The last line may be of a disclosure that never got its place: then all is read once more without it.
        if let Some((seq, place)) = last
            && places.found(seq).map_err(at(&places.messages))?.is_none()
        {
            effects.take_back(place).map_err(at(&places.effects))?;
            drop((effects, lock));
            return Self::open(options);
        }
        let next = known.places.len() as u64 + 1;
        let mut shelf = Shelf { places: places.clone(), effects, next, broken: None };
        mend(&mut shelf, &mut known)?;
        settle(&shelf)?;
        Ok(Self { options, places, known: RwLock::new(known), shelf: Mutex::new(shelf), _lock: lock })
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File { path, source }
}

fn locked(data: &Path) -> Result<File, OpenError> {
    let path = data.join("lock");
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

/// Files that were being written when the process ended.
fn sweep(new: &Path) -> io::Result<()> {
    fs::create_dir_all(new)?;
    for entry in fs::read_dir(new)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

/// Takes in the disclosures that the list lacks.
fn mend(shelf: &mut Shelf, known: &mut Known) -> Result<(), OpenError> {
    loop {
        let batch = shelf.places.batch(shelf.next);
        let found = listed(&batch).map_err(at(&batch))?;
        let Some((_, path)) = found.into_iter().find(|(seq, _)| *seq == shelf.next) else { return Ok(()) };
        let kept = Kept::read(&path).map_err(at(&path))?;
        let changed = |reason: String| OpenError::Changed { path: path.clone(), reason };
        let checked = check::check(&kept.envelope).map_err(|refusal| changed(refusal.reason))?;
        let stamped =
            seal::check(&kept.envelope, &[], kept.at).map_err(|_| changed("the seal does not hold".into()))?;
        let plan = known.plan(&kept.envelope, &checked, stamped).map_err(|refusal| changed(refusal.reason))?;
        let took = took(shelf.next, &kept.envelope, &checked, &plan, stamped, kept.at);
        let place = shelf.effects.add(&Line::Took(took.clone())).map_err(at(&shelf.places.effects))?;
        known.took(&took, place);
        shelf.next += 1;
    }
}

/// What is known now is on disk: after a kill the last disclosure may not have been.
fn settle(shelf: &Shelf) -> Result<(), OpenError> {
    let Places { messages, effects, .. } = &shelf.places;
    if let Some(last) = shelf.next.checked_sub(1).filter(|last| *last > 0) {
        let batch = shelf.places.batch(last);
        sync_folder(&batch).map_err(at(&batch))?;
        for (_, path) in listed(&batch).map_err(at(&batch))?.into_iter().rev().take(1) {
            File::open(&path).and_then(|file| file.sync_all()).map_err(at(&path))?;
        }
    }
    sync_folder(messages).map_err(at(messages))?;
    shelf.effects.sync().map_err(at(effects))?;
    messages.parent().map_or(Ok(()), sync_folder).map_err(at(messages))
}
