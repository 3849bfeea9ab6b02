//! The format of the records.

use std::collections::BTreeMap;

use qadam_sdk::{
    Channel, ChannelUpdate, Correction, Event, EventKind, Fields, Moment, MomentUpdate, NativeValue, Outcome,
    Prolongation, RecipientName, RecipientUpdate, RecordError, Stage, TextUpdate, Withdrawal,
};

/// The bare words of a record.
pub(crate) fn marks(text: &str) -> Vec<&str> {
    text.split([';', '|']).map(str::trim).filter(|part| !part.contains('=') && !part.starts_with('#')).collect()
}

/// The events of a record.
pub(crate) fn events(text: &str) -> Result<Vec<Event>, RecordError> {
    text.split('|').map(|part| Pairs::of(part).event()).collect()
}

struct Pairs<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Pairs<'a> {
    fn of(text: &'a str) -> Self {
        let pairs = text.split(';').map(str::trim).filter(|part| !part.starts_with('#'));
        Self(pairs.filter_map(|part| part.split_once('=')).collect())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn event(&self) -> Result<Event, RecordError> {
        let request = self
            .get("request")
            .ok_or_else(|| RecordError::unidentifiable_request("request", "the record names no request"))?;
        let kind = self.kind()?;
        let word = self.get("status").or_else(|| self.get("kind")).or_else(|| self.get("stage")).unwrap_or("update");
        let native =
            self.0.iter().filter_map(|(name, value)| Some(NativeValue::new(name.strip_prefix("native.")?, *value)));
        Ok(Event {
            key: self.owned("key"),
            actor: self.owned("actor"),
            fields: self.fields()?,
            native: native.collect(),
            ..Event::new(request, kind, self.required("at")?, word)
        })
    }

    fn kind(&self) -> Result<EventKind, RecordError> {
        let ground = || self.owned("ground");
        let target = || self.owned("target").unwrap_or_default();
        Ok(match (self.get("kind"), self.stage()?) {
            (None | Some("stage"), Some(stage)) => EventKind::Stage(stage),
            (None | Some("update"), None) => EventKind::Update,
            (Some("suspended"), _) => EventKind::Suspended(ground()),
            (Some("resumed"), _) => EventKind::Resumed(ground()),
            (Some("reopened"), _) => EventKind::Reopened(ground()),
            (Some("prolonged"), _) => {
                EventKind::Prolonged(Prolongation { planned: self.required("planned")?, ground: ground() })
            }
            (Some("withdrawn"), _) => EventKind::Withdrawn(Withdrawal { event: target(), reason: ground() }),
            (Some("correction"), stage) => {
                EventKind::Correction(Correction { event: target(), stage, reason: ground() })
            }
            (Some(other), _) => return Err(RecordError::unknown_native_status("kind", other)),
        })
    }

    fn stage(&self) -> Result<Option<Stage>, RecordError> {
        Ok(Some(match self.get("stage") {
            None => return Ok(None),
            Some("1") => Stage::Accepted,
            Some("2") => Stage::SentForExecution,
            Some("3") => Stage::TakenIntoWork,
            Some("4") => Stage::Executed,
            Some("5") => Stage::AwaitingIssue,
            Some("6") => Stage::Closed(match self.get("outcome").unwrap_or("unstated").split_once(':') {
                Some((_, reason)) => Outcome::Refused(Some(reason.to_owned())),
                None if self.get("outcome") == Some("issued") => Outcome::Issued,
                None if self.get("outcome") == Some("refused") => Outcome::Refused(None),
                None => Outcome::Unstated,
            }),
            Some(other) => return Err(RecordError::unknown_native_status("stage", other)),
        }))
    }

    fn required(&self, name: &str) -> Result<Moment, RecordError> {
        self.time(name, self.get(name).unwrap_or_default())
    }

    fn time(&self, name: &str, literal: &str) -> Result<Moment, RecordError> {
        Moment::from_rfc3339(literal, self.get("zone"))
            .map_err(|error| RecordError::unreadable_time(name, error.to_string()))
    }

    fn fields(&self) -> Result<Fields, RecordError> {
        let text = |name| match self.get(name) {
            Some("-") => TextUpdate::Cleared,
            other => TextUpdate::set_if_known(other),
        };
        let time = |name| {
            Ok(match self.get(name) {
                Some("-") => MomentUpdate::Cleared,
                Some(literal) => MomentUpdate::Set(self.time(name, literal)?),
                None => MomentUpdate::Unchanged,
            })
        };
        Ok(Fields {
            recipient: self.recipient(),
            identification_number: text("number"),
            service_name: text("service"),
            intake_place: text("place"),
            intake_at: time("intake")?,
            executor: text("executor"),
            planned_at: time("plan")?,
            completed_at: time("done")?,
            channel: match self.get("channel") {
                None => ChannelUpdate::Unchanged,
                Some("-") => ChannelUpdate::Cleared,
                Some("portal") => ChannelUpdate::Set(Channel::Portal),
                Some("provider") => ChannelUpdate::Set(Channel::Provider),
                Some("state-corporation") => ChannelUpdate::Set(Channel::StateCorporation),
                Some(other) => ChannelUpdate::Set(Channel::Other(other.to_owned())),
            },
            provider_bin: text("bin"),
            service_code: text("code"),
            composite_reference: text("composite"),
        })
    }

    fn recipient(&self) -> RecipientUpdate {
        if self.get("recipient") == Some("-") {
            return RecipientUpdate::Cleared;
        }
        let person = self.get("person").map(|name| {
            let mut parts = name.splitn(3, ',');
            let mut part = || parts.next().map(str::to_owned);
            let (surname, given) = (part().unwrap_or_default(), part().unwrap_or_default());
            RecipientName::person(surname, given, part())
        });
        let name = person
            .or_else(|| self.owned("full-name").map(RecipientName::FullName))
            .or_else(|| self.owned("entity").map(RecipientName::LegalEntity));
        RecipientUpdate::set_if_known(name)
    }
}
