//! The child: reads one command a line, does it with std, and answers one line. Not a test of its own.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, Write, stdin, stdout},
    os::{
        fd::AsRawFd,
        unix::fs::{FileExt, OpenOptionsExt},
    },
    path::PathBuf,
    sync::Arc,
    thread,
};

/// Present in the child only; holds the watched folder.
pub(crate) const ROOT: &str = "POWERCUT_TEST_ROOT";
/// Precedes an answer, so that it is told from what the test runner prints.
pub(crate) const ANSWER: &str = "= ";
/// Bytes of a record in `journal` and `threads`.
pub(crate) const RECORD: usize = 1500;

/// A record that says which one it is in every byte position that a cut could tear.
pub(crate) fn record(number: u64) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(RECORD).collect()
}

#[test]
fn child() {
    let Some(root) = env::var_os(ROOT) else { return };
    let mut files = Files { root: root.into(), open: BTreeMap::new() };
    for line in stdin().lock().lines() {
        match files.run(&line.unwrap()) {
            Ok(answer) => say(&format!("ok {answer}")),
            Err(error) => say(&format!("errno {}", error.raw_os_error().unwrap_or(0))),
        }
    }
}

fn say(answer: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{ANSWER}{answer}").and_then(|()| out.flush()).unwrap();
}

struct Files {
    root: PathBuf,
    open: BTreeMap<String, Arc<File>>,
}

impl Files {
    fn run(&mut self, line: &str) -> io::Result<String> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["write", name, at, text] => {
                self.file(name, 0)?.write_all_at(text.as_bytes(), number(at))?;
            }
            ["fill", name, at, count, byte] => {
                let bytes = vec![byte.as_bytes()[0]; number(count) as usize];
                self.file(name, 0)?.write_all_at(&bytes, number(at))?;
            }
            ["once", name, text] => {
                let parts = [io::IoSlice::new(text.as_bytes()), io::IoSlice::new(b"tail")];
                return Ok((&*self.file(name, libc::O_APPEND)?).write_vectored(&parts)?.to_string());
            }
            ["append", name, text] => (&*self.file(name, libc::O_APPEND)?).write_all(text.as_bytes())?,
            ["direct", name, at, text] => self.file(name, libc::O_DSYNC)?.write_all_at(text.as_bytes(), number(at))?,
            ["overwrite", name, text] => fs::write(self.path(name), text)?,
            ["sync", name] => self.file(name, 0)?.sync_all()?,
            ["data", name] => self.file(name, 0)?.try_clone()?.sync_data()?,
            ["cut", name, length] => self.file(name, 0)?.set_len(number(length))?,
            ["reserve", name, length] => reserve(&*self.file(name, 0)?, number(length))?,
            ["close", name] => drop(self.open.remove(name)),
            ["folder", name] => File::open(self.path(name))?.sync_all()?,
            ["mkdir", name] => fs::create_dir(self.path(name))?,
            ["rename", from, to] => fs::rename(self.path(from), self.path(to))?,
            ["link", from, to] => fs::hard_link(self.path(from), self.path(to))?,
            ["copy", from, to] => return Ok(fs::copy(self.path(from), self.path(to))?.to_string()),
            ["remove", name] => fs::remove_file(self.path(name))?,
            ["clear", name] => fs::remove_dir_all(self.path(name))?,
            ["read", name] => return fs::read_to_string(self.path(name)),
            ["journal", name, count] => self.journal(name, number(count))?,
            ["threads", name, threads, count] => self.threads(name, number(threads), number(count))?,
            ["replace", name, count] => self.replace(name, number(count))?,
            ["index", name, count] => {
                return Ok(index(self.path(name), number(count)).unwrap_or_else(|e| e.to_string()));
            }
            _ => return Err(io::Error::other(format!("no such command: {line}"))),
        }
        Ok(String::new())
    }

    /// Below the root; with a leading dot, as a relative path.
    fn path(&self, name: &str) -> PathBuf {
        if name.starts_with("./") { name.into() } else { self.root.join(name) }
    }

    fn file(&mut self, name: &str, flags: i32) -> io::Result<Arc<File>> {
        if let Some(open) = self.open.get(name) {
            return Ok(Arc::clone(open));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).custom_flags(flags);
        let file = Arc::new(options.open(self.path(name))?);
        self.open.insert(name.into(), Arc::clone(&file));
        Ok(file)
    }

    /// A journal as the store writes it: append, sync, acknowledge.
    fn journal(&mut self, name: &str, count: u64) -> io::Result<()> {
        let file = self.file(name, 0)?;
        file.sync_all()?;
        File::open(&self.root)?.sync_all()?;
        for number in 1..=count {
            file.write_all_at(&record(number), (number - 1) * RECORD as u64)?;
            file.sync_data()?;
            say(&format!("acknowledged {number}"));
        }
        Ok(())
    }

    /// Several writers and syncers of one file; each rewrites its own place again and again.
    fn threads(&mut self, name: &str, threads: u64, count: u64) -> io::Result<()> {
        let file = self.file(name, 0)?;
        file.sync_all()?;
        File::open(&self.root)?.sync_all()?;
        thread::scope(|scope| {
            let turn = |place: u64| {
                for number in 1..=count {
                    file.write_all_at(&record(number), place * RECORD as u64)?;
                    file.sync_data()?;
                    say(&format!("acknowledged {place} {number}"));
                }
                io::Result::Ok(())
            };
            let running: Vec<_> = (0..threads).map(|place| scope.spawn(move || turn(place))).collect();
            running.into_iter().try_for_each(|thread| thread.join().unwrap())
        })
    }

    /// The classic replacement of a small file: new file, sync, rename, sync of the folder.
    fn replace(&mut self, name: &str, count: u64) -> io::Result<()> {
        let next = self.root.join("next");
        for number in 1..=count {
            let file = File::create(&next)?;
            file.write_all_at(&record(number), 0)?;
            file.sync_all()?;
            fs::rename(&next, self.root.join(name))?;
            File::open(&self.root)?.sync_all()?;
            say(&format!("acknowledged {number}"));
        }
        Ok(())
    }
}

fn number(word: &str) -> u64 {
    word.parse().unwrap()
}

#[expect(unsafe_code, reason = "std has no fallocate")]
fn reserve(file: &File, length: u64) -> io::Result<()> {
    // SAFETY: the descriptor is open for the call.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length.cast_signed()) } {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// sled, with its own idea of what `flush` does.
fn index(folder: PathBuf, count: u64) -> Result<String, Box<dyn Error>> {
    let index = sled::Config::new().path(&folder).flush_every_ms(Some(20)).open()?;
    // sled itself never syncs its folder: without this, nothing at all of a new index is durable.
    File::open(&folder)?.sync_all()?;
    for number in 1..=count {
        index.insert(number.to_be_bytes(), record(number))?;
        if number % 16 == 0 {
            index.flush()?;
            say(&format!("acknowledged {number}"));
        }
    }
    Ok(index.len().to_string())
}
