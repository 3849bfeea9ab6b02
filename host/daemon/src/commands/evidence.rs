//! `qadam evidence`: proofs of single events, and the order of what was sealed.

mod export;
mod sequence;
mod verify;

use std::path::Path;

use clap::Subcommand;

use crate::cli::Failure;

/// What to do with evidence.
#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Verify an archive, step by step: offline, with nothing but the certificates of the authorities
    Verify(verify::Verify),
    /// Fetch the archive that proves an event; who asked and what for goes into the record of acts
    Export(export::Export),
    /// Check that the sealed messages of a lane follow each other: none is missing, repeated or replaced
    Sequence(sequence::Sequence),
}

pub(crate) async fn run(evidence: Evidence) -> Result<(), Failure> {
    match evidence {
        Evidence::Verify(verify) => verify::run(&verify),
        Evidence::Export(export) => export::run(export).await,
        Evidence::Sequence(sequence) => sequence::run(sequence).await,
    }
}

/// A file, unless it is larger than anything that it could be.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > limit as u64 {
        return Err(Failure::Failed(format!("{} has {size} bytes, at most {limit} are read", path.display())));
    }
    std::fs::read(path).map_err(failed)
}
