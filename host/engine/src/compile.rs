//! Compiling: in this process, or alone in another one that may hang, swell or crash in its place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::fault;

/// Compiles a component on this thread. What the compiler says of it where it does not.
pub(crate) fn compile(runtime: &wasmtime::Engine, component: &[u8]) -> Result<Vec<u8>, String> {
    // The runtime promises nothing about its compiler's behaviour over hostile code: a panic there costs this load only.
    match catch_unwind(AssertUnwindSafe(|| runtime.precompile_component(component))) {
        Ok(Ok(code)) => Ok(code),
        Ok(Err(error)) => Err(fault::text(&error)),
        Err(_) => Err(PANICKED.to_owned()),
    }
}

/// What is said of a panic.
pub(crate) const PANICKED: &str = "the compiler panicked";
