//! Constructors of the errors that refuse a record.
//!
//! Each names the field of the source and says what is wrong in a sentence; [`RecordError::at`] adds the place. What is
//! written here is shown and logged: never put a person's name or number into it.

use crate::{Problem, RecordError, UnknownStatus};

impl RecordError {
    /// The bytes are not in the format, or not in the encoding, that the adapter reads.
    #[must_use]
    pub fn malformed(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Malformed(Problem::new(field, detail))
    }

    /// The record does not say which request it belongs to.
    #[must_use]
    pub fn unidentifiable_request(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::UnidentifiableRequest(Problem::new(field, detail))
    }

    /// The mapping does not know the source's word for the status that stood in `field`.
    #[must_use]
    pub fn unknown_native_status(field: impl Into<String>, status: impl Into<String>) -> Self {
        Self::UnknownNativeStatus(UnknownStatus { status: status.into(), field: field.into(), offset: None })
    }

    /// A time that decides something cannot be read. [`crate::time::TimeError`] gives the detail.
    #[must_use]
    pub fn unreadable_time(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::UnreadableTime(Problem::new(field, detail))
    }

    /// Anything else that makes the record useless.
    #[must_use]
    pub fn other(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Other(Problem::new(field, detail))
    }

    /// The same error with its place: a byte offset in the record's body, counted from 0.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        let place = match &mut self {
            Self::Malformed(problem)
            | Self::UnidentifiableRequest(problem)
            | Self::UnreadableTime(problem)
            | Self::Other(problem) => &mut problem.offset,
            Self::UnknownNativeStatus(status) => &mut status.offset,
        };
        *place = u64::try_from(offset).ok();
        self
    }

    /// The byte offset in the record's body, where known.
    #[must_use]
    pub const fn offset(&self) -> Option<u64> {
        match self {
            Self::Malformed(problem)
            | Self::UnidentifiableRequest(problem)
            | Self::UnreadableTime(problem)
            | Self::Other(problem) => problem.offset,
            Self::UnknownNativeStatus(status) => status.offset,
        }
    }
}

impl Problem {
    /// A problem with a field, its place not yet known.
    #[must_use]
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into(), offset: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_takes_its_place() {
        for error in [
            RecordError::malformed("f", "d"),
            RecordError::unidentifiable_request("f", "d"),
            RecordError::unknown_native_status("f", "d"),
            RecordError::unreadable_time("f", "d"),
            RecordError::other("f", "d"),
        ] {
            assert_eq!(error.offset(), None);
            assert_eq!(error.clone().at(0).offset(), Some(0));
            assert_eq!(error.at(580).offset(), Some(580));
        }
    }
}
