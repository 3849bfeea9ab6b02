//! `qadam evidence export`.

use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::PathBuf};

use clap::Args;
use qadam_domain::EventId;
use qadam_evidence::archive;
use serde_json::json;

use crate::{
    cli::{Failure, Target},
    commands::target,
    terminal::say,
};

/// Which event, and what for.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    target: Target,
    /// Id of the event
    event: EventId,
    /// Where to write the archive; a file that is there already stays
    #[arg(short, long, value_name = "FILE.zip")]
    output: PathBuf,
    /// What it is needed for, for the record of acts: the archive holds personal data
    #[arg(long, value_name = "TEXT", default_value = "evidence export from the command line")]
    purpose: String,
}

pub(crate) async fn run(export: Export) -> Result<(), Failure> {
    let failed = |error: String| Failure::Failed(format!("{}: {error}", export.output.display()));
    if export.output.exists() {
        return Err(failed("it is there already; name another file".to_owned()));
    }
    let host = target(&export.target)?;
    let path = format!("/v1/events/{}/evidence", export.event);
    let bytes = host.download(&path, &json!({ "purpose": export.purpose })).await?;
    archive::read(&bytes).map_err(|error| Failure::Failed(format!("what the host sent is no archive: {error}")))?;
    // Personal data: for the eyes of whoever asked.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&export.output)
        .map_err(|error| failed(error.to_string()))?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|error| failed(error.to_string()))?;
    say(format!("{}: {} bytes", export.output.display(), bytes.len()));
    say(format!("next: qadam evidence verify {} --trust CA.pem", export.output.display()));
    Ok(())
}
