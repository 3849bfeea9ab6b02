//! What the author of an adapter uses: `qadam adapter new | build | test | bench | dev`. None of them needs a host.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod dev;
mod diff;
pub(crate) mod golden;
pub(crate) mod new;
pub(crate) mod run;
mod sdk;
pub(crate) mod test;

use std::path::{Path, PathBuf};

use clap::Args;
use qadam_guest_build::{Built, Guest, Progress};

use crate::{cli::Failure, terminal::note};

/// Which adapter.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// Folder of the adapter's package, or the package's name in the workspace
    #[arg(default_value = ".", value_name = "DIR|PACKAGE")]
    adapter: PathBuf,
    /// Folder of the workspace, for a package's name
    #[arg(long, default_value = ".", value_name = "DIR")]
    workspace: PathBuf,
}

impl Which {
    /// What was named, below the workspace's folder.
    pub(crate) fn path(&self) -> &Path {
        &self.adapter
    }

    /// The package: that of the folder if there is such a folder, else that of the name.
    pub(crate) fn guest(&self) -> Result<Guest, Failure> {
        let folder = self.workspace.join(&self.adapter);
        if folder.join("Cargo.toml").is_file() {
            return Ok(Guest::in_folder(&folder)?);
        }
        match self.adapter.to_str() {
            Some(name) if !folder.exists() && !name.contains('/') => Ok(Guest::of_workspace(&self.workspace, name)
                .map_err(|error| match error {
                    error @ qadam_guest_build::Error::NoPackage { .. } => Failure::Failed(format!(
                        "there is neither a folder {name} nor a package of that name: {error}\n\
                         begin an adapter with: qadam adapter new NAME"
                    )),
                    error => error.into(),
                })?),
            _ => Ok(Guest::in_folder(&folder)?),
        }
    }
}

/// Builds, telling what is done. Keep it off the threads of async work.
pub(crate) fn built(guest: &Guest) -> Result<Built, Failure> {
    Ok(guest.build(&mut |progress: Progress<'_>| note(progress.to_string()))?)
}

/// A count with separators of thousands.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (160_147, "160,147"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }
}
