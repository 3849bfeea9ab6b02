//! `qadam check`: is the data folder of a stopped host sound, or a backup?

use std::path::{Path, PathBuf};

use clap::Args;
use qadam_store::{StoreConfig, verify};
use serde_json::json;

use crate::{
    backup::Backup,
    cli::Failure,
    terminal::{progress, say},
};

/// What to check.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct What {
    /// The data folder of a stopped host
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A backup
    #[arg(long, value_name = "FOLDER|FILE.zip")]
    backup: Option<PathBuf>,
}

/// A check.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    what: What,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(check: &Check) -> Result<(), Failure> {
    match (&check.what.data, &check.what.backup) {
        (Some(data), _) => folder(data, check.json),
        (None, Some(path)) => backup(path, check.json),
        (None, None) => Err(Failure::Use("name --data DIR or --backup PATH".into())),
    }
}

fn backup(path: &Path, json: bool) -> Result<(), Failure> {
    let bar = progress("checking", 0);
    let mut backup = Backup::open(path)?;
    let sound = backup.check(|done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let (made_at, keys) = (backup.manifest.made_at, backup.manifest.private_keys);
    if json {
        say(json!({
            "made_at": made_at.to_string(), "files": sound.files, "segments": sound.segments, "entries": sound.entries,
            "bytes": sound.bytes, "private_keys": keys,
        })
        .to_string());
        return Ok(());
    }
    say(format!(
        "backup of {made_at}: {} files, {} bytes, each whole\njournal: {} entries in {} segments, each whole\nprivate keys: {}",
        sound.files,
        sound.bytes,
        sound.entries,
        sound.segments,
        if keys { "in it" } else { "not in it" }
    ));
    Ok(())
}

fn folder(data: &Path, json: bool) -> Result<(), Failure> {
    if !data.join("journal").is_dir() {
        return Err(Failure::Failed(format!("{} is no data folder: it has no journal", data.display())));
    }
    let bar = progress("checking", 0);
    let verdict = verify(&StoreConfig::in_folder(data), |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    super::backup::left(data);
    let verdict = verdict?;
    if json {
        say(json!({
            "segments": verdict.segments, "entries": verdict.entries, "bytes": verdict.bytes, "applied": verdict.applied,
            "differing": verdict.differing,
        })
        .to_string());
    } else {
        say(format!(
            "journal: {} entries in {} segments, {} bytes, each whole\nindex:   {} entries applied, {} rows differ from a rebuilt one",
            verdict.entries, verdict.segments, verdict.bytes, verdict.applied, verdict.differing
        ));
    }
    if verdict.differing > 0 {
        return Err(Failure::Failed(
            "the index is wrong: remove the folder `index`, the next start rebuilds it".into(),
        ));
    }
    Ok(())
}
