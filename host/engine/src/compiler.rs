//! The host's side of compiling in a child process.
//!
//! The runtime's security promise excludes its compiler: over hostile code it may take for ever, take all memory, or crash.
//! So it does that elsewhere. What the border holds off is exactly this: hanging, swelling and crashing. It does **not** make
//! the code that comes back less trusted: a compiler that is made to *emit* wrong code is as dangerous from a child as from
//! here, for the host runs what it gets. That the child has only pipes, no environment, no new files and the operator's
//! limits keeps what could take it over from reaching anything but this answer.

use std::{
    ffi::OsString,
    io::{self, Read, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    child::{CODE, CompileLimits, REFUSED},
    compile::PANICKED,
    error::LoadError,
    gate::Gate,
};

/// How components are compiled in processes of their own.
#[derive(Clone, Debug)]
pub struct CompilerCommand {
    /// The program: this very one, which calls [`crate::compile_child`] when it is started with the arguments.
    pub program: PathBuf,
    /// Its arguments. `--seconds N --memory-mib N` are added.
    pub arguments: Vec<OsString>,
    /// What each may use.
    pub limits: CompileLimits,
}

/// Compiles, a few at once.
pub(crate) struct Compiler {
    command: CompilerCommand,
    gate: Gate,
    closing: AtomicBool,
}

/// Components that are compiled at once. Each takes one core.
const AT_ONCE: usize = 2;
/// How often is looked whether the child has ended.
const LOOK: Duration = Duration::from_millis(5);
/// Most bytes of compiled code. Python's is 35 MB.
const CODE_LIMIT: u64 = 1 << 30;
/// Most bytes of what the child says on its standard error: the rest is read and dropped.
const COMPLAINT_LIMIT: usize = 4096;

impl Compiler {
    pub(crate) const fn new(command: CompilerCommand) -> Self {
        Self { command, gate: Gate::new(AT_ONCE), closing: AtomicBool::new(false) }
    }

    /// Compiles a component, after those that came before.
    pub(crate) fn compile(&self, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        let _place = self.gate.enter();
        let mut child = self.start().map_err(|error| lost(format!("it does not start: {error}")))?;
        let began = Instant::now();
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (status, answer, complaint) = thread::scope(|scope| {
            // The child may end before it has read all, so a broken pipe says nothing that its status does not.
            scope.spawn(move || input.map(|mut input| input.write_all(component)));
            let answer = scope.spawn(move || read(output, CODE_LIMIT));
            let complaint = scope.spawn(move || beginning(errors));
            let status = self.wait(&mut child, began);
            (status, answer.join().unwrap_or_default(), complaint.join().unwrap_or_default())
        });
        let status = status.map_err(|error| lost(format!("it cannot be waited for: {error}")))?;
        self.judge(status, answer, &complaint, began.elapsed())
    }

    /// Ends what is being compiled, and compiles nothing more.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    fn start(&self) -> io::Result<Child> {
        let CompileLimits { seconds, memory_mib } = self.command.limits;
        Command::new(&self.command.program)
            .args(&self.command.arguments)
            .args(["--seconds".to_owned(), seconds.to_string(), "--memory-mib".to_owned(), memory_mib.to_string()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// Waits for the child's end, and brings it about when it is due.
    fn wait(&self, child: &mut Child, began: Instant) -> io::Result<Option<ExitStatus>> {
        // Its processor time is limited by itself. A child that does not even use it, on a machine that is not busy, is
        // stuck.
        let deadline = Duration::from_secs(self.command.limits.seconds.saturating_mul(4).saturating_add(10));
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if began.elapsed() > deadline || self.closing.load(Ordering::SeqCst) {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }

    fn judge(
        &self,
        status: Option<ExitStatus>,
        mut answer: Vec<u8>,
        complaint: &str,
        actual: Duration,
    ) -> Result<Vec<u8>, LoadError> {
        let CompileLimits { seconds, memory_mib } = self.command.limits;
        let too_long = LoadError::CompileTime { limit: Duration::from_secs(seconds), actual };
        let Some(status) = status else {
            return Err(if self.closing.load(Ordering::SeqCst) { lost("the host stops".to_owned()) } else { too_long });
        };
        if !status.success() {
            let signal = status.signal();
            return Err(match signal {
                Some(signal) if signal == Signal::XCPU.as_raw() => too_long,
                _ if out_of_memory(complaint) => LoadError::CompileMemory { limit_mib: memory_mib },
                Some(signal) => LoadError::Compile { detail: format!("the compiler crashed by signal {signal}") },
                None if status.code() == Some(101) => LoadError::Compile { detail: PANICKED.to_owned() },
                None => lost(format!("it ended with {status}: {}", qadam_domain::mask::text(complaint, 300))),
            });
        }
        match answer.first() {
            Some(&CODE) => {
                answer.remove(0);
                Ok(answer)
            }
            Some(&REFUSED) => {
                let detail = String::from_utf8_lossy(answer.get(1..).unwrap_or_default()).into_owned();
                Err(if out_of_memory(&detail) {
                    LoadError::CompileMemory { limit_mib: memory_mib }
                } else {
                    LoadError::Compile { detail: qadam_domain::mask::text(&detail, 300) }
                })
            }
            _ => Err(lost("it gave no answer".to_owned())),
        }
    }
}

const fn lost(detail: String) -> LoadError {
    LoadError::Compiler { detail }
}

/// How an allocation that fails is told: by the language's runtime before it aborts, and by the system.
fn out_of_memory(text: &str) -> bool {
    text.contains("memory allocation of") || text.contains("Cannot allocate memory")
}

fn read(from: Option<impl Read>, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What breaks off is told by the status.
        let _ = from.take(limit).read_to_end(&mut bytes);
    }
    bytes
}

fn beginning(from: Option<impl Read>) -> String {
    let Some(mut from) = from else { return String::new() };
    let (mut kept, mut part) = (Vec::new(), [0; COMPLAINT_LIMIT]);
    while let Ok(count @ 1..) = from.read(&mut part) {
        let room = COMPLAINT_LIMIT.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(part.get(..room).unwrap_or_default());
    }
    String::from_utf8_lossy(&kept).into_owned()
}
