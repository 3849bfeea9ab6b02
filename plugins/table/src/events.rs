//! From a row to its events.

use qadam_sdk::{
    Channel, ChannelUpdate, Event, EventKind, Fields, Moment, MomentUpdate, NativeValue, Prolongation, RecipientName,
    RecipientUpdate, RecordError, TextUpdate, Withdrawal,
};

use crate::mapping::{History, Mapping, Origin, Parts, Recipient, Source, Statuses};
use crate::rows::{self, Cell, Row, Value};
use crate::status::{Meaning, folded};

/// Longest id of a request, key and literal of a time, in bytes; longest other text; most events of a record. The host takes
/// no more, and would call it the adapter's fault.
const ID_LIMIT: usize = 256;
const TEXT_LIMIT: usize = 4096;
const EVENTS_LIMIT: usize = 1000;

/// The events of a record's text. Offsets of errors count its bytes.
pub(crate) fn of(mapping: &Mapping, text: &str) -> Result<Vec<Event>, RecordError> {
    let mut events = Vec::new();
    rows::each(text, &mapping.shape, |row| {
        let found = Reading { mapping, row }.events().map_err(|wrong| row.located(wrong))?;
        events.extend(found);
        if events.len() > EVENTS_LIMIT {
            let detail =
                format!("the record has more than {EVENTS_LIMIT} events; send each row as a record of its own");
            return Err(RecordError::other("record", detail));
        }
        Ok(())
    })?;
    Ok(events)
}

/// A row, and what to make of it.
struct Reading<'r> {
    mapping: &'r Mapping,
    row: Row<'r>,
}

impl<'r> Reading<'r> {
    fn events(&self) -> Result<Vec<Event>, RecordError> {
        let mapping = self.mapping;
        let name = named(&mapping.request);
        let Some(request) = self.value(&mapping.request)? else {
            return Err(RecordError::unidentifiable_request(name, "the cell that names the request is empty"));
        };
        let request = limited(name, request, ID_LIMIT)?.text.into_owned();
        match &mapping.history {
            History::Statuses(statuses) => {
                let Statuses { status, occurred_at, meanings } = statuses.as_ref();
                let word = self.value(status)?.unwrap_or(Value { text: "".into(), offset: None });
                let Some((meaning, reason)) = meanings.get(&folded(&word.text)) else {
                    let shown: String = word.text.chars().take(100).collect();
                    return Err(placed(RecordError::unknown_native_status(named(status), shown), word.offset));
                };
                if *meaning == Meaning::Ignore {
                    return Ok(Vec::new());
                }
                let Some(moment) = self.moment(occurred_at, false)? else {
                    let detail = "the cell that says when this happened is empty";
                    return Err(RecordError::unreadable_time(named(occurred_at), detail));
                };
                let derived = || Some(format!("{}@{}", word.text, moment.literal.trim()));
                let key = self.id(mapping.key.as_ref())?.or_else(derived).filter(|key| key.len() <= ID_LIMIT);
                let reason = self.text(reason.as_ref().or(mapping.reason.as_ref()))?;
                let kind = self.kind(*meaning, reason)?;
                Ok(vec![Event {
                    key,
                    ..self.event(request, kind, moment, &limited(named(status), word, TEXT_LIMIT)?.text)?
                }])
            }
            History::Stages(stages) => {
                let mut events = Vec::new();
                for (meaning, source) in stages {
                    let Some(moment) = self.moment(source, false)? else { continue };
                    let kind = self.kind(*meaning, self.text(mapping.reason.as_ref())?)?;
                    let key = Some(meaning.word().to_owned());
                    events.push(Event { key, ..self.event(request.clone(), kind, moment, named(source))? });
                }
                // As they happened; on the same instant, in the order of the law.
                events.sort_by_key(|event| (event.occurred_at.instant.seconds, event.occurred_at.instant.nanoseconds));
                if events.is_empty() {
                    return Err(RecordError::unreadable_time("stages", "no stage of the row has a date"));
                }
                Ok(events)
            }
        }
    }

    fn event(&self, request: String, kind: EventKind, moment: Moment, status: &str) -> Result<Event, RecordError> {
        let mut native = Vec::new();
        for cell in &self.mapping.keep {
            if let Some(value) = self.cell(cell)? {
                native.push(NativeValue::new(&*cell.name, limited(&cell.name, value, TEXT_LIMIT)?.text));
            }
        }
        Ok(Event {
            actor: self.text(self.mapping.actor.as_ref())?,
            fields: self.fields()?,
            native,
            ..Event::new(request, kind, moment, status)
        })
    }

    fn kind(&self, meaning: Meaning, reason: Option<String>) -> Result<EventKind, RecordError> {
        Ok(match meaning {
            Meaning::Suspended => EventKind::Suspended(reason),
            Meaning::Resumed => EventKind::Resumed(reason),
            Meaning::Reopened => EventKind::Reopened(reason),
            Meaning::Prolonged => {
                let source = self.mapping.fields.planned_at.as_ref();
                let planned = source.map(|source| self.moment(source, true)).transpose()?.flatten();
                let name = source.map_or("planned-at", named);
                let missing = || RecordError::unreadable_time(name, "a prolongation without its new planned date");
                EventKind::Prolonged(Prolongation { planned: planned.ok_or_else(missing)?, ground: reason })
            }
            Meaning::Withdrawn => {
                let source = self.mapping.withdraws.as_ref();
                let name = source.map_or("withdraws", named);
                let missing = || RecordError::other(name, "the cell that names the event that is taken back is empty");
                EventKind::Withdrawn(Withdrawal { event: self.id(source)?.ok_or_else(missing)?, reason })
            }
            other => other.stage(reason).map_or(EventKind::Update, EventKind::Stage),
        })
    }

    fn fields(&self) -> Result<Fields, RecordError> {
        let fields = &self.mapping.fields;
        let text = |source: &Option<Source>| self.text(source.as_ref()).map(TextUpdate::set_if_known);
        let time = |source: &Option<Source>, day_end: bool| {
            let moment = source.as_ref().map(|source| self.moment(source, day_end)).transpose()?;
            Ok::<_, RecordError>(MomentUpdate::set_if_known(moment.flatten()))
        };
        Ok(Fields {
            recipient: RecipientUpdate::set_if_known(self.recipient()?),
            identification_number: text(&fields.identification_number)?,
            service_name: text(&fields.service_name)?,
            intake_place: text(&fields.intake_place)?,
            intake_at: time(&fields.intake_at, false)?,
            executor: text(&fields.executor)?,
            planned_at: time(&fields.planned_at, true)?,
            completed_at: time(&fields.completed_at, false)?,
            channel: ChannelUpdate::set_if_known(self.text(fields.channel.as_ref())?.map(channel)),
            provider_bin: text(&fields.provider_bin)?,
            service_code: text(&fields.service_code)?,
            composite_reference: text(&fields.composite_reference)?,
        })
    }

    /// A legal entity goes first: its row may name the person who brought the request.
    fn recipient(&self) -> Result<Option<RecipientName>, RecordError> {
        let fields = &self.mapping.fields;
        if let Some(entity) = self.text(fields.legal_entity.as_ref())? {
            return Ok(Some(RecipientName::LegalEntity(entity)));
        }
        match &fields.recipient {
            None => Ok(None),
            Some(Recipient::Whole(source)) => Ok(self.text(Some(source))?.map(RecipientName::FullName)),
            Some(Recipient::Parts(parts)) => {
                let Parts { surname, given_name, patronymic } = parts.as_ref();
                let (surname, given_name) = (self.text(Some(surname))?, self.text(Some(given_name))?);
                match (surname, given_name) {
                    (Some(surname), Some(given_name)) => {
                        let patronymic = self.text(patronymic.as_ref())?;
                        Ok(Some(RecipientName::person(surname, given_name, patronymic)))
                    }
                    (surname, given_name) => Ok(surname.or(given_name).map(RecipientName::FullName)),
                }
            }
        }
    }

    fn text(&self, source: Option<&Source>) -> Result<Option<String>, RecordError> {
        self.limited(source, TEXT_LIMIT)
    }

    fn id(&self, source: Option<&Source>) -> Result<Option<String>, RecordError> {
        self.limited(source, ID_LIMIT)
    }

    fn limited(&self, source: Option<&Source>, limit: usize) -> Result<Option<String>, RecordError> {
        let Some(source) = source else { return Ok(None) };
        let value = self.value(source)?.map(|value| limited(named(source), value, limit)).transpose()?;
        Ok(value.map(|value| value.text.into_owned()))
    }

    /// A time; a planned day ends at its last second.
    fn moment(&self, source: &Source, day_end: bool) -> Result<Option<Moment>, RecordError> {
        let (Some(value), Some(format)) = (self.value(source)?, &source.time) else { return Ok(None) };
        let name = named(source);
        let value = limited(name, value, ID_LIMIT)?;
        let place = &self.mapping.place;
        let read = if day_end { format.read_day_end(&value.text, place) } else { format.read(&value.text, place) };
        read.map(Some).map_err(|wrong| placed(RecordError::unreadable_time(name, wrong.to_string()), value.offset))
    }

    fn value(&self, source: &'r Source) -> Result<Option<Value<'r>>, RecordError> {
        let value = match &source.origin {
            Origin::Constant(text) => Some(Value { text: text.as_str().into(), offset: None }),
            Origin::Cell(cell) => self.cell(cell)?,
        };
        Ok(value.map(|value| match source.values.get(&folded(&value.text)) {
            Some(meant) => Value { text: meant.as_str().into(), offset: value.offset },
            None => value,
        }))
    }

    fn cell(&self, cell: &Cell) -> Result<Option<Value<'r>>, RecordError> {
        let value = self.row.value(cell)?;
        let empty = &self.mapping.empty;
        Ok(value.filter(|value| empty.is_empty() || !empty.contains(&folded(&value.text))))
    }
}

fn named(source: &Source) -> &str {
    match &source.origin {
        Origin::Cell(cell) => &cell.name,
        Origin::Constant(_) => "constant",
    }
}

fn placed(error: RecordError, offset: Option<usize>) -> RecordError {
    match offset {
        Some(offset) => error.at(offset),
        None => error,
    }
}

fn limited<'r>(name: &str, value: Value<'r>, limit: usize) -> Result<Value<'r>, RecordError> {
    if value.text.len() <= limit {
        return Ok(value);
    }
    let detail = format!("the value has {} bytes, the limit is {limit}", value.text.len());
    Err(placed(RecordError::other(name, detail), value.offset))
}

fn channel(word: String) -> Channel {
    match word.as_str() {
        "portal" => Channel::Portal,
        "provider" => Channel::Provider,
        "state-corporation" => Channel::StateCorporation,
        _ => Channel::Other(word),
    }
}
