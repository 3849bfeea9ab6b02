//! Adapter: CSV, JSON lines or XML of any provider, by a mapping that is configured and not programmed.
//!
//! For an agency that has an export and no programmer. The whole mapping is one text in TOML, the setting `mapping`; the
//! `README.md` beside this crate shows how to write one in ten minutes. It is checked whole when the adapter is loaded: what
//! is wrong with it is named by key and line, and the adapter that served before goes on serving.
//!
//! # Records
//!
//! CSV: a header and a row (`qadam submit --rows` sends them so, and one bad row costs one record), or a row alone where the
//! mapping has the `columns`. JSON: an object. XML: a document, whose root is the row. A record may hold several rows; then
//! they stand or fall together.
//!
//! # Events
//!
//! Two ways of keeping a table are read. Where a row has a *status* and its date, `[statuses]` says what each word means.
//! Where a row has a *date for each stage*, `[stages]` names those columns, and a row gives an event for each date in it.
//!
//! A status is known by its word, whatever the case and the white space; any other word refuses the record, and no stage is
//! guessed. An empty cell says nothing and leaves what was known. A day without an hour is its first instant; a planned
//! date is its last second.
//!
//! # Identity
//!
//! An event's key is the column that `event.key` names; else the status with its time as they stand (or the stage, where
//! each stage has its column). So a table that is exported whole every day adds only what is new, and a corrected cell is
//! a correction of the event and not another event.

mod events;
mod mapping;
mod rows;
mod status;

pub use mapping::{Mapping, MappingError};
use qadam_sdk::{Adapter, Description, Event, NativeRecord, RecordError, Setting, config};

/// The adapter.
#[derive(Debug)]
pub struct Table;

/// The setting that holds the mapping.
const MAPPING: &str = "mapping";

impl Adapter for Table {
    fn describe() -> Description {
        // Where it is missing, the host says so by what stands below.
        if let Some(Err(wrong)) = config::get(MAPPING).map(|text| Mapping::read(&text)) {
            config::refuse(wrong.to_string());
        }
        let about = "What the columns and the statuses mean, as TOML; README.md of the adapter describes it.";
        let media_types = ["text/csv", "application/json", "application/xml"];
        Description::new("table", env!("CARGO_PKG_VERSION"), media_types, vec![Setting::required(MAPPING, about)])
    }

    fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
        configured().map(&record.body)
    }

    fn map(records: Vec<NativeRecord>) -> Vec<Result<Vec<Event>, RecordError>> {
        let mapping = configured();
        records.iter().map(|record| mapping.map(&record.body)).collect()
    }
}

/// The mapping that was checked when the adapter was loaded.
fn configured() -> Mapping {
    let text = config::get(MAPPING).unwrap_or_else(|| config::refuse("the setting `mapping` is not given"));
    Mapping::read(&text).unwrap_or_else(|wrong| config::refuse(wrong.to_string()))
}

qadam_sdk::export_adapter!(Table);
