//! Making a backup, while the host runs.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{Read, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use qadam_store::{Extent, inspect};
use ring::digest::{Context, SHA256};

use super::{BackupError, FILES, FORMAT, Filed, MANIFEST, Manifest, Mark};
use crate::keys::private;

/// What is made anew, or says only how the process runs.
const LEFT_OUT: [&str; 8] =
    ["journal", "index", "index.check", "compiled", "lock", "keys.lock", "host.url", "host.pem"];

/// Says that a folder is a backup's, before there is a manifest.
const BEGUN: &str = "backup.begun";

/// A backup as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) manifest: Manifest,
    /// Bytes that were copied; the rest was there.
    pub(crate) copied: u64,
}

/// Copies what a backup is made of into a folder.
pub(crate) fn make(
    data: &Path,
    to: &Path,
    extent: &Extent,
    private_keys: bool,
    made_at: Timestamp,
    mut progress: impl FnMut(u64, u64),
) -> Result<Made, BackupError> {
    apart(data, to)?;
    let earlier = prepared(to)?;
    let parts = parts(data, extent, private_keys)?;
    let mut files = Vec::new();
    let mut copied = 0;
    for (part, place) in parts.iter().zip(0_u64..) {
        progress(place, parts.len() as u64);
        let known = earlier.iter().find(|file| file.path == part.path);
        if let Some(known) = known.filter(|known| part.is_as(known, to)) {
            files.push(known.clone());
        } else if let Some(file) = part.copy(to)? {
            copied += file.bytes;
            files.push(file);
        }
    }
    let host = env!("CARGO_PKG_VERSION").to_owned();
    let (epoch, last) = (extent.epoch, extent.last);
    let manifest = Manifest { format: FORMAT.to_owned(), made_at, host, epoch, last, private_keys, files };
    checked(to, &manifest)?;
    let place = to.join(MANIFEST);
    let bytes = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::other).map_err(BackupError::at(&place))?;
    File::open(to.join(FILES)).and_then(|folder| folder.sync_all()).map_err(BackupError::at(to))?;
    private(&place, &bytes).map_err(BackupError::at(&place))?;
    sweep(to, &manifest)?;
    Ok(Made { manifest, copied })
}

/// The folder, made where it is not there, and what an earlier backup in it holds.
fn prepared(to: &Path) -> Result<Vec<Filed>, BackupError> {
    let files = to.join(FILES);
    let empty =
        fs::read_dir(to).map_or(Ok(true), |mut entries| entries.next().transpose().map(|entry| entry.is_none()));
    let earlier = fs::read(to.join(MANIFEST)).ok().and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    let earlier = earlier.filter(|manifest| manifest.format == FORMAT);
    // Files are removed there in the end, so it must be certain that they are a backup's.
    let begun = to.join(BEGUN);
    let is_ours = earlier.is_some() || fs::read(&begun).is_ok_and(|text| text == FORMAT.as_bytes()) || cut_short(to);
    if !empty.map_err(BackupError::at(to))? && !is_ours {
        return Err(BackupError::NotEmpty {
            path: to.to_owned(),
            what: "and holds no earlier backup: name another folder",
        });
    }
    let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    folder(to).map_err(BackupError::at(to))?;
    if earlier.is_none() {
        private(&begun, FORMAT.as_bytes()).map_err(BackupError::at(&begun))?;
    }
    folder(&files).map_err(BackupError::at(&files))?;
    Ok(earlier.map(|manifest| manifest.files).unwrap_or_default())
}

/// Whether a folder has nothing but what a backup has that was cut short before there was a manifest.
fn cut_short(to: &Path) -> bool {
    let names = |folder: &Path| -> Option<Vec<String>> {
        fs::read_dir(folder).ok()?.map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    };
    let known = |name: &String| name == FILES || *name == format!("{BEGUN}.new");
    names(to).is_some_and(|all| all.iter().all(known))
        && (!to.join(FILES).exists()
            || names(&to.join(FILES)).is_some_and(|files| files.iter().all(|name| is_ours(name))))
}

/// Whether a file of that name in the folder of files is a backup's.
fn is_ours(name: &str) -> bool {
    name == "new" || (name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Refuses a place within the data folder: the next backup would hold this one.
fn apart(data: &Path, to: &Path) -> Result<(), BackupError> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let above =
        to.ancestors().find_map(|above| if above.as_os_str().is_empty() { real(Path::new(".")) } else { real(above) });
    match (real(data), above) {
        (Some(data), Some(above)) if above.starts_with(&data) => Err(BackupError::NotEmpty {
            path: to.to_owned(),
            what: "and in the data folder itself: name another place",
        }),
        _ => Ok(()),
    }
}

/// A file to be copied.
struct Part {
    path: String,
    source: PathBuf,
    /// Bytes, of one that grows.
    bytes: Option<u64>,
}

fn parts(data: &Path, extent: &Extent, private_keys: bool) -> Result<Vec<Part>, BackupError> {
    let segment = |segment: &qadam_store::ExtentSegment| Part {
        path: format!("journal/{}", segment.name),
        source: data.join("journal").join(&segment.name),
        bytes: segment.bytes,
    };
    let mut parts: Vec<Part> = extent.segments.iter().map(segment).collect();
    walk(data, "", private_keys, &mut parts)?;
    Ok(parts)
}

fn walk(data: &Path, below: &str, private_keys: bool, parts: &mut Vec<Part>) -> Result<(), BackupError> {
    let folder = data.join(below);
    for entry in fs::read_dir(&folder).map_err(BackupError::at(&folder))? {
        let entry = entry.map_err(BackupError::at(&folder))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(BackupError::at(entry.path()))?;
        let is_private = path == "pki" || is_private(&entry.path());
        let is_unfinished =
            Path::new(&name).extension().is_some_and(|end| end == "new" || end == "lock" || end == "next");
        if LEFT_OUT.contains(&path.as_str()) || is_unfinished || (is_private && !private_keys) {
            continue;
        }
        if kind.is_dir() {
            walk(data, &path, private_keys, parts)?;
        } else if kind.is_file() {
            parts.push(Part { source: entry.path(), path, bytes: None });
        }
    }
    Ok(())
}

/// Whether a file is a private key, or opens one: by its name, or, of PEM files, by what is in it.
fn is_private(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let end = name.rsplit('.').next().unwrap_or_default();
    match end {
        "key" | "p12" | "pfx" | "password" => true,
        "pem" | "crt" => fs::read(path).is_ok_and(|text| text.windows(MARK.len()).any(|part| part == MARK)),
        _ => name.contains("password"),
    }
}

/// Stands in private keys that are text.
const MARK: &[u8] = b"PRIVATE KEY-----";

impl Part {
    /// Whether an earlier backup has it as it is.
    fn is_as(&self, known: &Filed, to: &Path) -> bool {
        let now = fs::metadata(&self.source).ok().map(|data| mark(&data));
        let there = fs::metadata(to.join(FILES).join(&known.sha256)).is_ok_and(|data| data.len() == known.bytes);
        self.bytes.is_none() && known.seen.is_some() && known.seen == now && there
    }

    /// Copies it; none where it has gone meanwhile, as what is not of the journal may.
    fn copy(&self, to: &Path) -> Result<Option<Filed>, BackupError> {
        let failed = || BackupError::at(&self.source);
        let mut source = match File::open(&self.source) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.path.starts_with("journal/") => {
                return Ok(None);
            }
            opened => opened.map_err(failed())?,
        };
        let seen = mark(&source.metadata().map_err(failed())?);
        let beside = to.join(FILES).join("new");
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside);
        let mut file = file.map_err(BackupError::at(&beside))?;
        let mut read = Read::by_ref(&mut source).take(self.bytes.unwrap_or(u64::MAX));
        let (mut digest, mut bytes, mut buffer) = (Context::new(&SHA256), 0, vec![0; 1 << 20]);
        loop {
            let length = read.read(&mut buffer).map_err(failed())?;
            let piece = buffer.get(..length).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            digest.update(piece);
            bytes += length as u64;
            file.write_all(piece).map_err(BackupError::at(&beside))?;
        }
        file.sync_all().map_err(BackupError::at(&beside))?;
        let sha256 = HEXLOWER.encode(digest.finish().as_ref());
        let place = to.join(FILES).join(&sha256);
        fs::rename(&beside, &place).map_err(BackupError::at(&place))?;
        let seen = self.bytes.is_none().then_some(seen);
        Ok(Some(Filed { path: self.path.clone(), sha256, bytes, seen }))
    }
}

fn mark(data: &fs::Metadata) -> Mark {
    Mark { inode: data.ino(), seconds: data.mtime(), nanoseconds: data.mtime_nsec(), bytes: data.len() }
}

/// Reads the journal's copies through: a segment whose bodies were erased meanwhile is another file.
fn checked(to: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    for (file, first, entries) in manifest.expected() {
        let copied = inspect(&to.join(FILES).join(&file.sha256))?;
        if !copied.whole || (copied.first, copied.entries) != (first, entries) {
            return Err(BackupError::Changed(file.path.clone()));
        }
    }
    Ok(())
}

/// Removes what is no longer part of it.
fn sweep(to: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let kept: BTreeSet<&str> = manifest.files.iter().map(|file| file.sha256.as_str()).collect();
    let folder = to.join(FILES);
    for entry in fs::read_dir(&folder).map_err(BackupError::at(&folder))? {
        let entry = entry.map_err(BackupError::at(&folder))?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if is_ours(&name) && !kept.contains(name.as_str()) {
            fs::remove_file(entry.path()).map_err(BackupError::at(entry.path()))?;
        }
    }
    Ok(())
}
