//! The adapter as its host would call it: a mapping, a record, what comes of it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that fails may panic")]

mod csv;
mod mistakes;
mod other_formats;
mod properties;
mod sample;

use qadam_sdk::{Event, RecordError};
use table::Mapping;

/// What a record becomes.
fn map(mapping: &str, record: impl AsRef<[u8]>) -> Result<Vec<Event>, RecordError> {
    Mapping::read(mapping).unwrap_or_else(|wrong| panic!("{wrong}")).map(record.as_ref())
}

/// The event that a record becomes.
fn event(mapping: &str, record: impl AsRef<[u8]>) -> Event {
    let mut events = map(mapping, record).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

/// A small mapping of a CSV: number, status, time.
const SMALL: &str = "format = 'csv'\nzone = 'Asia/Almaty'\ntime-format = 'dd.MM.yyyy HH:mm'\n\
                     [event]\nrequest = 'n'\nstatus = 's'\noccurred-at = 't'\n\
                     [statuses]\n'New' = 'accepted'\n'Done' = 'executed'\n'Ping' = 'ignore'\n";

/// The small mapping with more below its tables' first lines.
fn with(table: &str, more: &str) -> String {
    let head = format!("[{table}]\n");
    if SMALL.contains(&head) {
        SMALL.replace(&head, &format!("{head}{more}\n"))
    } else {
        format!("{SMALL}{head}{more}\n")
    }
}

/// The small mapping with more before its tables.
fn headed(more: &str) -> String {
    format!("{more}\n{SMALL}")
}
