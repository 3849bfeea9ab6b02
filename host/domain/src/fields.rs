//! The eight data fields of 452-7 and what stands beside them, as updates.

use serde::{Deserialize, Serialize, Serializer};

use crate::time::Moment;

/// What a record says of one field. Written as the value, or as null where it is cleared; unchanged is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<T>")]
pub enum Update<T> {
    /// Nothing: the earlier value stands.
    #[default]
    Unchanged,
    /// The value is now this.
    Set(T),
    /// There is no value any more.
    Cleared,
}

impl<T: Serialize> Serialize for Update<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<T> From<Option<T>> for Update<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Cleared, Self::Set)
    }
}

impl<T> Update<T> {
    /// Whether the record says nothing of the field.
    #[must_use]
    pub const fn is_unchanged(&self) -> bool {
        matches!(self, Self::Unchanged)
    }

    /// The new value, if there is one.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unchanged | Self::Cleared => None,
        }
    }
}

/// A person's name in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PersonName {
    /// "Фамилия".
    pub surname: String,
    /// "Имя".
    pub given_name: String,
    /// "Отчество (при его наличии)".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patronymic: Option<String>,
}

/// Whom the service is rendered to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipientName {
    /// A natural person, in parts.
    Person(PersonName),
    /// A natural person whose source keeps the name in one string.
    FullName(String),
    /// A legal entity.
    LegalEntity(String),
}

impl RecipientName {
    /// The name in one line, surname first.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Person(name) => match &name.patronymic {
                Some(patronymic) => format!("{} {} {patronymic}", name.surname, name.given_name),
                None => format!("{} {}", name.surname, name.given_name),
            },
            Self::FullName(name) | Self::LegalEntity(name) => name.clone(),
        }
    }
}

/// Where a request entered (1277-8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The e-government portal.
    Portal,
    /// The provider itself.
    Provider,
    /// The State Corporation's front office.
    StateCorporation,
    /// Any other, in the source's word.
    Other(String),
}

/// The names of the fields, in the law's order, then those beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldName {
    /// 1: the recipient's name.
    Recipient,
    /// 2: IIN or BIN.
    IdentificationNumber,
    /// 3: the service's name.
    ServiceName,
    /// 4: place of intake.
    IntakePlace,
    /// 5: date of intake.
    IntakeAt,
    /// 6: executor.
    Executor,
    /// 7: planned date, as the provider reports it.
    PlannedAt,
    /// 8: completion date.
    CompletedAt,
    /// Channel of intake (1277-8).
    Channel,
    /// BIN of the provider.
    ProviderBin,
    /// The source's code of the service.
    ServiceCode,
    /// The application that several requests belong to.
    CompositeReference,
}

impl FieldName {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::Recipient,
        Self::IdentificationNumber,
        Self::ServiceName,
        Self::IntakePlace,
        Self::IntakeAt,
        Self::Executor,
        Self::PlannedAt,
        Self::CompletedAt,
        Self::Channel,
        Self::ProviderBin,
        Self::ServiceCode,
        Self::CompositeReference,
    ];

    /// The name used in the API, `identification-number`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::IdentificationNumber => "identification-number",
            Self::ServiceName => "service-name",
            Self::IntakePlace => "intake-place",
            Self::IntakeAt => "intake-at",
            Self::Executor => "executor",
            Self::PlannedAt => "planned-at",
            Self::CompletedAt => "completed-at",
            Self::Channel => "channel",
            Self::ProviderBin => "provider-bin",
            Self::ServiceCode => "service-code",
            Self::CompositeReference => "composite-reference",
        }
    }
}

/// What one record says of a request's data. Unchanged fields are not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// Field 1.
    #[serde(skip_serializing_if = "Update::is_unchanged")]
    pub recipient: Update<RecipientName>,
    /// Field 2, as the source wrote it, leading zeros kept.
    #[serde(rename = "number", skip_serializing_if = "Update::is_unchanged")]
    pub identification_number: Update<String>,
    /// Field 3.
    #[serde(rename = "service", skip_serializing_if = "Update::is_unchanged")]
    pub service_name: Update<String>,
    /// Field 4.
    #[serde(rename = "place", skip_serializing_if = "Update::is_unchanged")]
    pub intake_place: Update<String>,
    /// Field 5.
    #[serde(rename = "intake", skip_serializing_if = "Update::is_unchanged")]
    pub intake_at: Update<Moment>,
    /// Field 6.
    #[serde(skip_serializing_if = "Update::is_unchanged")]
    pub executor: Update<String>,
    /// Field 7, as the provider reports it.
    #[serde(rename = "planned", skip_serializing_if = "Update::is_unchanged")]
    pub planned_at: Update<Moment>,
    /// Field 8.
    #[serde(rename = "completed", skip_serializing_if = "Update::is_unchanged")]
    pub completed_at: Update<Moment>,
    /// Channel of intake.
    #[serde(skip_serializing_if = "Update::is_unchanged")]
    pub channel: Update<Channel>,
    /// BIN of the provider.
    #[serde(rename = "bin", skip_serializing_if = "Update::is_unchanged")]
    pub provider_bin: Update<String>,
    /// Code of the service.
    #[serde(rename = "code", skip_serializing_if = "Update::is_unchanged")]
    pub service_code: Update<String>,
    /// Composite application.
    #[serde(rename = "composite", skip_serializing_if = "Update::is_unchanged")]
    pub composite_reference: Update<String>,
}

impl Fields {
    /// Whether the record says nothing of any field.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.changes().next().is_none()
    }

    /// The fields that the record sets or clears, and whether a value stands after it.
    pub fn changes(&self) -> impl Iterator<Item = (FieldName, bool)> {
        fn change<T>(name: FieldName, update: &Update<T>) -> Option<(FieldName, bool)> {
            (!update.is_unchanged()).then(|| (name, update.value().is_some()))
        }
        [
            change(FieldName::Recipient, &self.recipient),
            change(FieldName::IdentificationNumber, &self.identification_number),
            change(FieldName::ServiceName, &self.service_name),
            change(FieldName::IntakePlace, &self.intake_place),
            change(FieldName::IntakeAt, &self.intake_at),
            change(FieldName::Executor, &self.executor),
            change(FieldName::PlannedAt, &self.planned_at),
            change(FieldName::CompletedAt, &self.completed_at),
            change(FieldName::Channel, &self.channel),
            change(FieldName::ProviderBin, &self.provider_bin),
            change(FieldName::ServiceCode, &self.service_code),
            change(FieldName::CompositeReference, &self.composite_reference),
        ]
        .into_iter()
        .flatten()
    }
}
