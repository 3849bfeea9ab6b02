//! Adapter: notifications of the education system through the e-government gateway's asynchronous channel.
//!
//! The education system (NOBD) tells the portal, the front offices and the monitoring system of a request by messages
//! through the gateway (SHEP): a SOAP envelope, in it a message with its `messageInfo`, in that the notification. It serves
//! the four e-services of the Zhambyl region: the queue for kindergartens and three guardianship services (56-6 to 56-8).
//! The README beside this crate has the tables, the provider's profile and what is not confirmed.
//!
//! # Envelope
//!
//! SOAP 1.1 or 1.2, by namespace, whatever the prefixes; within it `sendMessage`, or a `getMessagesResponse` with one
//! message, as the gateway's WSDL has them, strictly: an element too many, missing, out of order or in another namespace
//! makes the record malformed. The payload stands in `data` as an element, escaped, or in a CDATA section; which, makes no
//! difference. Faults, other operations, other systems' payloads and other services of the gateway are refused by name.
//!
//! Signatures are the host's to check. What is done here is that a signature cannot cover something else than what is read:
//! a message with a second body, a second payload or an `Id` twice, wherever they stand, is refused. A document type is
//! never read, so that there is no entity that could grow, or reach out.
//!
//! # What happened
//!
//! A message tells one thing or several: its status, that the term is suspended or runs again, that the request was
//! cancelled. The event's key is `messageId`, of the second and third `messageId/term` and `messageId/cancelled`; the same
//! message again adds nothing, and the same id with other content is a correction. A status is looked up in the table, with
//! its resolution first; one that no row knows refuses the record, and no stage is ever the default. A message without a
//! status is an update of what it states. It occurred when the notification says, else when the message was made.
//!
//! # Fields (452-7)
//!
//! Each is an update. What a message does not carry is unchanged, and so is what it carries blank: systems write empty
//! elements for what they do not know. It is cleared by an explicit statement only: `xsi:nil`, `deletedValues`, or an
//! updated value whose code stands without a value. A recipient's name is set as a whole.
//!
//! # Time
//!
//! Times with an offset are taken as they stand; without one they are the local time of the setting `zone`. A planned date
//! that names a day ends with that day, also where it had twenty-five hours.
//!
//! Values that the tables do not ask for may be personal data, and are left out.

mod bounds;
mod channels;
mod envelope;
mod fields;
mod mapping;
mod native;
mod payload;
mod sequence;
mod services;
mod settings;
mod sources;
mod statuses;
mod table;
mod times;

use qadam_sdk::{Adapter, Description, Event, NativeRecord, RecordError, Setting, log};

use settings::Settings;

/// The adapter.
#[derive(Debug)]
pub struct EducationShep;

impl Adapter for EducationShep {
    fn describe() -> Description {
        let mut settings = settings::described();
        // A setting that cannot be used is asked for by its fault: the host then leaves the old adapter serving, and its
        // error says why.
        settings.extend(Settings::read().err().map(|error| Setting::required(native::short(&error.to_string()), "")));
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), MEDIA_TYPES, settings)
    }

    fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
        let settings = Settings::read().map_err(|error| RecordError::other("settings", error.to_string()))?;
        mapping::map(&record.body, &settings)
    }

    fn map(records: Vec<NativeRecord>) -> Vec<Result<Vec<Event>, RecordError>> {
        match Settings::read() {
            Ok(settings) => records.iter().map(|record| mapping::map(&record.body, &settings)).collect(),
            Err(error) => {
                log::error(format!("the settings cannot be used: {error}"));
                // No answer is a fault of the adapter: its records wait, and none is refused for the operator's mistake.
                Vec::new()
            }
        }
    }
}

qadam_sdk::export_adapter!(EducationShep);

const MEDIA_TYPES: [&str; 3] = ["text/xml", "application/xml", "application/soap+xml"];
