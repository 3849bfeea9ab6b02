//! The watched folder: what is new or changed there is put to work, once. A file that cannot be loaded leaves the one
//! before serving; a file that goes away takes nothing out of service, for tools that replace files remove them first.

use std::{
    collections::BTreeMap,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use qadam_domain::ProviderId;
use qadam_store::sha256;

use crate::{
    Pipeline,
    loading::{FOLDER, LoadFailure, Order},
    shelf,
};

/// What tells one version of a file from the next without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version(PathBuf, SystemTime, u64, u64);

impl Pipeline {
    /// Takes note of the adapters that there are, on the shelf and in a folder, without loading them: their providers are
    /// expected from now on.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn discover(&self, folder: Option<&Path>) -> std::io::Result<BTreeMap<ProviderId, PathBuf>> {
        let files = folder.map(|folder| self.files(folder)).transpose()?.unwrap_or_default();
        let installed = self.shelf.all()?;
        self.with_service(|slots| {
            for provider in files.keys().chain(installed.iter().map(|(provider, _)| provider)) {
                slots.entry(provider.clone()).or_default();
            }
        });
        Ok(files)
    }

    /// Loads what is new or changed in a folder. Blocks, for compiling too. How many adapters were put to work.
    ///
    /// # Errors
    /// If the folder cannot be read. What is wrong with one file is noted at its provider.
    pub fn scan(&self, folder: &Path) -> std::io::Result<usize> {
        let files = self.discover(Some(folder))?;
        self.forget_missing(&files);
        let mut loaded = 0;
        for (provider, path) in files {
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let version = Version(path.clone(), modified, metadata.ino(), metadata.len());
            let known = |slots: &mut std::collections::HashMap<_, crate::adapters::Slot>| {
                slots.entry(provider.clone()).or_default().seen.as_ref() == Some(&version)
            };
            if self.with_service(known) {
                continue;
            }
            let taken = self.take_file(&provider, &path);
            let passing = taken.as_ref().is_err_and(LoadFailure::passes);
            if !passing {
                // What failed for a reason of the host's is tried again at the next look.
                self.with_service(|slots| slots.entry(provider.clone()).or_default().seen = Some(version));
            }
            match taken {
                Ok(news) => {
                    loaded += usize::from(news);
                    // It is what serves, or what was taken out of service on purpose: nothing is wrong with it. Or else what served
                    // did not come back, and why not stays to be read.
                    let is_out = || self.shelf.of(&provider).is_ok_and(|installed| installed.current.is_none());
                    if news || self.registry.get(&provider).is_some() || is_out() {
                        self.with_service(|slots| slots.entry(provider).or_default().load_error = None);
                    }
                }
                Err(error) => {
                    let name = path.file_name().unwrap_or_default().display();
                    self.failed_to_load(&provider, &format!("{name}: {error}"));
                }
            }
        }
        Ok(loaded)
    }

    /// Whether a file was news.
    fn take_file(&self, provider: &ProviderId, path: &Path) -> Result<bool, LoadFailure> {
        let component = std::fs::read(path)?;
        if self.shelf.of(provider)?.folder == Some(shelf::name(&sha256(&component))) {
            return Ok(false);
        }
        self.load(provider, &component, Order { who: FOLDER, why: "" })?;
        Ok(true)
    }

    /// The file of each provider.
    fn files(&self, folder: &Path) -> std::io::Result<BTreeMap<ProviderId, PathBuf>> {
        let mut files: BTreeMap<ProviderId, PathBuf> = BTreeMap::new();
        let mut claimed = Vec::new();
        for (provider, profile) in self.profiles.iter() {
            let file = profile.adapter.clone().unwrap_or_else(|| {
                let package = format!("{provider}.qadam");
                if folder.join(&package).is_file() { package } else { format!("{provider}.wasm") }
            });
            claimed.push(file.clone());
            files.insert(provider.clone(), folder.join(file));
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let stem = name.strip_suffix(".qadam").or_else(|| name.strip_suffix(".wasm"));
            let provider = stem.and_then(|stem| stem.parse::<ProviderId>().ok());
            if let Some(provider) = provider.filter(|_| !claimed.iter().any(|claimed| claimed == name)) {
                // A package comes before a component of the same name, whichever the folder gives first.
                let packaged = name.ends_with(".qadam") && !self.profiles.has(&provider);
                let file = files.entry(provider).or_insert_with(|| path.clone());
                if packaged {
                    *file = path;
                }
            }
        }
        files.retain(|_, path| path.is_file());
        Ok(files)
    }

    /// A file that is gone is no error any more, and news when it comes again.
    fn forget_missing(&self, files: &BTreeMap<ProviderId, PathBuf>) {
        self.with_service(|slots| {
            for (_, slot) in slots.iter_mut().filter(|(provider, _)| !files.contains_key(*provider)) {
                if slot.seen.take().is_some() {
                    slot.load_error = None;
                }
            }
        });
    }
}
