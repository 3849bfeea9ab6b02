//! Packages of adapters, on their maker's machine and on an operator's desk: `qadam adapter key | pack | inspect`. None of them
//! needs a host.

pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod pack;

use std::path::Path;

use crate::cli::Failure;

/// A file's bytes, or a sentence that names it.
fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

/// A file's text, likewise.
fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}
