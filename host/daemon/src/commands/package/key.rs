//! `qadam adapter key new | show`: the keys that sign packages.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use qadam_package::SigningKey;

use super::text;
use crate::{
    cli::Failure,
    terminal::{note, say},
};

/// The keys that sign packages.
#[derive(Debug, Subcommand)]
pub(crate) enum SignKey {
    /// Make a key: the private half into a file that only you can read, the public half onto the screen
    New(KeyFile),
    /// Show the public half of a key
    Show(KeyFile),
}

#[derive(Debug, Args)]
pub(crate) struct KeyFile {
    /// The private key's file
    #[arg(value_name = "FILE.key")]
    file: PathBuf,
}

pub(crate) fn run(key: &SignKey) -> Result<(), Failure> {
    match key {
        SignKey::New(KeyFile { file }) => {
            if file.exists() {
                return Err(Failure::Failed(format!("{} is there already and is not overwritten", file.display())));
            }
            let (key, pem) = SigningKey::generate()?;
            qadam_pipeline::private(file, pem.as_bytes())
                .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
            note(format!(
                "the private key is in {}: keep it as you keep a seal; whoever has it signs as you",
                file.display()
            ));
            tell(&key);
        }
        SignKey::Show(KeyFile { file }) => tell(&read(file)?),
    }
    Ok(())
}

/// The key of a file.
pub(crate) fn read(file: &Path) -> Result<SigningKey, Failure> {
    SigningKey::from_pem(&text(file)?).map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))
}

fn tell(key: &SigningKey) {
    let public = key.public();
    say(public.to_string());
    note(format!("its id is {}", public.id()));
    note("an operator who trusts it writes into the host's trust store, with a name and the providers it may serve:");
    note(format!("[NAME]\npublic = \"{public}\"\nproviders = [\"PROVIDER\"]"));
}
