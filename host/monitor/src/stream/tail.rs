//! The last events, read from the store once for all readers that have come so far. A reader that is further behind reads
//! for itself. What is kept is bounded; all else is in the journal.

use std::{collections::VecDeque, sync::Arc};

use axum::http::StatusCode;
use bytes::Bytes;
use qadam_domain::{
    ProviderId,
    ids::{Cursor, EventId},
};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    Api,
    problem::Problem,
    reading::blocking,
    view::{EventView, Masked as _},
};

/// Events read at once.
const EVENTS: usize = 64;
/// Bytes of events kept for readers to come.
const KEPT: usize = 4 << 20;
/// Readers that read for themselves at once, so that intake and others have a turn.
const BEHIND: usize = 2;

/// Events after one place up to another.
#[derive(Debug)]
pub(crate) struct Sheet {
    from: Cursor,
    /// Everything up to here is in it.
    pub(crate) to: Cursor,
    /// The events.
    pub(crate) frames: Vec<Frame>,
}

/// An event as it is sent.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Whose.
    pub(crate) provider: ProviderId,
    /// Its place.
    pub(crate) at: Cursor,
    /// As the monitoring system gets it.
    pub(crate) whole: Bytes,
    /// As others do.
    pub(crate) masked: Bytes,
}

/// The sheets of late, each beginning where the one before ends.
#[derive(Debug)]
pub(crate) struct Tail {
    sheets: Mutex<VecDeque<Arc<Sheet>>>,
    behind: Semaphore,
}

impl Default for Tail {
    fn default() -> Self {
        Self { sheets: Mutex::default(), behind: Semaphore::new(BEHIND) }
    }
}

impl Tail {
    /// What comes after a place: events of one provider at least.
    ///
    /// # Errors
    /// If it cannot be read now, or the place is not in this journal.
    pub(crate) async fn after(
        &self,
        api: &Api,
        provider: Option<&ProviderId>,
        at: Cursor,
    ) -> Result<Arc<Sheet>, Problem> {
        // Held while the store is asked: whoever comes meanwhile wants the same.
        let mut sheets = self.sheets.lock().await;
        if let Some(sheet) = sheets.iter().find(|sheet| sheet.from <= at && at < sheet.to) {
            return Ok(Arc::clone(sheet));
        }
        if sheets.front().is_some_and(|first| at < first.from) {
            drop(sheets);
            let _turn = self.behind.acquire().await;
            return read(api, provider.cloned(), at).await;
        }
        let sheet = read(api, None, at).await?;
        if sheets.back().is_some_and(|last| last.to != at) {
            sheets.clear();
        }
        if sheet.to > at {
            sheets.push_back(Arc::clone(&sheet));
        }
        while sheets.len() > 1 && sheets.iter().map(|sheet| sheet.bytes()).sum::<usize>() > KEPT {
            sheets.pop_front();
        }
        Ok(sheet)
    }
}

async fn read(api: &Api, provider: Option<ProviderId>, from: Cursor) -> Result<Arc<Sheet>, Problem> {
    let part = blocking(api, move |ports| {
        let Some(part) = ports.feed(provider.as_ref(), from, EVENTS)? else { return Ok(None) };
        Ok(Some(Sheet { from, to: part.to, frames: part.events.into_iter().map(Frame::of).collect() }))
    });
    let detail = "the cursor is not of this host's journal; read from the beginning, or from a cursor of this host";
    part.await?.map(Arc::new).ok_or_else(|| Problem::new(StatusCode::GONE, "unknown-cursor", "Unknown cursor", detail))
}

impl Sheet {
    fn bytes(&self) -> usize {
        // Even an empty sheet takes some room.
        self.frames.iter().map(|frame| frame.whole.len() + frame.masked.len()).sum::<usize>() + 4096
    }
}

impl Frame {
    fn of(view: EventView) -> Self {
        let EventId { epoch, seq, index } = view.id;
        let at = Cursor { epoch, seq, index };
        let provider = view.provider.clone();
        let whole = sent(at, &view);
        Self { provider, at, whole, masked: sent(at, &view.masked()) }
    }
}

fn sent(at: Cursor, view: &EventView) -> Bytes {
    let mut frame = format!("event: event\nid: {at}\ndata: ").into_bytes();
    // JSON has no line end outside its strings, and none unescaped in them. A view is always JSON.
    let _ = serde_json::to_writer(&mut frame, view);
    frame.extend_from_slice(b"\n\n");
    frame.into()
}
