//! The watched folder: which files are complete, and where they go.

use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use super::report::Report;
use crate::cli::{Failure, Lang};

/// A watched folder. One process at a time has it.
pub(super) struct Folder {
    path: PathBuf,
    seen: HashMap<PathBuf, (Seen, Option<Instant>)>,
    /// Locked until dropped.
    _lock: File,
}

/// What a file looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    size: u64,
    modified: Option<SystemTime>,
}

/// Where a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    /// All its records are mapped.
    Done,
    /// Some are not, and the report says which.
    Refused,
}

/// Holds off a second process.
const LOCK: &str = ".qadam-watch.lock";
/// Ends of names of files that others have not finished, or that we have written.
const NOT_OURS: [&str; 7] = [".tmp", ".part", ".partial", ".filepart", ".crdownload", ".report.txt", ".report.json"];

impl Seen {
    /// What a file looks like now; none where there is no such file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self { size: metadata.len(), modified: metadata.modified().ok() })
    }
}

impl Shelf {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let wrong =
            |error: &io::Error| Failure::Failed(format!("the folder {} cannot be watched: {error}", path.display()));
        if !path.is_dir() {
            return Err(Failure::Use(format!("there is no folder {}", path.display())));
        }
        let path = path.canonicalize().map_err(|error| wrong(&error))?;
        let lock = File::options().create(true).write(true).truncate(false).open(path.join(LOCK));
        let lock = lock.map_err(|error| wrong(&error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::Failed(format!("another qadam watches the folder {} already", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(wrong(&error)),
        }
        for shelf in [Shelf::Done, Shelf::Refused] {
            fs::create_dir_all(path.join(shelf.name())).map_err(|error| wrong(&error))?;
        }
        Ok(Self { path, seen: HashMap::new(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A file was moved to its name, which is done when it is complete.
    pub(super) fn is_complete(&mut self, path: PathBuf) {
        if let Some(seen) = Seen::of(&path) {
            self.seen.insert(path, (seen, None));
        }
    }

    /// The files that have not changed for so long, by name, and how many others there are.
    pub(super) fn settled(&mut self, settle: Duration) -> io::Result<(Vec<PathBuf>, usize)> {
        let (mut settled, mut unsettled) = (Vec::new(), 0);
        let mut now = HashMap::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let Some(seen) = Seen::of(&path).filter(|_| !left_alone(&path)) else { continue };
            let since = match self.seen.get(&path) {
                Some((before, since)) if *before == seen => *since,
                _ => Some(Instant::now()),
            };
            if since.is_none_or(|since| since.elapsed() >= settle) {
                settled.push(path.clone());
            } else {
                unsettled += 1;
            }
            now.insert(path, (seen, since));
        }
        self.seen = now;
        settled.sort();
        Ok((settled, unsettled))
    }

    /// Moves a file to its shelf, its reports first: whoever finds the file there finds them beside it.
    pub(super) fn shelve(&self, path: &Path, shelf: Shelf, report: &Report<'_>, lang: Lang) -> io::Result<PathBuf> {
        let folder = self.path.join(shelf.name());
        let name = free_name(&folder, report.file);
        let report = Report { file: &name, ..*report };
        for (kind, text) in [("txt", report.text(lang)), ("json", report.json())] {
            let place = folder.join(format!("{name}.report.{kind}"));
            let temporary = place.with_added_extension("tmp");
            fs::write(&temporary, text)?;
            fs::rename(&temporary, &place)?;
        }
        let place = folder.join(&name);
        fs::rename(path, &place)?;
        Ok(place)
    }
}

/// Hidden files, those of others' half-done work, and ours.
fn left_alone(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
    let lower = name.to_ascii_lowercase();
    name.starts_with('.') || name.starts_with("~$") || NOT_OURS.iter().any(|end| lower.ends_with(end))
}

/// A name that no file of the folder has: `export.csv`, else `export.2.csv` and so on.
fn free_name(folder: &Path, name: &str) -> String {
    let (stem, extension) = match name.find('.').filter(|at| *at > 0) {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let names = (2_u64..).map(|number| format!("{stem}.{number}{extension}"));
    let mut names = std::iter::once(name.to_owned()).chain(names);
    names.find(|name| !folder.join(name).exists()).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_complete_when_it_has_not_changed_or_was_moved_there() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(place.path()).unwrap();
        let file = folder.path().join("a.csv");
        fs::write(&file, "1").unwrap();
        for other in [".hidden", "~$a.xlsx", "a.csv.part", "a.csv.report.txt"] {
            fs::write(folder.path().join(other), "x").unwrap();
        }
        assert_eq!(folder.settled(Duration::from_secs(3600)).unwrap(), (vec![], 1));
        assert_eq!(folder.settled(Duration::ZERO).unwrap(), (vec![file.clone()], 0));
        folder.is_complete(file.clone());
        assert_eq!(folder.settled(Duration::from_secs(3600)).unwrap(), (vec![file.clone()], 0));
        fs::write(&file, "12").unwrap();
        assert_eq!(folder.settled(Duration::from_secs(3600)).unwrap(), (vec![], 1), "it has changed");
    }

    #[test]
    fn one_process_has_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let first = Folder::open(place.path()).unwrap();
        assert!(matches!(Folder::open(place.path()), Err(Failure::Failed(text)) if text.contains("already")));
        drop(first);
        assert!(Folder::open(place.path()).is_ok());
        assert!(matches!(Folder::open(&place.path().join("none")), Err(Failure::Use(_))));
    }

    #[test]
    fn a_name_that_is_taken_is_counted_on() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(free_name(place.path(), "a.csv.gz"), "a.csv.gz");
        fs::write(place.path().join("a.csv.gz"), "").unwrap();
        assert_eq!(free_name(place.path(), "a.csv.gz"), "a.2.csv.gz");
        fs::write(place.path().join("a.2.csv.gz"), "").unwrap();
        assert_eq!(free_name(place.path(), "a.csv.gz"), "a.3.csv.gz");
    }
}
