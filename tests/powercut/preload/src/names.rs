//! The namespace: which names the root has, and which of them would survive a power cut.
//!
//! A folder's durable names change only when the folder is synced; then they become what it lists at that moment. A file
//! is linked from the side area into the shadow once its own contents have been synced too, with one exception: a name
//! that was durable before and now leads to a file never synced shows that file, empty, as a real disk would. A folder
//! whose name is not durable waits in the side area, and moves into the shadow with all that it durably lists.

use crate::{
    config::{Config, config},
    control::Cut,
    node::Node,
    snapshot::same,
    sys::{Outcome, Stat, by_fd, give_up, syscall},
};
use libc::c_int;
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError, atomic::Ordering::SeqCst},
};

/// The nodes by inode, and what is durable of the folders.
pub(crate) struct Names {
    config: &'static Config,
    by_inode: BTreeMap<(u64, u64), &'static Node>,
    folders: BTreeMap<u32, Folder>,
}

struct Folder {
    /// Where the durable folder is now.
    place: Place,
    entries: BTreeMap<OsString, Entry>,
}

enum Place {
    Shadow,
    Side(PathBuf),
    In(u32, OsString),
}

/// A durable name: the node it leads to, and whether the shadow shows it yet.
#[derive(Clone, Copy)]
struct Entry {
    node: &'static Node,
    shown: bool,
}

static NAMES: OnceLock<Mutex<Names>> = OnceLock::new();

/// The namespace, locked: whoever changes names below the root holds it meanwhile, so that the listing that a folder's
/// sync takes is a state that existed. The first call, before the first change, finds what is durable already.
pub(crate) fn names(config: &'static Config) -> MutexGuard<'static, Names> {
    let made = NAMES.get_or_init(|| {
        let found = Names::find(config);
        Mutex::new(found.unwrap_or_else(|error| give_up("reading root and shadow", &error)))
    });
    made.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Names {
    fn find(config: &'static Config) -> io::Result<Self> {
        if config.side.exists() {
            // An earlier process had the same number.
            fs::remove_dir_all(&config.side)?;
        }
        fs::create_dir_all(&config.side)?;
        let mut names = Self { config, by_inode: BTreeMap::new(), folders: BTreeMap::new() };
        if let Some(root) = config.roots.first().filter(|root| root.exists()) {
            let top = Node::add(Stat::from(&fs::metadata(root)?), &config.side);
            names.by_inode.insert(top.inode, top);
            names.folders.insert(top.id, Folder { place: Place::Shadow, entries: BTreeMap::new() });
            names.find_in(root, top)?;
        }
        Ok(names)
    }

    /// What the shadow holds is durable. Where the root has other bytes or names (a process before this one was killed,
    /// the power stayed on), they are pending.
    fn find_in(&mut self, live: &Path, folder: &'static Node) -> io::Result<()> {
        let durable = self.place(folder.id);
        for found in fs::read_dir(&durable)? {
            let found = found?;
            let (name, stat) = (found.file_name(), Stat::from(&found.metadata()?));
            let living = fs::symlink_metadata(live.join(&name)).ok().map(|living| Stat::from(&living));
            let living = living.filter(|living| living.is_dir() == stat.is_dir() && living.is_file() == stat.is_file());
            let known = living.is_some_and(|living| self.by_inode.contains_key(&living.inode));
            // Without a living twin, the node is only what the name leads to until its folder is synced.
            let node = Node::add(living.filter(|_| !known).unwrap_or(stat), &self.config.side);
            if living.is_some() && !known {
                self.by_inode.insert(node.inode, node);
            }
            if stat.is_dir() {
                let place = Place::In(folder.id, name.clone());
                self.folders.insert(node.id, Folder { place, entries: BTreeMap::new() });
                self.find_in(&live.join(&name), node)?;
            } else {
                fs::hard_link(found.path(), &node.side)?;
                node.names.store(1, SeqCst);
                node.found(living.is_some() && same(&live.join(&name), &found.path())?);
            }
            self.entries(folder.id).insert(name, Entry { node, shown: true });
        }
        Ok(())
    }

    /// The node of an inode. `fresh` says that the inode was just made, so that what had its number before is gone.
    pub(crate) fn node(&mut self, stat: Stat, fresh: bool) -> &'static Node {
        if let Some(known) = self.by_inode.get(&stat.inode).filter(|known| !fresh && known.is_dir == stat.is_dir()) {
            return known;
        }
        let node = Node::add(stat, &self.config.side);
        self.by_inode.insert(stat.inode, node);
        let made = if node.is_dir {
            let place = Place::Side(node.side.clone());
            self.folders.insert(node.id, Folder { place, entries: BTreeMap::new() });
            fs::create_dir(&node.side)
        } else {
            fs::File::create(&node.side).map(drop)
        };
        // The program's permissions, but never without the owner's: the library itself has to get in.
        let mode = stat.mode & 0o777 | if node.is_dir { 0o700 } else { 0o600 };
        let made = made.and_then(|()| fs::set_permissions(&node.side, Permissions::from_mode(mode)));
        made.unwrap_or_else(|error| give_up("making a file in the side area", &error));
        node
    }

    /// Syncs a folder: its names become durable as they are now.
    pub(crate) fn sync_folder(&mut self, fd: c_int, folder: &'static Node, cut: Option<Cut>) -> Outcome {
        let listed = self.list(fd).unwrap_or_else(|error| give_up("listing a folder at its sync", &error));
        let result = syscall!(SYS_fsync, fd)?;
        Cut::here(cut, Cut::BeforeCopy);
        self.make_durable(folder.id, &listed, cut)
            .unwrap_or_else(|error| give_up("making names durable in the shadow", &error));
        Ok(result)
    }

    /// A file was synced for the first time: names that waited for that appear.
    pub(crate) fn show(&mut self, node: &'static Node) {
        let waits = |entry: &Entry| entry.node.id == node.id && !entry.shown;
        let mut waiting = Vec::new();
        for (&folder, listed) in &self.folders {
            waiting.extend(
                listed.entries.iter().filter(|(_, entry)| waits(entry)).map(|(name, _)| (folder, name.clone())),
            );
        }
        for (folder, name) in waiting {
            self.link(folder, &name, node).unwrap_or_else(|error| give_up("showing a synced file", &error));
        }
    }

    fn list(&mut self, fd: c_int) -> io::Result<BTreeMap<OsString, &'static Node>> {
        let mut listed = BTreeMap::new();
        for found in fs::read_dir(by_fd(fd))? {
            let found = found?;
            let stat = Stat::from(&found.metadata()?);
            if stat.is_file() || stat.is_dir() {
                listed.insert(found.file_name(), self.node(stat, false));
            }
        }
        Ok(listed)
    }

    /// Names appear before others vanish: killed in between, no file is without a name.
    fn make_durable(
        &mut self,
        folder: u32,
        listed: &BTreeMap<OsString, &'static Node>,
        cut: Option<Cut>,
    ) -> io::Result<()> {
        for (name, node) in listed {
            let had = self.entries(folder).get(name).copied();
            if had.is_none_or(|had| had.node.id != node.id) {
                self.put(folder, name, node, had, listed)?;
            }
        }
        Cut::here(cut, Cut::MidCopy);
        let vanished: Vec<OsString> =
            self.entries(folder).keys().filter(|name| !listed.contains_key(*name)).cloned().collect();
        for name in vanished {
            self.remove(folder, &name)?;
        }
        Ok(())
    }

    fn put(
        &mut self,
        folder: u32,
        name: &OsStr,
        node: &'static Node,
        had: Option<Entry>,
        listed: &BTreeMap<OsString, &'static Node>,
    ) -> io::Result<()> {
        let had = had.filter(|had| had.shown);
        if had.is_some_and(|had| had.node.is_dir || node.is_dir) {
            // No rename puts a file and a folder in each other's place, nor replaces a folder that is not empty.
            self.remove(folder, name)?;
        }
        if node.is_dir {
            let from = self.place(node.id);
            if let Some(Place::In(parent, old)) = self.folders.get(&node.id).map(|moved| &moved.place) {
                let (parent, old) = (*parent, old.clone());
                self.entries(parent).remove(&old);
            }
            fs::rename(from, self.place(folder).join(name))?;
            self.set_place(node.id, Place::In(folder, name.to_owned()));
            self.entries(folder).insert(name.to_owned(), Entry { node, shown: true });
            return Ok(());
        }
        // A rename within the folder is one in the shadow too: at no moment are there two names, or none.
        let moved = self
            .entries(folder)
            .iter()
            .find(|(old, entry)| entry.node.id == node.id && entry.shown && !listed.contains_key(*old));
        if let Some(old) = moved.map(|(old, _)| old.clone()) {
            let place = self.place(folder);
            fs::rename(place.join(&old), place.join(name))?;
            self.entries(folder).remove(&old);
            self.replaced(folder, name, node);
            return Ok(());
        }
        if node.synced.load(SeqCst) || had.is_some() {
            return self.link(folder, name, node);
        }
        self.entries(folder).insert(name.to_owned(), Entry { node, shown: false });
        Ok(())
    }

    /// Shows a file under a name; what had the name before is replaced in one step.
    fn link(&mut self, folder: u32, name: &OsStr, node: &'static Node) -> io::Result<()> {
        let step = self.config.side.join("link");
        fs::hard_link(&node.side, &step)?;
        fs::rename(&step, self.place(folder).join(name))?;
        node.names.fetch_add(1, SeqCst);
        self.replaced(folder, name, node);
        Ok(())
    }

    fn replaced(&mut self, folder: u32, name: &OsStr, node: &'static Node) {
        let had = self.entries(folder).insert(name.to_owned(), Entry { node, shown: true });
        if let Some(had) = had.filter(|had| had.shown) {
            had.node.names.fetch_sub(1, SeqCst);
        }
    }

    fn remove(&mut self, folder: u32, name: &OsStr) -> io::Result<()> {
        let Some(entry) = self.entries(folder).remove(name).filter(|entry| entry.shown) else { return Ok(()) };
        let path = self.place(folder).join(name);
        if entry.node.is_dir {
            // Perhaps it was renamed to a folder that is not synced; then it is nowhere, but may come back.
            fs::rename(path, &entry.node.side)?;
            self.set_place(entry.node.id, Place::Side(entry.node.side.clone()));
            return Ok(());
        }
        entry.node.names.fetch_sub(1, SeqCst);
        fs::remove_file(path)
    }

    fn place(&self, folder: u32) -> PathBuf {
        match self.folders.get(&folder).map(|folder| &folder.place) {
            Some(Place::In(parent, name)) => self.place(*parent).join(name),
            Some(Place::Side(path)) => path.clone(),
            Some(Place::Shadow) => self.config.shadow.clone(),
            None => give_up("finding a folder's place", &folder),
        }
    }

    fn set_place(&mut self, folder: u32, place: Place) {
        if let Some(folder) = self.folders.get_mut(&folder) {
            folder.place = place;
        }
    }

    fn entries(&mut self, folder: u32) -> &mut BTreeMap<OsString, Entry> {
        match self.folders.get_mut(&folder) {
            Some(folder) => &mut folder.entries,
            None => give_up("finding a folder's names", &folder),
        }
    }
}

/// Runs a change of names below the root under the lock.
pub(crate) fn changing(change: impl FnOnce() -> Outcome) -> Outcome {
    let _unlisted = config().map(names);
    change()
}
