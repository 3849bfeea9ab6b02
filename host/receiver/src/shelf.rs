//! The files of what was taken. A disclosure's file appears whole or not at all, and is on disk before anyone is told.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use qadam_delivery::Envelope;
use serde::Deserialize;

use crate::{
    effects::{Effects, Line, Took},
    take::TakeError,
};

/// Disclosures in a folder.
const BATCH: u64 = 1000;
/// The format's name, first in every file.
const FORMAT: &str = "qadam-received/1";

/// Where everything lies.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The folders with the disclosures.
    pub(crate) messages: PathBuf,
    /// The list.
    pub(crate) effects: PathBuf,
    /// Files being written.
    pub(crate) new: PathBuf,
}

impl Places {
    pub(crate) fn of(data: &Path) -> Self {
        Self { messages: data.join("messages"), effects: data.join("effects.jsonl"), new: data.join("new") }
    }

    /// The folder of a disclosure.
    pub(crate) fn batch(&self, seq: u64) -> PathBuf {
        self.messages.join(format!("{:06}", seq / BATCH))
    }

    /// The file of a disclosure, whatever else is in its name.
    pub(crate) fn found(&self, seq: u64) -> io::Result<Option<PathBuf>> {
        Ok(listed(&self.batch(seq))?.into_iter().find(|(number, _)| *number == seq).map(|(_, path)| path))
    }
}

/// The disclosures in a folder, in order.
pub(crate) fn listed(batch: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(batch) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(seq) = name.split('-').next().and_then(|digits| digits.parse().ok()) {
            found.push((seq, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A disclosure as it is kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    format: String,
    /// When it was taken.
    pub(crate) at: Timestamp,
    /// What was taken of the message.
    pub(crate) envelope: Envelope,
}

impl Kept {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let kept: Self = serde_json::from_slice(&fs::read(path)?)?;
        if kept.format == FORMAT { Ok(kept) } else { Err(io::Error::other(format!("it is no {FORMAT}"))) }
    }
}

/// A file that is written and synced, and has no place yet. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Aside(Option<PathBuf>);

impl Aside {
    /// Writes a disclosure.
    pub(crate) fn write(places: &Places, envelope: &Envelope, at: Timestamp) -> Result<Self, TakeError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = places.new.join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        let aside = Self(Some(path.clone()));
        let mut bytes = format!(r#"{{"format":"{FORMAT}","at":"{at}","envelope":"#).into_bytes();
        bytes.extend_from_slice(&envelope.to_bytes());
        bytes.extend_from_slice(b"}\n");
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(&bytes)?;
            file.sync_all()
        };
        write().map_err(|error| TakeError::of(&error))?;
        Ok(aside)
    }
}

impl Aside {
    fn place(mut self, place: &Path) -> io::Result<()> {
        if let Some(path) = &self.0 {
            fs::rename(path, place)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // One that stays is removed at the next start.
        drop(self.0.take().map(fs::remove_file));
    }
}

/// What is written one after another.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) places: Places,
    pub(crate) effects: Effects,
    /// The number of the next disclosure.
    pub(crate) next: u64,
    /// Why nothing more can be taken until a restart, which checks.
    pub(crate) broken: Option<String>,
}

impl Shelf {
    /// Gives a disclosure its place. Whatever fails, either all of it is there or nothing. Answers its place in the list.
    pub(crate) fn commit(&mut self, aside: Aside, took: &Took) -> Result<u64, TakeError> {
        let batch = self.places.batch(took.seq);
        let name = format!("{:09}-{}-{}-{}.json", took.seq, took.destination, took.provider, took.number);
        if !batch.is_dir() {
            fs::create_dir_all(&batch).map_err(|error| TakeError::of(&error))?;
            sync_folder(&self.places.messages).map_err(|error| self.unsure("the folder of messages", &error))?;
            // The start reads on from what is on disk of the list.
            drop(self.effects.sync());
        }
        // The list first: a line without its file is taken back, here or at the next start.
        let place = self.effects.add(&Line::Took(took.clone())).map_err(|error| TakeError::of(&error))?;
        if let Err(error) = aside.place(&batch.join(name)) {
            self.effects.take_back(place).map_err(|error| self.unsure("the list of effects", &error))?;
            return Err(TakeError::of(&error));
        }
        self.next = took.seq + 1;
        sync_folder(&batch).map_err(|error| self.unsure("the folder of a message", &error))?;
        Ok(place)
    }

    /// Whether what is there now will be there after a power cut is not known: nobody is told anything until it is.
    fn unsure(&mut self, what: &str, error: &io::Error) -> TakeError {
        let reason = format!("{what} could not be synced ({error}); nothing is taken until a restart, which checks");
        tracing::error!(reason, "the receiver takes nothing more");
        self.broken = Some(reason.clone());
        TakeError::Unavailable(reason)
    }
}

/// The names in a folder are on disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
