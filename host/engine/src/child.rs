//! The child's side of compiling: a process that takes the component from its standard input, gives the code on its standard
//! output, and can do little else.

use std::io::{self, Read as _, Write as _};

use rustix::process::{Resource, Rlimit, Signal};

use crate::{compile::compile, engine};

/// What the child may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Seconds of processor time.
    pub seconds: u64,
    /// MiB of address space.
    pub memory_mib: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { seconds: 120, memory_mib: 2048 }
    }
}

/// The answer's first byte where code follows.
pub(crate) const CODE: u8 = 0;
/// The answer's first byte where the compiler's word against the component follows.
pub(crate) const REFUSED: u8 = 1;

/// Compiles one component, from standard input to standard output: the body of the command that
/// [`crate::CompilerCommand`] names, to be called on the main thread of a process that has started nothing else. Before it
/// reads, the process takes its limits and gives up what it does not need: it ends with its parent, opens no file, writes
/// none, leaves no core and starts nothing.
///
/// # Errors
/// If the limits could not be taken, or the pipes break: nobody is listening any more.
pub fn compile_child(limits: CompileLimits) -> io::Result<()> {
    confine(limits)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let (kind, answer) = match engine::compiling().and_then(|runtime| compile(&runtime, &component)) {
        Ok(code) => (CODE, code),
        Err(refusal) => (REFUSED, refusal.into_bytes()),
    };
    let mut output = io::stdout().lock();
    output.write_all(&[kind])?;
    output.write_all(&answer)?;
    output.flush()
}

fn confine(limits: CompileLimits) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Those who map go first.
    let _ = rustix::process::nice(10);
    let seconds = limits.seconds;
    for (resource, soft, hard) in [
        (Resource::As, limits.memory_mib << 20, limits.memory_mib << 20),
        // The first ends it with a signal that says why, the second whatever it does.
        (Resource::Cpu, seconds, seconds + 1),
        (Resource::Core, 0, 0),
        (Resource::Fsize, 0, 0),
        (Resource::Nofile, 0, 0),
        (Resource::Nproc, 0, 0),
    ] {
        rustix::process::setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?;
    }
    Ok(())
}
