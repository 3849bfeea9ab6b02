//! From a notification to its events. The crate's documentation has the rules.

use qadam_sdk::encoding::Text;
use qadam_sdk::xml::{Find as _, Node};
use qadam_sdk::{Correction, Event, EventKind, Fields, Moment, Outcome, Prolongation, RecordError, Stage, Withdrawal};

use crate::envelope::{self, Message};
use crate::payload::{self, Entry, Payload, Stated};
use crate::settings::Settings;
use crate::sources::Field;
use crate::statuses::{Closing, Meaning};
use crate::{bounds, fields, native};

/// Maps the bytes of one record.
pub(crate) fn map(body: &[u8], settings: &Settings) -> Result<Vec<Event>, RecordError> {
    let text = Text::of_xml(body)?;
    map_text(text.as_str(), settings).map_err(|error| text.locate(error))
}

/// Offsets of errors count the bytes of the text.
fn map_text(text: &str, settings: &Settings) -> Result<Vec<Event>, RecordError> {
    let document = bounds::parse(text)?;
    let message = envelope::read(&document)?;
    if let Some(service) = message.info("serviceId").filter(|service| service.text != settings.gateway_service) {
        let detail = format!("a message of another service of the gateway; expected `{}`", settings.gateway_service);
        return Err(RecordError::other("messageInfo/serviceId", detail).at(service.offset));
    }
    let payload = carried(message.data, text)?;
    Notification { message: &message, payload: &payload, settings }.events()
}

/// The payload in `data`: an element, or a text that is an XML document.
fn carried(data: Node<'_, '_>, whole: &str) -> Result<Payload, RecordError> {
    let mut elements = data.children().filter(Node::is_element);
    let written = data.own_text();
    let at = data.range().start;
    match (elements.next(), elements.next(), written) {
        (Some(root), None, None) => payload::nested(root),
        (None, None, Some(written)) => {
            // Where the text stands unescaped, its places are places of the record; otherwise its beginning has to do.
            let start = (written.text.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
            let start = start.filter(|start| whole.get(*start..).is_some_and(|rest| rest.starts_with(&*written.text)));
            let locate = |error: RecordError| match (start, error.offset()) {
                (Some(start), Some(offset)) => error.at(start + usize::try_from(offset).unwrap_or_default()),
                _ => error.at(written.offset),
            };
            let document = bounds::parse(&written.text).map_err(locate)?;
            let mut payload = payload::written(&document).map_err(locate)?;
            payload.moved(start, written.offset);
            Ok(payload)
        }
        (None, None, None) => Err(RecordError::malformed("messageData/data", "the payload is missing").at(at)),
        _ => Err(RecordError::malformed("messageData/data", "more than one payload").at(at)),
    }
}

/// A message with its payload.
pub(crate) struct Notification<'a> {
    pub(crate) message: &'a Message<'a, 'a>,
    pub(crate) payload: &'a Payload,
    pub(crate) settings: &'a Settings,
}

impl Notification<'_> {
    fn events(&self) -> Result<Vec<Event>, RecordError> {
        let request = self.request()?;
        let occurred_at = self.occurred_at()?;
        let key = self.id("messageId")?;
        let mut told = Vec::new();
        if let Some(status) = self.get(Field::Status)? {
            told.push((None, self.kind(status)?, stated(status)));
        }
        self.flags(&mut told)?;
        let mut told = self.corrected(told)?.into_iter().peekable();
        let mut fields = self.fields()?;
        if told.peek().is_none() {
            let kind = self.message.info("messageType").map(|kind| kind.text.into_owned());
            told = vec![(None, EventKind::Update, kind.unwrap_or_default())].into_iter().peekable();
        }
        let mut events = Vec::new();
        for (suffix, kind, native_status) in told {
            if matches!(kind, EventKind::Prolonged(_)) {
                fields.planned_at = qadam_sdk::MomentUpdate::Unchanged; // the kind says it
            }
            // The first event has the message's own id, and says what the message says of the data.
            let suffix = suffix.filter(|_| !events.is_empty());
            events.push(Event {
                key: key
                    .as_ref()
                    .map(|key| suffix.map_or_else(|| key.clone(), |suffix: &str| format!("{key}/{suffix}"))),
                actor: self.payload.named("importSource").map(native::short),
                fields: std::mem::take(&mut fields),
                native: if events.is_empty() { self.native()? } else { Vec::new() },
                ..Event::new(&request, kind, occurred_at.clone(), native_status)
            });
        }
        Ok(events)
    }

    /// What the status means.
    fn kind(&self, status: &Entry) -> Result<EventKind, RecordError> {
        let service = self.get(Field::ServiceCode)?.and_then(Entry::code);
        let resolution = self.get(Field::Resolution)?.and_then(Entry::code);
        let word = status.code().unwrap_or_default();
        let meaning = self.settings.statuses.meaning(service, word, resolution).ok_or_else(|| {
            RecordError::unknown_native_status(native::short(&status.name), native::short(word)).at(status.offset)
        })?;
        Ok(match meaning {
            Meaning::Stage(stage) => EventKind::Stage(stage),
            Meaning::Closed(closing) => EventKind::Stage(Stage::Closed(self.outcome(closing)?)),
            Meaning::Update => EventKind::Update,
            Meaning::Suspended => EventKind::Suspended(self.ground()?),
            Meaning::Resumed => EventKind::Resumed(self.ground()?),
            Meaning::Reopened => EventKind::Reopened(self.ground()?),
            Meaning::Prolonged => {
                let planned = self.moment(Field::PlannedAt)?.ok_or_else(|| {
                    let detail = "the status prolongs the term, and the notification has no new planned date";
                    RecordError::unreadable_time(native::short(&status.name), detail).at(status.offset)
                })?;
                EventKind::Prolonged(Prolongation { planned, ground: self.ground()? })
            }
        })
    }

    fn outcome(&self, closing: Closing) -> Result<Outcome, RecordError> {
        Ok(match closing {
            Closing::Issued => Outcome::Issued,
            Closing::Refused => Outcome::Refused(self.text(Field::Reason)?),
            Closing::Unstated => Outcome::Unstated,
        })
    }

    /// What stands beside the status, which need not say it: that the term is suspended or runs again, that the request
    /// was cancelled.
    fn flags(&self, told: &mut Vec<Told>) -> Result<(), RecordError> {
        if let Some(flag) = self.get(Field::Suspended)?.filter(|flag| flag.stated != Stated::Cleared) {
            let kind = match flag.code() {
                Some("true" | "1") => EventKind::Suspended(self.ground()?),
                Some("false" | "0") => EventKind::Resumed(self.ground()?),
                _ => {
                    let detail = "expected true or false";
                    return Err(RecordError::malformed(native::short(&flag.name), detail).at(flag.offset));
                }
            };
            if told.iter().all(|(_, said, _)| *said != kind) {
                told.push((Some("term"), kind, format!("{}={}", flag.name, stated(flag))));
            }
        }
        if let Some(flag) = self.get(Field::Cancelled)?.filter(|flag| flag.stated != Stated::Cleared) {
            let kind = self.kind(flag)?;
            if told.iter().all(|(_, said, _)| *said != kind) {
                told.push((Some("cancelled"), kind, stated(flag)));
            }
        }
        Ok(())
    }

    /// The same, where the message corrects or takes back an earlier one.
    fn corrected(&self, mut told: Vec<Told>) -> Result<Vec<Told>, RecordError> {
        if let Some(event) = self.property(WITHDRAWS)? {
            let word = told.pop().map_or_else(|| WITHDRAWS.to_owned(), |(_, _, word)| word);
            return Ok(vec![(None, EventKind::Withdrawn(Withdrawal { event, reason: self.ground()? }), word)]);
        }
        let Some(event) = self.property(CORRECTS)? else { return Ok(told) };
        let (stage, word) = match told.as_slice() {
            [] => (None, CORRECTS.to_owned()),
            [(_, EventKind::Stage(stage), word)] => (Some(stage.clone()), word.clone()),
            [(_, EventKind::Update, word)] => (None, word.clone()),
            _ => {
                let detail = "a correction states one stage, or none";
                return Err(RecordError::other("properties", detail).at(self.message.offset()));
            }
        };
        Ok(vec![(None, EventKind::Correction(Correction { event, stage, reason: self.ground()? }), word)])
    }

    fn request(&self) -> Result<String, RecordError> {
        let missing = || {
            let detail = "the notification does not say to which request it belongs";
            RecordError::unidentifiable_request("externalRequestId", detail).at(self.payload.offset)
        };
        let entry = self.get(Field::Request)?.ok_or_else(missing)?;
        let id = entry.code().ok_or_else(missing)?;
        bounded(&entry.name, id, entry.offset)
    }

    /// When it happened: as the notification states it, else when the message was made.
    fn occurred_at(&self) -> Result<Moment, RecordError> {
        if let Some(moment) = self.moment(Field::OccurredAt)? {
            return Ok(moment);
        }
        let date = self.message.info("messageDate").ok_or_else(|| {
            let detail = "empty; an event without a time cannot be put in order";
            RecordError::unreadable_time(DATE, detail).at(self.message.offset())
        })?;
        let read = self.settings.times.read(&date.text);
        read.map_err(|error| RecordError::unreadable_time(DATE, error.to_string()).at(date.offset))
    }

    fn ground(&self) -> Result<Option<String>, RecordError> {
        self.text(Field::Ground)
    }

    /// A text of `messageInfo` that serves as an id.
    fn id(&self, name: &str) -> Result<Option<String>, RecordError> {
        self.message.info(name).map(|found| bounded(name, &found.text, found.offset)).transpose()
    }

    fn property(&self, key: &str) -> Result<Option<String>, RecordError> {
        self.message.property(key).map(|found| bounded(key, &found.text, found.offset)).transpose()
    }

    pub(crate) fn get(&self, field: Field) -> Result<Option<&Entry>, RecordError> {
        self.payload.get(&self.settings.sources, field)
    }

    fn fields(&self) -> Result<Fields, RecordError> {
        fields::of(self)
    }

    fn native(&self) -> Result<Vec<qadam_sdk::NativeValue>, RecordError> {
        native::of(self)
    }
}

/// One thing that a message says: what is added to the message's id if it is not the first, what happened, the word for it.
type Told = (Option<&'static str>, EventKind, String);

fn stated(entry: &Entry) -> String {
    entry.code().unwrap_or_default().to_owned()
}

/// An id, which the contract bounds.
fn bounded(name: &str, id: &str, offset: usize) -> Result<String, RecordError> {
    if id.len() > ID_LIMIT {
        let detail = format!("{} bytes long, the limit of an id is {ID_LIMIT}", id.len());
        return Err(RecordError::malformed(native::short(name), detail).at(offset));
    }
    Ok(id.to_owned())
}

/// Longest id, in bytes; the suffix of a second event has room below the contract's 256.
const ID_LIMIT: usize = 240;
const DATE: &str = "messageInfo/messageDate";
/// Properties of a message that name the `messageId` of an earlier one.
const CORRECTS: &str = "CORRECTS_MESSAGE_ID";
const WITHDRAWS: &str = "WITHDRAWS_MESSAGE_ID";
