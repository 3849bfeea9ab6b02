//! The data fields of 452-7 in a document, in the law's order.

use qadam_domain::{Channel, Fields, Moment, RecipientName, Update};
use serde::{Deserialize, Serialize};

use super::Time;

/// The data fields (452-7) and those beside. Absent ones are not reported by this event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DocumentFields {
    /// 1: name in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// `person` or `legal-entity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_kind: Option<String>,
    /// The name in parts, where the source gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<Name>,
    /// 2: IIN or BIN, as the source wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identification_number: Option<String>,
    /// 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intake_place: Option<String>,
    /// 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intake_at: Option<Time>,
    /// 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// 7, as the provider reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_at: Option<Time>,
    /// 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// Channel of intake (1277-8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// BIN of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_bin: Option<String>,
    /// The source's code of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_code: Option<String>,
    /// Composite application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite_reference: Option<String>,
    /// Fields that the source says have no value any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<String>,
}

/// A person's name in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Name {
    /// "Фамилия".
    pub surname: String,
    /// "Имя".
    pub given_name: String,
    /// "Отчество (при его наличии)".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patronymic: Option<String>,
}

impl From<&Fields> for DocumentFields {
    fn from(fields: &Fields) -> Self {
        let recipient = fields.recipient.value();
        let time = |update: &Update<Moment>| update.value().map(Time::from);
        let text = |update: &Update<String>| update.value().cloned();
        Self {
            recipient: recipient.map(RecipientName::line),
            recipient_kind: recipient.map(|name| match name {
                RecipientName::LegalEntity(_) => "legal-entity".to_owned(),
                RecipientName::Person(_) | RecipientName::FullName(_) => "person".to_owned(),
            }),
            recipient_name: recipient.and_then(|name| match name {
                RecipientName::Person(name) => Some(Name {
                    surname: name.surname.clone(),
                    given_name: name.given_name.clone(),
                    patronymic: name.patronymic.clone(),
                }),
                RecipientName::FullName(_) | RecipientName::LegalEntity(_) => None,
            }),
            identification_number: text(&fields.identification_number),
            service_name: text(&fields.service_name),
            intake_place: text(&fields.intake_place),
            intake_at: time(&fields.intake_at),
            executor: text(&fields.executor),
            planned_at: time(&fields.planned_at),
            completed_at: time(&fields.completed_at),
            channel: fields.channel.value().map(|channel| match channel {
                Channel::Portal => "portal".to_owned(),
                Channel::Provider => "provider".to_owned(),
                Channel::StateCorporation => "state-corporation".to_owned(),
                Channel::Other(word) => format!("other: {word}"),
            }),
            provider_bin: text(&fields.provider_bin),
            service_code: text(&fields.service_code),
            composite_reference: text(&fields.composite_reference),
            cleared: fields.changes().filter(|(_, present)| !present).map(|(name, _)| name.name().to_owned()).collect(),
        }
    }
}
