//! The rules of monitoring: requests, stages, data fields, identification numbers, local times and the anomalies of
//! real histories. Pure: no I/O, no async, no clock; time is an argument.
//!
//! The term of a service and what follows from it (`452-10` to `452-12`): [`calendar`] and [`passport`] are the data,
//! [`deadline`] computes the planned date, [`overdue`] compares, [`breach`] attributes, [`report`] counts, and
//! [`assess`] leads from a history through all of them.
//!
//! The words follow Order 452 (`452-6` the stages, `452-7` the fields, `452-10` the actual times) and Order 1277
//! (`1277-8` the channel, `1277-10` local time).

pub mod allowance;
pub mod anomaly;
pub mod assess;
pub mod breach;
pub mod calendar;
pub mod commission;
pub mod condition;
pub mod deadline;
pub mod difference;
pub mod event;
pub mod fields;
pub mod ids;
pub mod labels;
pub mod mask;
pub mod number;
pub mod overdue;
pub mod passport;
pub mod refusal;
pub mod report;
pub mod request;
pub mod shape;
pub mod stage;
pub mod time;
pub mod validate;

pub use allowance::{Allowance, Limit};
pub use anomaly::{Anomalies, Anomaly};
pub use condition::Condition;
pub use difference::{Difference, differences};
pub use event::{Correction, Event, EventKind, NativeValue, Prolongation, Withdrawal};
pub use fields::{Channel, FieldName, Fields, PersonName, RecipientName, Update};
pub use ids::{DestinationId, EventId, EventRef, MessageId, ProviderId, RecordId, RequestId};
pub use refusal::{Refusal, RefusalCause};
pub use request::{EventMark, RequestState};
pub use stage::{Outcome, Stage};
pub use time::{Moment, Zone};
pub use validate::{Policy, ValidatedEvent};
