//! The host's own copies of the components it was given, by digest, and which of them each provider has. They are there
//! after a restart, for a rollback, and for repeating a run from the journal; none is ever thrown away.
//!
//! ```text
//! adapters/sha256-4fe1….wasm     a component
//! adapters/sha256-77b0….qadam    a package
//! adapters/permits.json          what the provider `permits` has
//! ```

use std::{
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use qadam_domain::ProviderId;
use serde::{Deserialize, Serialize};

/// The shelf of one host.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
}

/// What a provider has. Digests are SHA-256 of components, in hex.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installed {
    /// What serves; none after an unloading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<Item>,
    /// What a rollback takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Item>,
    /// The package on the test stand, by its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) candidate: Option<String>,
    /// What was last taken from the watched folder: the same file there is no news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<String>,
}

/// A component in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    /// Which.
    pub(crate) component: String,
    /// Who put it there: id of a key, or `folder`.
    pub(crate) by: String,
    /// The package that it came in, by its digest; none where nobody signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) package: Option<String>,
}

impl Installed {
    /// The same with another component in service.
    pub(crate) fn with(&self, current: Item) -> Self {
        Self {
            previous: self.current.clone().or_else(|| self.previous.clone()),
            current: Some(current),
            ..self.clone()
        }
    }

    /// The same with the one before in service.
    pub(crate) fn rolled_back(&self) -> Self {
        let current = self.previous.clone();
        Self { previous: self.current.clone().or_else(|| current.clone()), current, ..self.clone() }
    }

    /// The same with none in service.
    pub(crate) fn unloaded(&self) -> Self {
        Self { previous: self.current.clone().or_else(|| self.previous.clone()), current: None, ..self.clone() }
    }
}

impl Shelf {
    /// A shelf in a folder, which is made when something is put there.
    pub(crate) const fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a component, durably.
    pub(crate) fn keep(&self, digest: &str, component: &[u8]) -> io::Result<()> {
        let path = self.component_path(digest);
        // Written whole or not at all, so what is there is right.
        if path.is_file() { Ok(()) } else { self.write(&path, component) }
    }

    pub(crate) fn component(&self, digest: &str) -> io::Result<Vec<u8>> {
        let path = self.component_path(digest);
        std::fs::read(&path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Keeps a package, durably.
    pub(crate) fn keep_package(&self, digest: &str, package: &[u8]) -> io::Result<()> {
        let path = self.package_path(digest);
        if path.is_file() { Ok(()) } else { self.write(&path, package) }
    }

    pub(crate) fn package(&self, digest: &str) -> io::Result<Vec<u8>> {
        let path = self.package_path(digest);
        std::fs::read(&path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// What each provider has.
    pub(crate) fn all(&self) -> io::Result<Vec<(ProviderId, Installed)>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(Ok(provider)) = name.strip_suffix(".json").map(str::parse::<ProviderId>) else { continue };
            all.push((provider, read(&path)?));
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    /// What a provider has.
    pub(crate) fn of(&self, provider: &ProviderId) -> io::Result<Installed> {
        read(&self.note_path(provider))
    }

    /// Notes what a provider has, durably.
    pub(crate) fn note(&self, provider: &ProviderId, installed: &Installed) -> io::Result<()> {
        self.write(&self.note_path(provider), &serde_json::to_vec_pretty(installed)?)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if !self.folder.is_dir() {
            std::fs::create_dir_all(&self.folder)?;
            if let Some(above) = self.folder.parent().filter(|above| !above.as_os_str().is_empty()) {
                // A file is only as durable as the name of its folder.
                std::fs::File::open(above)?.sync_all()?;
            }
        }
        private(path, bytes)
    }

    fn component_path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("sha256-{digest}.wasm"))
    }

    fn package_path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("sha256-{digest}.qadam"))
    }

    fn note_path(&self, provider: &ProviderId) -> PathBuf {
        self.folder.join(format!("{provider}.json"))
    }
}

/// The name of a component, `4fe1…`.
pub(crate) fn name(digest: &[u8; 32]) -> String {
    HEXLOWER.encode(digest)
}

/// The digest of a name.
pub(crate) fn digest(name: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(name.as_bytes()).ok()?.try_into().ok()
}

fn read(path: &Path) -> io::Result<Installed> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            let reason = format!("{} is wrong: {error}; mend or remove it, and load the adapter again", path.display());
            io::Error::new(io::ErrorKind::InvalidData, reason)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Installed::default()),
        Err(error) => Err(error),
    }
}

/// Makes a file the property of whom its folder belongs to, where we may: what an administrator writes, the host must be able to
/// read.
///
/// # Errors
/// Those of the file system.
pub fn hand_over(file: &std::fs::File, folder: &Path) -> io::Result<()> {
    let (owner, ours) = (std::fs::metadata(folder)?, file.metadata()?);
    // What has another name too is not only the folder's.
    if owner.uid() == ours.uid() || ours.nlink() != 1 {
        return Ok(());
    }
    match std::os::unix::fs::fchown(file, Some(owner.uid()), Some(owner.gid())) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        handed => handed,
    }
}

/// Writes a file that only the owner of its folder may read, whole or not at all, and durably.
///
/// # Errors
/// Those of the file system.
pub fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // Made anew, so that no link is followed that lies there under its name.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    hand_over(&file, folder)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(component: &str) -> Item {
        Item { component: component.into(), by: "operator-1".into(), package: None }
    }

    #[test]
    fn what_a_provider_has_is_there_again_and_a_half_written_note_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::in_folder(folder.path().join("adapters"));
        let provider: ProviderId = "permits".parse().unwrap();
        assert_eq!(shelf.of(&provider).unwrap(), Installed::default());
        let installed = Installed::default().with(item("a")).with(item("b"));
        shelf.note(&provider, &installed).unwrap();
        std::fs::write(folder.path().join("adapters/permits.json.new"), b"{").unwrap();
        assert_eq!(shelf.all().unwrap(), [(provider.clone(), installed)]);
        std::fs::write(folder.path().join("adapters/permits.json"), b"{").unwrap();
        assert!(shelf.of(&provider).unwrap_err().to_string().contains("permits.json is wrong"));
    }

    #[test]
    fn a_rollback_goes_to_the_one_before_and_a_second_one_back_and_an_unloading_can_be_undone() {
        let two = Installed::default().with(item("a")).with(item("b"));
        assert_eq!((two.rolled_back().current, two.rolled_back().previous), (Some(item("a")), Some(item("b"))));
        assert_eq!(two.rolled_back().rolled_back(), two);
        let none = two.unloaded();
        assert_eq!((none.current.clone(), none.rolled_back().current), (None, Some(item("b"))));
    }
}
