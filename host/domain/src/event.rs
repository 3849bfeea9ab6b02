//! A normalised event: what an adapter says happened to a request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    fields::Fields,
    stage::{Outcome, Stage},
    time::Moment,
};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The request reached a stage before the last.
    Stage(Stage),
    /// The request was closed (stage 6).
    Closed(Outcome),
    /// Data fields changed, the stage did not.
    Update,
    /// The term stops running, with its ground.
    Suspended(Option<String>),
    /// The term runs again, with its ground.
    Resumed(Option<String>),
    /// The planned date was moved.
    Prolonged(Prolongation),
    /// A closed request is open again, with its ground.
    Reopened(Option<String>),
    /// An earlier event is taken back.
    Withdrawn(Withdrawal),
    /// An earlier event was wrong.
    Correction(Correction),
}

impl EventKind {
    /// The stage that the event itself reports.
    #[must_use]
    pub const fn stage(&self) -> Option<Stage> {
        match self {
            Self::Stage(stage) => Some(*stage),
            Self::Closed(_) => Some(Stage::Closed),
            _ => None,
        }
    }

    /// The name used in the API, `stage`, `prolonged`, …
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Stage(_) | Self::Closed(_) => "stage",
            Self::Update => "update",
            Self::Suspended(_) => "suspended",
            Self::Resumed(_) => "resumed",
            Self::Prolonged(_) => "prolonged",
            Self::Reopened(_) => "reopened",
            Self::Withdrawn(_) => "withdrawn",
            Self::Correction(_) => "correction",
        }
    }
}

/// A new planned date with its ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prolongation {
    /// The planned date from now on.
    pub planned: Moment,
    /// The legal ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
}

/// A correction of an earlier event by its source. Its time and fields replace those of the earlier event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Key of the event that is corrected.
    pub event: String,
    /// What should have been reported; none leaves the stage as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// How the request ended, where `stage` is the closing one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An earlier event that its source takes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Key of the event that no longer counts.
    pub event: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A native value kept beside the event. Written as the pair.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "(String, String)")]
pub struct NativeValue {
    /// Name in the source.
    pub name: String,
    /// Value in the source.
    pub value: String,
}

impl From<(String, String)> for NativeValue {
    fn from((name, value): (String, String)) -> Self {
        Self { name, value }
    }
}

impl Serialize for NativeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.name, &self.value).serialize(serializer)
    }
}

/// One normalised event, as an adapter gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The source's id of the request.
    pub request: String,
    /// The source's own key of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// When, by the source.
    #[serde(rename = "at")]
    pub occurred_at: Moment,
    /// The source's word for the status.
    #[serde(rename = "status")]
    pub native_status: String,
    /// Who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What it says of the request's data.
    #[serde(default, skip_serializing_if = "Fields::is_unchanged")]
    pub fields: Fields,
    /// What else is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub native: Vec<NativeValue>,
}

impl Event {
    /// When it happened.
    #[must_use]
    pub const fn instant(&self) -> Timestamp {
        self.occurred_at.instant
    }

    /// The planned date that the event reports: field 7, or a prolongation's.
    #[must_use]
    pub fn planned(&self) -> Option<&Moment> {
        match &self.kind {
            EventKind::Prolonged(prolongation) => Some(&prolongation.planned),
            _ => self.fields.planned_at.value(),
        }
    }
}
