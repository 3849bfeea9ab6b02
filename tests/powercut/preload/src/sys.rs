//! The kernel without libc's wrappers in between, and how the library gives up.

use libc::{c_char, c_int, c_long, c_void};
use std::{
    ffi::CString,
    fs::{self, File},
    io,
    mem::MaybeUninit,
    os::{
        fd::FromRawFd,
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::Path,
};

/// What a system call answered: its value, or errno.
pub(crate) type Outcome<T = c_long> = Result<T, c_int>;

/// Makes a raw system call. Every argument is widened to a register, as the kernel expects.
macro_rules! syscall {
    ($number:ident $(, $argument:expr)* $(,)?) => {
        $crate::sys::raw(libc::$number, [$($argument as libc::c_long),*])
    };
}
pub(crate) use syscall;

pub(crate) fn raw<const N: usize>(number: c_long, arguments: [c_long; N]) -> Outcome {
    let mut registers = arguments.into_iter().chain(std::iter::repeat(0));
    let mut next = || registers.next().unwrap_or(0);
    // SAFETY: the arguments are those that the caller of libc's function gave, or were made for this call; the kernel
    // checks them all, and ignores registers that a call has no use for.
    outcome(unsafe { libc::syscall(number, next(), next(), next(), next(), next(), next()) })
}

fn outcome(result: c_long) -> Outcome {
    // SAFETY: errno's address is always valid in the calling thread.
    if result == -1 { Err(unsafe { *libc::__errno_location() }) } else { Ok(result) }
}

/// Turns an outcome into what C expects: the value, or -1 and errno. The last thing a call does, so that the library's
/// own work cannot change errno afterwards.
pub(crate) fn answer(outcome: Outcome) -> c_long {
    outcome.unwrap_or_else(|errno| {
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = errno };
        -1
    })
}

/// The few facts about an inode that matter here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    pub(crate) inode: (u64, u64),
    pub(crate) mode: u32,
    pub(crate) size: u64,
}

impl Stat {
    fn read(call: impl FnOnce(*mut libc::stat) -> c_int) -> Outcome<Self> {
        let mut stat = MaybeUninit::uninit();
        outcome(call(stat.as_mut_ptr()).into())?;
        // SAFETY: the call succeeded, so the kernel has filled the structure.
        let stat = unsafe { stat.assume_init() };
        Ok(Self { inode: (stat.st_dev, stat.st_ino), mode: stat.st_mode, size: stat.st_size.unsigned_abs() })
    }

    pub(crate) fn of(fd: c_int) -> Outcome<Self> {
        // SAFETY: `fstat` (not interposed) fills the structure or fails.
        Self::read(|stat| unsafe { libc::fstat(fd, stat) })
    }

    /// The inode that a path names, symbolic links followed as `open` follows them.
    pub(crate) fn at(dirfd: c_int, path: *const c_char) -> Outcome<Self> {
        // SAFETY: as above; the path is the caller's, and the kernel checks it.
        Self::read(|stat| unsafe { libc::fstatat(dirfd, path, stat, 0) })
    }

    pub(crate) fn is_file(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFREG
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFDIR
    }
}

impl From<&fs::Metadata> for Stat {
    fn from(found: &fs::Metadata) -> Self {
        Self { inode: (found.dev(), found.ino()), mode: found.mode(), size: found.len() }
    }
}

pub(crate) fn openat(dirfd: c_int, path: *const c_char, flags: c_int, mode: libc::mode_t) -> Outcome {
    syscall!(SYS_openat, dirfd, path, flags, mode)
}

/// Opens a file to read it, below the root too: `File::open` would come back through `open` and want locks that are held.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let fd = openat(libc::AT_FDCWD, name.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC, 0);
    // SAFETY: the descriptor was just opened and belongs to nobody else.
    fd.map(|fd| unsafe { File::from_raw_fd(fd as c_int) }).map_err(io::Error::from_raw_os_error)
}

/// The path by which the kernel reaches what a descriptor refers to, even when its name is gone.
pub(crate) fn by_fd(fd: c_int) -> String {
    format!("/proc/self/fd/{fd}")
}

/// The power cut: ends the process at once, and never returns.
pub(crate) fn die() -> ! {
    loop {
        let _ = syscall!(SYS_kill, syscall!(SYS_getpid).unwrap_or(0), libc::SIGKILL);
    }
}

/// Ends the process because the shadow can no longer be kept true.
pub(crate) fn give_up(doing: &str, error: &dyn std::fmt::Display) -> ! {
    let text = format!("qadam-powercut: {doing}: {error}; the shadow would be wrong, so the process ends\n");
    let _ = syscall!(SYS_write, libc::STDERR_FILENO, text.as_ptr().cast::<c_void>(), text.len());
    std::process::abort()
}
