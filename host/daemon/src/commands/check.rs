//! `qadam check`: is the data folder of a stopped host sound?

use qadam_store::{StoreConfig, verify};
use serde_json::json;

use crate::{
    cli::{Check, Failure},
    terminal::{progress, say},
};

pub(crate) fn run(check: &Check) -> Result<(), Failure> {
    if !check.data.join("journal").is_dir() {
        return Err(Failure::Failed(format!("{} is no data folder: it has no journal", check.data.display())));
    }
    let bar = progress("checking", 0);
    let verdict = verify(&StoreConfig::in_folder(&check.data), |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if check.json {
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
