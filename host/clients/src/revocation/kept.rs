//! The folder. A file appears whole or not at all: written beside, synced, renamed.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{RevocationError, answers::MOST};

/// Of the files of answers.
pub(super) const EXTENSION: &str = "ocsp";

/// Where lists and answers outlive the process.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(folder: PathBuf) -> Result<Self, RevocationError> {
        match std::fs::create_dir_all(&folder).and_then(|()| sweep(&folder)) {
            Ok(()) => Ok(Self(folder)),
            Err(source) => Err(RevocationError::Folder { folder, source }),
        }
    }

    /// A file's bytes, if it is there.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(name)).ok()
    }

    /// Keeps a file. Failing to costs a fetch after the next start, so it is no error of the caller's.
    pub(super) async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), String> {
        let (beside, path) = (self.0.join(format!("{name}.new")), self.0.join(name));
        let write = move || {
            let mut file = std::fs::File::create(&beside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&beside, &path)
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(|error| error.to_string())?.map_err(|error: std::io::Error| error.to_string())
    }

    /// Lets go of a file.
    pub(super) fn remove(&self, name: &str) {
        // A file that stays is found old when it is read again.
        drop(std::fs::remove_file(self.0.join(name)));
    }
}

/// Removes answers that are too many, the oldest first: those about certificates that no process has asked about since.
fn sweep(folder: &Path) -> std::io::Result<()> {
    let mut answers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == EXTENSION) {
            answers.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    answers.sort_unstable();
    let too_many = answers.len().saturating_sub(MOST);
    answers.iter().take(too_many).try_for_each(|(_, path)| std::fs::remove_file(path))
}
