//! What the author of an adapter depends on.
//!
//! An adapter maps the native records of one government body to the stages and data fields of Order 452, in a sandbox:
//! it opens no file and no connection, and the only clock it has is the record's own `received_at`. The contract is
//! `wit/0.1.0/adapter.wit`; its types stand here by name, with constructors that keep an adapter short and its errors
//! precise. Implement [`Adapter`], name your type in [`export_adapter!`], and test natively with [`testing`].
//!
//! # A whole adapter
//!
//! This one reads lines such as `R-17;done;2026-03-02T10:00:00+05:00`.
//!
//! ```
//! use qadam_sdk::{
//!     Adapter, Description, Event, EventKind, Fields, Moment, NativeRecord, RecordError, Setting, Stage, TextUpdate, config,
//! };
//!
//! struct Semicolons;
//!
//! impl Adapter for Semicolons {
//!     fn describe() -> Description {
//!         let settings = vec![Setting::optional("service-name", "Name of the service, as the register has it.")];
//!         Description::new("semicolons", "0.1.0", ["text/csv"], settings)
//!     }
//!
//!     fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
//!         let line = std::str::from_utf8(&record.body)
//!             .map_err(|wrong| RecordError::malformed("line", "not UTF-8").at(wrong.valid_up_to()))?;
//!         let mut columns = line.trim_end().split(';');
//!         let (Some(request), Some(status), Some(time)) = (columns.next(), columns.next(), columns.next()) else {
//!             return Err(RecordError::malformed("line", "three columns are expected"));
//!         };
//!         if request.is_empty() {
//!             return Err(RecordError::unidentifiable_request("column 1", "the request's number is empty").at(0));
//!         }
//!         let stage = match status {
//!             "new" => Stage::Accepted,
//!             "done" => Stage::Executed,
//!             _ => return Err(RecordError::unknown_native_status("column 2", status).at(request.len() + 1)),
//!         };
//!         let occurred_at = Moment::from_rfc3339(time, Some("Asia/Almaty"))
//!             .map_err(|wrong| RecordError::unreadable_time("column 3", wrong.to_string()))?;
//!         let fields = Fields {
//!             service_name: TextUpdate::set_if_known(config::get("service-name")),
//!             ..Fields::unchanged()
//!         };
//!         Ok(vec![Event { fields, ..Event::new(request, EventKind::Stage(stage), occurred_at, status) }])
//!     }
//! }
//!
//! qadam_sdk::export_adapter!(Semicolons);
//!
//! // The author's unit tests run natively, without a host.
//! use qadam_sdk::testing;
//! let mapped = testing::with_config(&[("service-name", "Archive extract")], || {
//!     Semicolons::map_record(&testing::record("R-17;done;2026-03-02T10:00:00+05:00"))
//! });
//! let event = &mapped?[0];
//! assert_eq!(event.kind, EventKind::Stage(Stage::Executed));
//! assert_eq!(event.fields.service_name, TextUpdate::set("Archive extract"));
//! let refused = Semicolons::map_record(&testing::record("R-17;dune;2026-03-02T10:00:00+05:00"));
//! assert_eq!(refused, Err(RecordError::unknown_native_status("column 2", "dune").at(5)));
//! # Ok::<(), RecordError>(())
//! ```
//!
//! # Reading what sources write
//!
//! By the features of this crate, each of which is carried only where it is asked for: `xml` (a tree, found by namespace and
//! name), `json` (your own types, or pointers), `csv` (rows by the names of their columns), `encoding` (UTF-8, windows-1251,
//! and the code pages with Kazakh letters), and `zones`, the time-zone database for [`time::Place`]. Their errors are
//! [`RecordError`]s that name the field and its place in the record, and never repeat the value.
//!
//! A component without any of them has 62 KB. They add: `encoding` 6 KB, `csv` 27 KB, `json` 80 KB, `xml` 83 KB, a
//! [`time::TimeFormat`] 320 KB where it is used (RFC 3339 alone next to nothing), `zones` 280 KB more. Only loading is slower
//! for it: an instance touches the pages that it uses.
//!
//! The package of an adapter has `crate-type = ["cdylib", "rlib"]`: the first becomes the component
//! (`qadam adapter build`), the second carries the native tests.

mod adapter;
#[doc(hidden)] // public for the expansion of `export_adapter!` only
pub mod bindings;
pub mod config;
#[cfg(feature = "csv")]
pub mod csv;
#[cfg(feature = "encoding")]
pub mod encoding;
mod errors;
mod events;
mod fields;
#[cfg(feature = "json")]
pub mod json;
pub mod log;
#[cfg(feature = "xml")]
mod place;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod time;
#[cfg(feature = "xml")]
pub mod xml;

pub use adapter::Adapter;
#[doc(hidden)]
pub use adapter::Exported;
pub use bindings::exports::qadam::adapter::mapping::{Description, Setting};
pub use bindings::qadam::adapter::types::{
    Channel, ChannelUpdate, Correction, Event, EventKind, Fields, Instant, Moment, MomentUpdate, NativeRecord,
    NativeValue, Outcome, PersonName, Problem, Prolongation, RecipientName, RecipientUpdate, RecordError, Stage,
    TextUpdate, UnknownStatus, Withdrawal,
};
