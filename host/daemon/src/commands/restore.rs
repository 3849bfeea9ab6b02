//! `qadam restore`: makes a data folder of a backup.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::key::local;
use crate::{
    backup::{Backup, restore},
    cli::Failure,
    keys::By,
    terminal::{note, progress, say},
    wall_clock,
};

/// A restore.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(long, value_name = "FOLDER|FILE.zip")]
    from: PathBuf,
    /// The new data folder; it must be empty, or not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Why, for the audit
    #[arg(long, default_value = "a restore", value_name = "TEXT")]
    why: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(order: Restore) -> Result<(), Failure> {
    let done = tokio::task::spawn_blocking(move || {
        let bar = progress("restoring", 0);
        let mut backup = Backup::open(&order.from)?;
        let who = local();
        let by = By { who: &who, why: &order.why, at: wall_clock() };
        let restored = restore(&mut backup, &order.data, by, |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        restored.map(|restored| (restored, order))
    });
    let (restored, order) = done.await??;
    if order.json {
        say(json!({ "epoch": restored.epoch, "last": restored.last, "operator": restored.operator }).to_string());
        return Ok(());
    }
    say(format!("{}: entries up to {}, epoch {}", order.data.display(), restored.last, restored.epoch));
    note(
        "what was acknowledged after the backup is not in it: let the providers send again from then on; what they repeat changes nothing",
    );
    note(
        "keys that were revoked or limited after the backup are valid again: see qadam key list, and trust.toml for those of packages",
    );
    if let Some(id) = restored.operator {
        note(format!("the backup held no operator's key: {id} was made and lies in operator.key"));
    }
    note(
        "never start the host that was backed up again on its own data folder: two hosts would seal for the same lanes",
    );
    Ok(())
}
