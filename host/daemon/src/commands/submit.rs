//! `qadam submit`: sends records with progress, waits until they are mapped, and tells what became of them; or does so with
//! all that appears in a folder.

mod cut;
mod rows;
mod send;
mod watch;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
pub(crate) use cut::{Cut, Submitted};
use qadam_domain::ProviderId;
pub(crate) use send::{Job, Outcome, Refused};

use super::target;
use crate::{
    cli::{Failure, Lang, Target},
    terminal::{say, table},
};

#[derive(Debug, Args)]
pub(crate) struct Submit {
    #[command(flatten)]
    target: Target,
    /// Whose records
    #[arg(long, value_name = "ID")]
    provider: ProviderId,
    /// Each line is a record
    #[arg(long, conflicts_with_all = ["rows", "whole"])]
    lines: bool,
    /// Each row of a CSV file is a record, sent with the header [default for CSV files]
    #[arg(long, conflicts_with = "whole")]
    rows: bool,
    /// Each file is a record [default for other files]
    #[arg(long)]
    whole: bool,
    /// The CSV files do not begin with the names of the columns
    #[arg(long)]
    no_header: bool,
    /// Media type of the records [default: by the file's name]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Do not wait for outcomes
    #[arg(long, conflicts_with = "watch")]
    no_wait: bool,
    /// Seconds without any progress after which waiting for outcomes ends; with --watch, after which it is told of
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    patience: u64,
    /// End with one JSON object on one line
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    /// Send what appears in this folder, and move it to its folder `done` or `refused` with a report, until stopped
    #[arg(long, value_name = "FOLDER", conflicts_with = "files")]
    watch: Option<PathBuf>,
    /// With --watch: stop when all that is in the folder has been dealt with
    #[arg(long, requires = "watch")]
    once: bool,
    /// With --watch: seconds for which a file must not change before it is sent
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    settle: f64,
    /// With --watch: language of the reports
    #[arg(long, default_value = "ru")]
    lang: Lang,
    /// Files, gzip or not; - is standard input
    #[arg(required_unless_present = "watch", value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) async fn run(submit: Submit) -> Result<(), Failure> {
    if submit.watch.is_some() {
        return watch::run(&submit).await;
    }
    let host = target(&submit.target)?;
    let job = Job {
        host: &host,
        provider: &submit.provider,
        cut: submit.cut(),
        content_type: submit.content_type.as_deref(),
        patience: (!submit.no_wait).then(|| Duration::from_secs(submit.patience)),
    };
    let outcome = job.send(&submit.files).await?;
    if submit.json {
        say(serde_json::to_string(&outcome)?);
    } else {
        lines(&outcome).into_iter().for_each(say);
    }
    Ok(())
}

impl Submit {
    /// How the files are cut; none decides by each file's name.
    const fn cut(&self) -> Option<Cut> {
        let header = !self.no_header;
        match (self.lines, self.rows || self.no_header, self.whole) {
            (true, ..) => Some(Cut::Lines),
            (_, _, true) => Some(Cut::Whole),
            (_, true, _) => Some(Cut::Rows { header }),
            _ => None,
        }
    }
}

/// The outcome for people.
pub(crate) fn lines(outcome: &Outcome) -> Vec<String> {
    let mapped = outcome.accepted - outcome.refused.len() as u64 - outcome.quarantined.len() as u64 - outcome.pending;
    let row = |what: &str, count: u64| vec![what.to_owned(), count.to_string()];
    let mut lines = table(&[
        row("sent", outcome.received),
        row("duplicates", outcome.duplicates),
        row("mapped", mapped),
        row("refused", outcome.refused.len() as u64),
        row("quarantined", outcome.quarantined.len() as u64),
        row("pending", outcome.pending),
    ]);
    for (what, records) in [("refused", &outcome.refused), ("quarantined", &outcome.quarantined)] {
        for record in records {
            let file = record.file.as_deref().map(|file| format!("{file} ")).unwrap_or_default();
            lines.push(format!("{what}: {file}line {}: {}: {}", record.line, record.cause, record.detail));
        }
    }
    if outcome.pending > 0 {
        lines.push(
            "pending records are safe in the host's journal; they are mapped when their adapter works".to_owned(),
        );
    }
    lines
}

/// Media type of a file, by its name.
pub(crate) fn media_type(path: &Path) -> &'static str {
    qadam_package::golden::media_type(path.file_name().and_then(|name| name.to_str()).unwrap_or_default())
}
