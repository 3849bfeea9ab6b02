//! What is kept beside an event. Whatever else a message carries may be personal data, and is left out.

use qadam_sdk::{NativeValue, RecordError};

use crate::mapping::Notification;
use crate::payload::Entry;
use crate::sources::Field;

pub(crate) fn of(notification: &Notification<'_>) -> Result<Vec<NativeValue>, RecordError> {
    let info = |name: &'static str| Some((name, notification.message.info(name)?.text.into_owned()));
    let element = |name: &'static str| Some((name, notification.payload.named(name)?.to_owned()));
    let property = notification.message.property(PASSPORT).map(|found| (PASSPORT, found.text.into_owned()));
    let status = notification.get(Field::Status)?;
    let label = status.filter(|status| status.label() != status.code()).and_then(Entry::label);
    let values = [
        info("correlationId"),
        info("messageType"),
        property,
        element("processingStatus"),
        element("resolutionType"),
        label.map(|label| ("status-ru", label.to_owned())),
    ];
    Ok(values.into_iter().flatten().map(|(name, value)| NativeValue::new(name, short(&value))).collect())
}

/// A text of the source that is only shown, and not longer than it helps.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(128).collect()
}

/// Code of the service's passport, as the portal writes it into the properties of a message: `RR_P50.06`.
const PASSPORT: &str = "ADDL_CLIENT_KEY";
