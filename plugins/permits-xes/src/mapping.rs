//! From a trace to its events. The crate's documentation has the rules.

use qadam_sdk::encoding::Text;
use qadam_sdk::{
    Channel, ChannelUpdate, Event, EventKind, Fields, Moment, MomentUpdate, NativeValue, Outcome, RecipientName,
    RecipientUpdate, RecordError, Stage, TextUpdate,
};

use crate::activity;
use crate::xes::{self, Attribute, Element};

/// Maps the bytes of one record.
pub(crate) fn map(body: &[u8], service_name: Option<&str>) -> Result<Vec<Event>, RecordError> {
    let text = Text::of_xml(body)?;
    map_text(text.as_str(), service_name).map_err(|error| text.locate(error))
}

/// Offsets of errors count the bytes of the text.
fn map_text(text: &str, service_name: Option<&str>) -> Result<Vec<Event>, RecordError> {
    let trace = xes::read(text)?;
    let name = trace.data.get("concept:name").ok_or_else(|| {
        RecordError::unidentifiable_request("concept:name", "the trace names no request").at(trace.data.offset)
    })?;
    let request = Request { id: &name.value, data: &trace.data, service_name };
    if trace.events.is_empty() {
        return Ok(vec![request.closed()?]);
    }
    trace.events.iter().map(|event| request.activity(event)).collect()
}

/// What every event of a trace has in common.
struct Request<'a> {
    id: &'a str,
    data: &'a Element<'a>,
    service_name: Option<&'a str>,
}

impl Request<'_> {
    fn activity(&self, event: &Element<'_>) -> Result<Event, RecordError> {
        let name = event
            .get("concept:name")
            .ok_or_else(|| RecordError::unknown_native_status("event concept:name", "").at(event.offset))?;
        let stage = activity::stage(&name.value).ok_or_else(|| {
            RecordError::unknown_native_status("event concept:name", name.value.as_ref()).at(name.offset)
        })?;
        if let Some(transition) = event.get("lifecycle:transition").filter(|transition| transition.value != "complete")
        {
            let unknown = RecordError::unknown_native_status("lifecycle:transition", transition.value.as_ref());
            return Err(unknown.at(transition.offset));
        }
        let occurred_at = deciding_moment(event, "time:timestamp", "an event without a time cannot be put in order")?;
        let mut native = self.native();
        native.extend(native_values(event, &["org:group", "lifecycle:transition"]));
        Ok(Event {
            key: event.get("concept:instance").map(text),
            actor: event.get("org:resource").map(text),
            fields: self.fields()?,
            native,
            ..Event::new(self.id, EventKind::Stage(stage), occurred_at, name.value.as_ref())
        })
    }

    fn closed(&self) -> Result<Event, RecordError> {
        let without = "a trace with neither event nor enddate says nothing that can be dated";
        let occurred_at = deciding_moment(self.data, "enddate", without)?;
        let kind = EventKind::Stage(Stage::Closed(Outcome::Unstated));
        Ok(Event {
            key: Some(format!("{}/closing", self.id)),
            fields: self.fields()?,
            native: self.native(),
            ..Event::new(self.id, kind, occurred_at, "enddate")
        })
    }

    fn fields(&self) -> Result<Fields, RecordError> {
        let data = self.data;
        let organisation = data.get("applicant:org");
        // A legal entity's record may name the person who brought the request; the recipient is the entity.
        let numbers = match organisation {
            Some(_) => ["applicant:bin", "applicant:iin"],
            None => ["applicant:iin", "applicant:bin"],
        };
        let number = numbers.iter().find_map(|key| data.get(key));
        let recipient = organisation.map(text).map(RecipientName::LegalEntity).or_else(|| person(data));
        let channel = data.get("channel");
        Ok(Fields {
            recipient: RecipientUpdate::set_if_known(recipient),
            identification_number: TextUpdate::set_if_known(number.map(text)),
            service_name: TextUpdate::set_if_known(self.service_name),
            intake_place: TextUpdate::set_if_known(channel.map(text)),
            intake_at: MomentUpdate::set_if_known(moment(data, "startdate")?),
            executor: TextUpdate::set_if_known(data.get("responsible").map(text)),
            planned_at: MomentUpdate::set_if_known(moment(data, "deadline")?),
            completed_at: MomentUpdate::set_if_known(moment(data, "enddate")?),
            channel: ChannelUpdate::set_if_known(channel.map(|word| match word.value.as_ref() {
                "Internet" => Channel::Portal,
                "Desk" => Channel::Provider,
                other => Channel::Other(other.to_owned()),
            })),
            ..Fields::unchanged()
        })
    }

    fn native(&self) -> Vec<NativeValue> {
        native_values(self.data, &["enddate_planned", "department", "group"])
    }
}

/// A person in parts; where the source has one part only, that part is the whole name.
fn person(data: &Element<'_>) -> Option<RecipientName> {
    match (data.get("applicant:surname").map(text), data.get("applicant:name").map(text)) {
        (Some(surname), Some(given_name)) => {
            Some(RecipientName::person(surname, given_name, data.get("applicant:patronymic").map(text)))
        }
        (surname, given_name) => surname.or(given_name).map(RecipientName::FullName),
    }
}

fn native_values(element: &Element<'_>, keys: &[&str]) -> Vec<NativeValue> {
    let values = keys.iter().filter_map(|&key| Some(NativeValue::new(key, text(element.get(key)?))));
    values.collect()
}

/// A time that may be missing, but not unreadable: a wrong date of intake would be worse than none.
fn moment(element: &Element<'_>, key: &str) -> Result<Option<Moment>, RecordError> {
    let Some(literal) = element.get(key) else { return Ok(None) };
    let moment = Moment::from_rfc3339(&literal.value, Some(ZONE));
    moment.map(Some).map_err(|error| RecordError::unreadable_time(key, error.to_string()).at(literal.offset))
}

/// The time of an event.
fn deciding_moment(element: &Element<'_>, key: &str, why: &str) -> Result<Moment, RecordError> {
    moment(element, key)?.ok_or_else(|| RecordError::unreadable_time(key, why).at(element.offset))
}

fn text(attribute: &Attribute<'_>) -> String {
    attribute.value.as_ref().to_owned()
}

/// The municipality's place; offsets in the log are Amsterdam's, summer and winter.
const ZONE: &str = "Europe/Amsterdam";
