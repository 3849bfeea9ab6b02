//! `qadam submit --watch FOLDER`: sends what appears there, waits until it is mapped, and moves the file to `done` or
//! `refused` with a report.
//!
//! Nothing is remembered outside the folder: a file that is still there was not dealt with, and is sent again after a crash.
//! The host knows records by their bytes, so that sending again adds nothing.

mod alarm;
mod folder;
mod report;
mod words;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use alarm::Alarm;
use folder::{Folder, Seen, Shelf};
use qadam_clients::{ClientError, Host};
use report::Report;

use super::{
    super::target,
    Submit,
    send::{Job, SendError, Sent},
};
use crate::{
    cli::Failure,
    terminal::{complain, note},
    wall_clock,
};

/// How often the folder is looked at where nothing wakes us.
const LOOK: Duration = Duration::from_millis(500);
/// How long to leave a host alone that does not answer, beyond the client's own attempts.
const PAUSE: Duration = Duration::from_secs(2);
/// How often to say again that something is not as it should be.
const REMIND: Duration = Duration::from_secs(60);

/// A file whose records are in the host's journal, and not all mapped yet.
struct Delivered {
    path: PathBuf,
    /// What it was when it was sent.
    seen: Seen,
    sent: Sent,
    since: Instant,
}

pub(super) async fn run(submit: &Submit) -> Result<(), Failure> {
    let Some(path) = &submit.watch else { return Ok(()) };
    if !(0.0..=3600.0).contains(&submit.settle) {
        return Err(Failure::Use(format!("--settle is {}; it must be 0 to 3600 seconds", submit.settle)));
    }
    let folder = Folder::open(path)?;
    let mut watch = Watch { submit, folder, delivered: Vec::new(), trouble: Trouble::default() };
    let mut alarm = Alarm::on(path);
    note(format!("watching {}; files go to its folders done and refused", path.display()));
    loop {
        for renamed in alarm.renamed() {
            watch.folder.is_complete(renamed);
        }
        let left = watch.round().await?;
        if submit.once && left == 0 {
            return Ok(());
        }
        let pause = if watch.trouble.since.is_some() { PAUSE } else { LOOK };
        alarm.wait(pause).await;
    }
}

struct Watch<'a> {
    submit: &'a Submit,
    folder: Folder,
    delivered: Vec<Delivered>,
    trouble: Trouble,
}

/// What keeps us from working, said once and then from time to time.
#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    said: Option<Instant>,
}

impl Watch<'_> {
    /// Deals with all that can be dealt with now; how many files are left.
    async fn round(&mut self) -> Result<usize, Failure> {
        let settle = Duration::from_secs_f64(self.submit.settle);
        let (settled, unsettled) = self.folder.settled(settle).map_err(|error| {
            Failure::Failed(format!("the folder {} cannot be read: {error}", self.folder.path().display()))
        })?;
        let new: Vec<PathBuf> =
            settled.into_iter().filter(|path| self.delivered.iter().all(|known| known.path != *path)).collect();
        let left = unsettled + new.len() + self.delivered.len();
        if new.is_empty() && self.delivered.is_empty() {
            return Ok(left);
        }
        // Each time anew: a host that was started again may listen elsewhere.
        let done = match target(&self.submit.target) {
            Ok(host) => self.with(&host, new).await,
            Err(Failure::Use(text)) => return Err(Failure::Use(text)),
            Err(Failure::Failed(text)) => Err(Stop::Later(text)),
        };
        match done {
            Ok(dealt) => {
                if self.trouble.since.take().is_some() {
                    note("the host answers again");
                }
                Ok(left - dealt)
            }
            Err(Stop::Later(why)) => {
                self.trouble.say(&format!("{why}; files that wait: {left}; nothing is lost, trying again"));
                Ok(left)
            }
            Err(Stop::For(failure)) => Err(failure),
        }
    }

    /// Sends new files, and asks for those that were sent; how many are dealt with.
    async fn with(&mut self, host: &Host, new: Vec<PathBuf>) -> Result<usize, Stop> {
        let submit = self.submit;
        let job = Job {
            host,
            provider: &submit.provider,
            cut: submit.cut(),
            content_type: submit.content_type.as_deref(),
            patience: None,
        };
        let mut dealt = 0;
        for path in new {
            let Some(seen) = Seen::of(&path) else { continue };
            let mut sent = Sent::default();
            match job.send_file(0, &path, &mut sent, true).await {
                Ok(()) if sent.outcome.received == 0 => {
                    dealt += self.refuse(&path, "the file holds no record".to_owned(), Sent::default())?;
                }
                Ok(()) => self.delivered.push(Delivered { path, seen, sent, since: Instant::now() }),
                Err(SendError::Host { source, .. }) if later(&source) => return Err(Stop::Later(source.to_string())),
                Err(SendError::Host { source, .. }) if !of_the_file(&source) => return Err(Stop::For(source.into())),
                Err(wrong) => dealt += self.refuse(&path, wrong.to_string(), sent)?,
            }
        }
        let mut waiting = 0;
        for mut delivered in std::mem::take(&mut self.delivered) {
            let looked = look(&job, &mut delivered).await;
            match looked {
                Ok(true) => dealt += self.shelve(&delivered)?,
                Ok(false) => {
                    if delivered.since.elapsed() > Duration::from_secs(submit.patience) {
                        waiting += delivered.sent.outcome.pending;
                    }
                    self.delivered.push(delivered);
                }
                Err(error) => {
                    self.delivered.push(delivered);
                    return Err(if later(&error) { Stop::Later(error.to_string()) } else { Stop::For(error.into()) });
                }
            }
        }
        if waiting > 0 {
            let text = "records wait in the host's journal for their adapter";
            self.trouble.remind(&format!("{waiting} {text} (qadam adapter list says why)"));
        }
        Ok(dealt)
    }

    fn shelve(&mut self, delivered: &Delivered) -> Result<usize, Stop> {
        if Seen::of(&delivered.path).as_ref() != Some(&delivered.seen) {
            note(format!("{} has changed since it was sent, and is sent again", delivered.path.display()));
            return Ok(0);
        }
        let outcome = &delivered.sent.outcome;
        let shelf =
            if outcome.refused.is_empty() && outcome.quarantined.is_empty() { Shelf::Done } else { Shelf::Refused };
        self.put(&delivered.path, shelf, &delivered.sent, None)
    }

    /// A file of which nothing, or not all, can be sent.
    fn refuse(&mut self, path: &std::path::Path, why: String, sent: Sent) -> Result<usize, Stop> {
        self.put(path, Shelf::Refused, &sent, Some(why))
    }

    fn put(
        &mut self,
        path: &std::path::Path,
        shelf: Shelf,
        sent: &Sent,
        problem: Option<String>,
    ) -> Result<usize, Stop> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let report = Report {
            file: name,
            provider: self.submit.provider.as_str(),
            at: wall_clock(),
            shelf,
            outcome: &sent.outcome,
            problem: problem.as_deref(),
        };
        match self.folder.shelve(path, shelf, &report, self.submit.lang) {
            Ok(place) => {
                let outcome = &sent.outcome;
                let (sent, refused) = (outcome.received, outcome.refused.len() + outcome.quarantined.len());
                note(format!("{name}: {sent} sent, {refused} not mapped; moved to {}", place.display()));
                Ok(1)
            }
            Err(error) => {
                let text = format!("{name} cannot be moved to {}: {error}", shelf.name());
                self.trouble.say(&text);
                Ok(0)
            }
        }
    }
}

/// Whether all records of a file are decided, and what became of them.
async fn look(job: &Job<'_>, delivered: &mut Delivered) -> Result<bool, ClientError> {
    let decided = job.decided(&delivered.sent).await?;
    job.collect(std::slice::from_ref(&delivered.path), &mut delivered.sent).await?;
    Ok(decided && delivered.sent.outcome.pending == 0)
}

/// Why a round ended before its end.
enum Stop {
    /// The same may work later.
    Later(String),
    /// It cannot work as it is.
    For(Failure),
}

/// Whether the host may take it later.
fn later(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } => true,
        ClientError::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
        _ => false,
    }
}

/// Whether the host refused the file, and not us.
fn of_the_file(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { status, .. } if !matches!(status, 401 | 403 | 404))
}

impl Trouble {
    fn say(&mut self, text: &str) {
        self.since.get_or_insert_with(Instant::now);
        self.remind(text);
    }

    fn remind(&mut self, text: &str) {
        if self.said.is_none_or(|said| said.elapsed() > REMIND) {
            self.said = Some(Instant::now());
            complain(text);
        }
    }
}
