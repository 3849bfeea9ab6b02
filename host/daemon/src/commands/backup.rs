//! `qadam backup`: copies a host's data folder while it runs, up to an entry of the journal.

use std::path::{Path, PathBuf};

use clap::Args;
use qadam_store::{Extent, ExtentSegment, Store, StoreConfig, StoreError};
use serde::Deserialize;
use serde_json::json;

use super::{key::local, target};
use crate::{
    audit,
    backup::{Backup, BackupError, Made, make},
    cli::{Failure, Target},
    terminal::{note, progress, say},
    wall_clock,
};

/// How often a copy is begun again whose segments were replaced meanwhile.
const ATTEMPTS: usize = 3;

/// A backup.
#[derive(Debug, Args)]
pub(crate) struct Make {
    /// The host's data folder; the host may run or not
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to: a folder, in which the next backup copies only what has changed, or a FILE.zip
    #[arg(long, value_name = "FOLDER|FILE.zip")]
    to: PathBuf,
    /// Copy the private keys of the data folder too (operator.key, pki/): who has such a backup is the host
    #[arg(long)]
    private_keys: bool,
    /// Why, for the audit
    #[arg(long, default_value = "a backup", value_name = "TEXT")]
    why: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(make: Make) -> Result<(), Failure> {
    let is_file = make.to.extension().is_some_and(|extension| extension == "zip");
    let folder = if is_file { make.to.with_extension("zip.parts") } else { make.to.clone() };
    let mut left = ATTEMPTS;
    let made = loop {
        left -= 1;
        match copied(&make, &folder).await {
            Err(Copying::Backup(BackupError::Changed(_))) if left > 0 => {}
            Err(Copying::Backup(error)) => return Err(error.into()),
            Err(Copying::Extent(failure)) => return Err(failure),
            Ok(made) => break made,
        }
    };
    if is_file {
        Backup::pack(&folder, &make.to)?;
        std::fs::remove_dir_all(&folder)?;
    }
    let Made { manifest, copied } = made;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    if make.json {
        say(json!({
            "epoch": manifest.epoch, "last": manifest.last, "files": manifest.files.len(), "bytes": bytes, "copied": copied,
            "private_keys": manifest.private_keys,
        })
        .to_string());
        return Ok(());
    }
    say(format!(
        "{}: {} entries, {} files, {bytes} bytes, of which {copied} were copied",
        make.to.display(),
        manifest.last,
        manifest.files.len()
    ));
    note(if manifest.private_keys {
        "private keys are in it: keep it as you keep the host itself"
    } else {
        "no private keys are in it (--private-keys); personal data are. Keep the configuration and the files that it names too"
    });
    Ok(())
}

enum Copying {
    Extent(Failure),
    Backup(BackupError),
}

async fn copied(make: &Make, folder: &Path) -> Result<Made, Copying> {
    // Held open where no host runs, so that none starts meanwhile.
    let (extent, store) = extent(make).await.map_err(Copying::Extent)?;
    let bar = progress("copying", 0);
    let made = self::make(&make.data, folder, &extent, make.private_keys, wall_clock(), |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    if store.is_some() {
        drop(store);
        left(&make.data);
    }
    made.map_err(Copying::Backup)
}

/// What was opened as an administrator is the host's again.
pub(super) fn left(data: &Path) {
    if let Err(error) = crate::owner::hand_over(data) {
        note(format!("{}: {error}; see that its files belong to the user of the host", data.display()));
    }
}

/// How far to copy, once the act is in the journal: by the running host, or by ourselves.
async fn extent(backup: &Make) -> Result<(Extent, Option<Store>), Failure> {
    if !backup.data.join("journal").is_dir() {
        return Err(Failure::Failed(format!("{} is no data folder: it has no journal", backup.data.display())));
    }
    let config = StoreConfig::in_folder(&backup.data);
    let subject = format!("to {}", backup.to.display());
    let act = audit::act("backup", subject.clone(), &local(), &backup.why, wall_clock());
    let opened = tokio::task::spawn_blocking(move || {
        let store = Store::open(&config)?;
        store.act(act)?;
        let extent = store.extent()?;
        Ok::<_, StoreError>((extent, Some(store)))
    });
    match opened.await? {
        Err(StoreError::Locked { .. }) => {}
        Ok(opened) => return Ok(opened),
        Err(error) => {
            left(&backup.data);
            return Err(error.into());
        }
    }
    let host = Target { host: None, data: Some(backup.data.clone()), key: None, ca: None };
    let told: Told = target(&host)?.post("/v1/backups", &json!({ "to": subject, "why": backup.why })).await?;
    let segments = told.segments.into_iter();
    let segments =
        segments.map(|segment| ExtentSegment { name: segment.name, first: segment.first, bytes: segment.bytes });
    Ok((Extent { epoch: told.epoch, last: told.last, segments: segments.collect() }, None))
}

#[derive(Deserialize)]
struct Told {
    epoch: u32,
    last: u64,
    segments: Vec<ToldSegment>,
}

#[derive(Deserialize)]
struct ToldSegment {
    name: String,
    first: u64,
    #[serde(default)]
    bytes: Option<u64>,
}
