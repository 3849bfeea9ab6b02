//! `qadam compile-component`: what a host starts to compile a component in a process of its own. Not for people.

use std::path::PathBuf;

use clap::Args;
use qadam_engine::{CompileLimits, CompilerCommand, compile_child};

use crate::cli::Failure;

/// The command's name.
const NAME: &str = "compile-component";

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Compile {
    /// Seconds of processor time
    #[arg(long)]
    seconds: u64,
    /// MiB of address space
    #[arg(long)]
    memory_mib: u64,
}

pub(crate) fn run(compile: Compile) -> Result<(), Failure> {
    let Compile { seconds, memory_mib } = compile;
    Ok(compile_child(CompileLimits { seconds, memory_mib })?)
}

/// How a host compiles: by the file that it was itself started from, even if another lies in its place by now.
pub(crate) fn command(program: PathBuf, limits: CompileLimits) -> CompilerCommand {
    CompilerCommand { program, arguments: vec![NAME.into()], limits }
}

/// The file that this process was started from.
pub(crate) fn own_program() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { link } else { std::env::current_exe().unwrap_or(link) }
}
