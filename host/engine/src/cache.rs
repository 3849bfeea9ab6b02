//! Compiled code, kept in a folder of this host alone.
//!
//! What is read back is machine code that the process will run. Each file is an HMAC-SHA256 and then the code; the key is random and kept in the folder with mode 0600, and from it each name has its
//! own, so that no file passes for another's. The name holds the digest of the component and everything of the engine that
//! the code depends on. The bytes that were verified are the bytes that are loaded. A file that does not verify is logged,
//! removed and compiled anew. Files are written aside and renamed, so that a reader sees a whole one or none.

use std::{
    fs,
    hash::Hash as _,
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use wasmtime::component::Component;

use crate::{
    code::Code,
    digest::{Digest, Sha256},
    fault,
};

/// The folder.
pub(crate) struct Cache {
    folder: PathBuf,
    key: hmac::Key,
    engine: String,
}

/// Bytes of the code's HMAC, before the code.
const TAG: usize = 32;
/// Bytes of the key.
const KEY: usize = 32;
/// Largest file that is read. Python's is 35 MB.
const FILE_LIMIT: u64 = 1 << 30;

impl Cache {
    /// Opens or makes the folder. None, and a log line, where it cannot be used.
    pub(crate) fn open(folder: PathBuf, runtime: &wasmtime::Engine) -> Option<Self> {
        let mut engine = Sha256::default();
        runtime.precompile_compatibility_hash().hash(&mut engine);
        let engine = HEXLOWER.encode(engine.value().get(..8).unwrap_or_default());
        match key(&folder) {
            Ok(key) => Some(Self { folder, key, engine }),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "no cache of compiled adapters; each load compiles");
                None
            }
        }
    }

    /// The compiled code of the component with that digest, if the folder has it intact.
    pub(crate) fn get(&self, runtime: &wasmtime::Engine, component: &Digest) -> Option<Component> {
        let name = self.name(component);
        let path = self.folder.join(&name);
        let file = match read(&path, FILE_LIMIT) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(file = name, %error, "cannot read compiled code; compiling anew");
                return None;
            }
        };
        let Some(code) = self.verified(&name, &file) else {
            tracing::warn!(file = name, "compiled code in the cache is not what this host wrote; compiling anew");
            self.discard(&path);
            return None;
        };
        match code.load(runtime) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(file = name, error = fault::text(&error), "cannot load compiled code; compiling anew");
                self.discard(&path);
                None
            }
        }
    }

    /// Keeps compiled code. A failure is logged: the next load compiles again.
    pub(crate) fn put(&self, digest: &Digest, code: &Code<'_>) {
        let name = self.name(digest);
        if let Err(error) = self.write(&name, code.bytes()) {
            tracing::warn!(file = name, %error, "cannot keep compiled code; the next load compiles again");
        }
    }

    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let mut aside = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        aside.write_all(hmac::sign(&self.key_of(name), code).as_ref())?;
        aside.write_all(code)?;
        aside.persist(self.folder.join(name)).map(drop).map_err(Into::into)
    }

    fn name(&self, component: &Digest) -> String {
        format!("{}-{}.code", HEXLOWER.encode(component), self.engine)
    }

    /// The code of a file whose HMAC is right.
    fn verified<'a>(&self, name: &str, file: &'a [u8]) -> Option<Code<'a>> {
        let (tag, code) = file.split_at_checked(TAG)?;
        hmac::verify(&self.key_of(name), code, tag).ok().map(|()| Code::of_cache(code))
    }

    /// Each name has a key of its own, so that no file passes for another's.
    fn key_of(&self, name: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.key, name.as_bytes()).as_ref())
    }

    fn discard(&self, path: &Path) {
        if let Err(error) = fs::remove_file(path) {
            tracing::warn!(file = %path.display(), %error, "cannot remove it");
        }
    }
}

/// The folder's key; the first one makes it.
fn key(folder: &Path) -> io::Result<hmac::Key> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    let path = folder.join("key");
    if !path.try_exists()? {
        let mut bytes = [0; KEY];
        SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let mut aside = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        aside.write_all(&bytes)?;
        // Another process may have been first: then its key stands.
        match aside.persist_noclobber(&path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
            _ => {}
        }
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    let bytes = read(&path, KEY as u64)?;
    if bytes.len() == KEY {
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    } else {
        Err(io::Error::other(format!("the key has {} bytes, expected {KEY}; remove the folder", bytes.len())))
    }
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let size = file.metadata()?.len();
    if size > limit {
        return Err(io::Error::other(format!("it has {size} bytes, the limit is {limit}")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
