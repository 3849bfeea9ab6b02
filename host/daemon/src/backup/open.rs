//! Reading a backup: a folder, or a file that holds one. Nothing is believed of it that was not digested.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use data_encoding::HEXLOWER;
use qadam_store::inspect;
use ring::digest::{Context, SHA256};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{BackupError, FILES, FORMAT, Filed, MANIFEST, Manifest};

/// Most bytes of a manifest: a million files.
const LIMIT: u64 = 256 << 20;

/// A backup that can be read.
pub(crate) struct Backup {
    path: PathBuf,
    from: From,
    pub(crate) manifest: Manifest,
}

enum From {
    Folder,
    Zip(Box<ZipArchive<File>>),
}

/// A backup that was read through and is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sound {
    pub(crate) files: u64,
    pub(crate) segments: u64,
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

impl Backup {
    pub(crate) fn open(path: &Path) -> Result<Self, BackupError> {
        let mut from = if path.is_dir() {
            From::Folder
        } else {
            let file = File::open(path).map_err(BackupError::at(path))?;
            let none =
                |error: zip::result::ZipError| BackupError::None { path: path.to_owned(), reason: error.to_string() };
            From::Zip(Box::new(ZipArchive::new(file).map_err(none)?))
        };
        let mut text = Vec::new();
        entry(&mut from, path, MANIFEST)?.take(LIMIT).read_to_end(&mut text).map_err(BackupError::at(path))?;
        let none = |reason: String| BackupError::None { path: path.to_owned(), reason };
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| none(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(none(format!("it is of another format than {FORMAT}")));
        }
        for file in &manifest.files {
            let parts = Path::new(&file.path).components();
            let is_digest = file.sha256.len() == 64 && file.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_digest || file.path.is_empty() || parts.into_iter().any(|part| !matches!(part, Component::Normal(_)))
            {
                return Err(none("it names a file that cannot be one of a data folder".to_owned()));
            }
        }
        Ok(Self { path: path.to_owned(), from, manifest })
    }

    /// Writes a file of it to a place; an error where it is not what the manifest says.
    pub(super) fn copy(&mut self, file: &Filed, to: &mut impl Write) -> Result<(), BackupError> {
        let damaged = |reason: String| BackupError::Damaged { path: file.path.clone(), reason };
        let mut source = entry(&mut self.from, &self.path, &format!("{FILES}/{}", file.sha256))
            .map_err(|error| damaged(error.to_string()))?;
        let (mut digest, mut bytes, mut buffer) = (Context::new(&SHA256), 0, vec![0; 1 << 20]);
        loop {
            let length = source.read(&mut buffer).map_err(|error| damaged(error.to_string()))?;
            let piece = buffer.get(..length).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            digest.update(piece);
            bytes += length as u64;
            to.write_all(piece).map_err(BackupError::at(&self.path))?;
        }
        if bytes != file.bytes || HEXLOWER.encode(digest.finish().as_ref()) != file.sha256 {
            return Err(damaged(format!("{bytes} bytes, and not those that were put there")));
        }
        Ok(())
    }

    /// Reads all of it through: each file's digest, and each entry of the journal.
    pub(crate) fn check(&mut self, mut progress: impl FnMut(u64, u64)) -> Result<Sound, BackupError> {
        let files = self.manifest.files.clone();
        for (file, place) in files.iter().zip(0..) {
            progress(place, files.len() as u64);
            self.copy(file, &mut io::sink())?;
        }
        let manifest = self.manifest.clone();
        let expected = manifest.expected();
        for (file, first, entries) in &expected {
            let copied = match &self.from {
                From::Folder => inspect(&self.path.join(FILES).join(&file.sha256))?,
                From::Zip(_) => {
                    let mut beside = tempfile::NamedTempFile::new().map_err(BackupError::at(std::env::temp_dir()))?;
                    self.copy(file, &mut beside)?;
                    inspect(beside.path())?
                }
            };
            if !copied.whole || (copied.first, copied.entries) != (*first, *entries) {
                let reason = format!(
                    "it holds entries {} and {} more, not {first} and {entries} more",
                    copied.first, copied.entries
                );
                return Err(BackupError::Damaged { path: file.path.clone(), reason });
            }
        }
        let bytes = files.iter().map(|file| file.bytes).sum();
        Ok(Sound { files: files.len() as u64, segments: expected.len() as u64, entries: self.manifest.last, bytes })
    }

    /// Puts a backup in a folder into one file.
    pub(crate) fn pack(folder: &Path, to: &Path) -> Result<(), BackupError> {
        let beside = to.with_extension("zip.new");
        let failed = |error: zip::result::ZipError| BackupError::at(&beside)(error.into());
        let mut backup = Self::open(folder)?;
        let file = {
            use std::os::unix::fs::OpenOptionsExt as _;
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)
        };
        let mut zip = ZipWriter::new(file.map_err(BackupError::at(&beside))?);
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        let manifest = std::fs::read(folder.join(MANIFEST)).map_err(BackupError::at(folder))?;
        zip.start_file(MANIFEST, stored).map_err(failed)?;
        zip.write_all(&manifest).map_err(BackupError::at(&beside))?;
        let mut files = backup.manifest.files.clone();
        files.sort_by(|one, other| one.sha256.cmp(&other.sha256));
        files.dedup_by(|one, other| one.sha256 == other.sha256);
        for file in files {
            zip.start_file(format!("{FILES}/{}", file.sha256), stored).map_err(failed)?;
            backup.copy(&file, &mut zip)?;
        }
        let file = zip.finish().map_err(failed)?;
        let above = to.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let placed = file.sync_all().and_then(|()| std::fs::rename(&beside, to));
        placed.and_then(|()| File::open(above)?.sync_all()).map_err(BackupError::at(to))
    }
}

fn entry<'a>(from: &'a mut From, path: &Path, name: &str) -> Result<Box<dyn Read + 'a>, BackupError> {
    match from {
        From::Folder => {
            let path = path.join(name);
            Ok(Box::new(File::open(&path).map_err(BackupError::at(path))?))
        }
        From::Zip(zip) => {
            let found = zip.by_name(name).map_err(|error| BackupError::at(path.join(name))(error.into()))?;
            Ok(Box::new(found))
        }
    }
}
