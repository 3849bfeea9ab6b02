//! The data fields that a notification states (452-7). What it does not carry is unchanged.

use qadam_sdk::{ChannelUpdate, Fields, Moment, MomentUpdate, RecipientName, RecipientUpdate, RecordError, TextUpdate};

use crate::mapping::Notification;
use crate::native;
use crate::payload::{Entry, Stated};
use crate::services;
use crate::sources::Field;

pub(crate) fn of(notification: &Notification<'_>) -> Result<Fields, RecordError> {
    Ok(Fields {
        recipient: notification.recipient()?,
        identification_number: notification.code(Field::IdentificationNumber)?,
        service_name: notification.service_name()?,
        intake_place: notification.label(Field::IntakePlace)?,
        intake_at: notification.time(Field::IntakeAt)?,
        executor: notification.label(Field::Executor)?,
        planned_at: notification.time(Field::PlannedAt)?,
        completed_at: notification.time(Field::CompletedAt)?,
        channel: notification.channel()?,
        provider_bin: notification.code(Field::ProviderBin)?,
        service_code: notification.code(Field::ServiceCode)?,
        composite_reference: notification.code(Field::CompositeReference)?,
    })
}

impl Notification<'_> {
    /// A name is set as a whole: by surname and given name, or by the one of them that there is.
    fn recipient(&self) -> Result<RecipientUpdate, RecordError> {
        let (surname, given_name) = (self.get(Field::Surname)?, self.get(Field::GivenName)?);
        let text = |entry: Option<&Entry>| entry.and_then(Entry::code).map(str::to_owned);
        Ok(match (text(surname), text(given_name)) {
            (Some(surname), Some(given_name)) => {
                let patronymic = text(self.get(Field::Patronymic)?);
                RecipientUpdate::Set(RecipientName::person(surname, given_name, patronymic))
            }
            (None, None) if surname.or(given_name).is_some() => RecipientUpdate::Cleared,
            (surname, given_name) => RecipientUpdate::set_if_known(surname.or(given_name).map(RecipientName::FullName)),
        })
    }

    /// As the notification has it, else as the regulation has it for the service that the notification names.
    fn service_name(&self) -> Result<TextUpdate, RecordError> {
        let stated = self.label(Field::ServiceName)?;
        if stated != TextUpdate::Unchanged {
            return Ok(stated);
        }
        let code = self.get(Field::ServiceCode)?.and_then(Entry::code);
        Ok(TextUpdate::set_if_known(code.and_then(services::name)))
    }

    fn channel(&self) -> Result<ChannelUpdate, RecordError> {
        Ok(match self.get(Field::Channel)? {
            None => ChannelUpdate::Unchanged,
            Some(entry) => entry
                .code()
                .map_or(ChannelUpdate::Cleared, |system| ChannelUpdate::Set(self.settings.channels.of(system))),
        })
    }

    fn code(&self, field: Field) -> Result<TextUpdate, RecordError> {
        let set = |entry: &Entry| entry.code().map_or(TextUpdate::Cleared, TextUpdate::set);
        Ok(self.get(field)?.map_or(TextUpdate::Unchanged, set))
    }

    fn label(&self, field: Field) -> Result<TextUpdate, RecordError> {
        let set = |entry: &Entry| entry.label().map_or(TextUpdate::Cleared, TextUpdate::set);
        Ok(self.get(field)?.map_or(TextUpdate::Unchanged, set))
    }

    fn time(&self, field: Field) -> Result<MomentUpdate, RecordError> {
        Ok(match (self.get(field)?.map(|entry| &entry.stated), self.moment(field)?) {
            (None, _) => MomentUpdate::Unchanged,
            (Some(Stated::Cleared), _) | (Some(_), None) => MomentUpdate::Cleared,
            (Some(_), Some(moment)) => MomentUpdate::Set(moment),
        })
    }

    /// A time that may be missing, but not unreadable: a wrong date would be worse than none.
    pub(crate) fn moment(&self, field: Field) -> Result<Option<Moment>, RecordError> {
        let Some(entry) = self.get(field)? else { return Ok(None) };
        let Some(literal) = entry.code() else { return Ok(None) };
        let times = &self.settings.times;
        let read = if field == Field::PlannedAt { times.term(literal) } else { times.read(literal) };
        let unreadable = |error: qadam_sdk::time::TimeError| {
            RecordError::unreadable_time(native::short(&entry.name), error.to_string())
        };
        read.map(Some).map_err(|error| unreadable(error).at(entry.offset))
    }

    /// A text for people, where there is one.
    pub(crate) fn text(&self, field: Field) -> Result<Option<String>, RecordError> {
        Ok(self.get(field)?.and_then(Entry::label).map(str::to_owned))
    }
}
