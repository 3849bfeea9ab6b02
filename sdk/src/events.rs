//! Constructors of descriptions, events and what stands in them.

use crate::{Description, Event, EventKind, Fields, Moment, NativeValue, PersonName, RecipientName, Setting};

impl Event {
    /// An event that says nothing of the request's data, with no key and no actor. Add what the source has by struct
    /// update: `Event { key: Some(task), ..Event::new(…) }`.
    #[must_use]
    pub fn new(
        request: impl Into<String>,
        kind: EventKind,
        occurred_at: Moment,
        native_status: impl Into<String>,
    ) -> Self {
        Self {
            request: request.into(),
            key: None,
            kind,
            occurred_at,
            native_status: native_status.into(),
            actor: None,
            fields: Fields::unchanged(),
            native: Vec::new(),
        }
    }
}

impl NativeValue {
    /// A value of the source that is none of the fields.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl RecipientName {
    /// A natural person whose source keeps the name in parts.
    #[must_use]
    pub fn person(surname: impl Into<String>, given_name: impl Into<String>, patronymic: Option<String>) -> Self {
        Self::Person(PersonName { surname: surname.into(), given_name: given_name.into(), patronymic })
    }
}

impl Description {
    /// What an adapter is: its name, its own version, the media types and the configuration that it reads.
    #[must_use]
    pub fn new<const N: usize>(
        name: impl Into<String>,
        version: impl Into<String>,
        media_types: [&str; N],
        settings: Vec<Setting>,
    ) -> Self {
        Self { name: name.into(), version: version.into(), media_types: media_types.map(Into::into).to_vec(), settings }
    }
}

impl Setting {
    /// A key that the adapter can do without.
    #[must_use]
    pub fn optional(key: impl Into<String>, about: impl Into<String>) -> Self {
        Self { key: key.into(), required: false, about: about.into() }
    }

    /// A key without which the adapter can do nothing useful.
    #[must_use]
    pub fn required(key: impl Into<String>, about: impl Into<String>) -> Self {
        Self { required: true, ..Self::optional(key, about) }
    }
}
