//! What is read from files, and read again when they change: certificates are renewed while the host runs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use super::PushError;

/// Something made of files.
pub(crate) struct Files<T> {
    paths: Vec<PathBuf>,
    make: Box<dyn Fn() -> Result<T, PushError> + Send + Sync>,
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    made: Arc<T>,
    /// Of the files that it was made of, or that were found wrong since.
    seen: Vec<Mark>,
    wrong: Option<PushError>,
}

/// By what a file that changed is told: a file that was renamed into its place has another number.
type Mark = Option<(SystemTime, u64, u64)>;

impl<T> Files<T> {
    /// Something that depends on no file.
    pub(crate) fn fixed(made: T) -> Self {
        let kept = Kept { made: Arc::new(made), seen: Vec::new(), wrong: None };
        let make = || Err(PushError::Incomplete("nothing to read again"));
        Self { paths: Vec::new(), make: Box::new(make), kept: Mutex::new(kept) }
    }

    /// Makes it now, and again whenever one of the files changes.
    pub(crate) fn watch(
        paths: Vec<PathBuf>,
        make: impl Fn() -> Result<T, PushError> + Send + Sync + 'static,
    ) -> Result<Self, PushError> {
        let seen = marks(&paths);
        let kept = Mutex::new(Kept { made: Arc::new(make()?), seen, wrong: None });
        Ok(Self { paths, make: Box::new(make), kept })
    }

    /// What the files hold; what they held, where they hold nothing that can be used.
    pub(crate) fn get(&self) -> Arc<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = marks(&self.paths);
        if seen != kept.seen {
            kept.seen = seen;
            match (self.make)() {
                Ok(made) => (kept.made, kept.wrong) = (Arc::new(made), None),
                Err(error) => kept.wrong = Some(error),
            }
        }
        Arc::clone(&kept.made)
    }

    /// Why the files cannot be used, if so.
    pub(crate) fn wrong(&self) -> Option<PushError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).wrong.clone()
    }
}

impl<T> fmt::Debug for Files<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("paths", &self.paths).finish_non_exhaustive()
    }
}

fn marks(paths: &[PathBuf]) -> Vec<Mark> {
    use std::os::unix::fs::MetadataExt as _;
    let mark = |path: &PathBuf| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len(), data.ino()))
    };
    paths.iter().map(mark).collect()
}

/// The token in a file: one line of visible characters.
pub(crate) fn token(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it holds no token: one line of visible characters".to_owned());
    }
    Ok(token.to_owned())
}
