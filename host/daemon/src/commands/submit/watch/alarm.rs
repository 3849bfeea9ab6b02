//! Being woken when something appears in a folder. Where the system cannot do that (a network share), or misses something,
//! looking from time to time is enough.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{ModifyKind, RenameMode},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::terminal::note;

pub(super) struct Alarm {
    /// Ends with us.
    watcher: Option<RecommendedWatcher>,
    events: UnboundedReceiver<Event>,
    renamed: Vec<PathBuf>,
}

impl Alarm {
    pub(super) fn on(folder: &Path) -> Self {
        let (sender, events) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Ok(event) = event {
                // A receiver that is gone needs no alarm.
                let _ = sender.send(event);
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let watcher =
            watcher.inspect_err(|error| note(format!("nothing wakes us ({error}); looking twice a second"))).ok();
        Self { watcher, events, renamed: Vec::new() }
    }

    /// Files that were moved to their names since the last time: they are complete.
    pub(super) fn renamed(&mut self) -> Vec<PathBuf> {
        while let Ok(event) = self.events.try_recv() {
            self.note(event);
        }
        std::mem::take(&mut self.renamed)
    }

    /// Waits for something to happen, or for the time.
    pub(super) async fn wait(&mut self, time: Duration) {
        if self.watcher.is_none() {
            return tokio::time::sleep(time).await;
        }
        if let Ok(Some(event)) = tokio::time::timeout(time, self.events.recv()).await {
            self.note(event);
        }
    }

    fn note(&mut self, event: Event) {
        match event.kind {
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => self.renamed.extend(event.paths),
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
                self.renamed.extend(event.paths.into_iter().skip(1))
            }
            _ => {}
        }
    }
}
