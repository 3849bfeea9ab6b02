//! What the API shows. Names are stable; fields may be added.

mod masked;

use std::collections::BTreeMap;

use qadam_domain::{
    Channel, EventKind, Fields, Moment, NativeValue, Outcome, ProviderId, RecipientName, RecordId, RequestId, Stage,
    ids::{Cursor, EventId},
    labels::Label,
    number::Grade,
};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::masked::Masked;
pub use crate::told::Told;
use crate::{
    ports::{commission::CandidateView, evidence::SignatureView},
    term::TermView,
};

/// A list's part. `next` goes into `after` of the next call; it is absent at the end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Opaque cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next: Option<Cursor>,
}

/// A time: the instant, the local time at its place, and what the source wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Time {
    /// RFC 3339, UTC.
    pub instant: String,
    /// RFC 9557: local time with offset and zone.
    pub local: String,
    /// Exactly what the source wrote.
    pub literal: String,
}

impl From<&Moment> for Time {
    fn from(moment: &Moment) -> Self {
        Self { instant: moment.instant.to_string(), local: moment.local(), literal: moment.literal.clone() }
    }
}

/// What became of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RecordId,
    /// Whose.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// Id of the key that sent it.
    pub sender: String,
    /// When it was received, RFC 3339.
    pub received_at: String,
    /// Media type as stated.
    pub content_type: String,
    /// Bytes as received.
    pub size: u64,
    /// SHA-256 of the bytes as received, hex.
    pub digest: String,
    /// Rules by which parts were removed before it was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// Why its body is not kept any more; absent where it is, or never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedView>,
    /// What is known of its signature; absent where it came without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureView>,
    /// `pending`, `mapped`, `refused` or `quarantined`.
    pub outcome: &'static str,
    /// When that was found, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// Why it was refused or set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The events it stands for.
    #[schema(value_type = Vec<String>)]
    pub events: Vec<EventId>,
    /// The adapter that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterRun>,
}

/// Why a body is not kept any more.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErasedView {
    /// The policy or act, `records-days`.
    pub cause: String,
    /// What was configured, or stated.
    pub why: String,
    /// When that was ordered, RFC 3339.
    pub at: String,
    /// SHA-256 of what was erased, hex.
    pub digest: String,
}

/// Why a record was refused or set aside.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Cause {
    /// Stable name, `unknown-native-status`.
    pub name: String,
    /// Field or path of the source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What was wrong, and what was expected.
    pub detail: String,
    /// Byte offset in the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// The adapter of an outcome, so that the run can be repeated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdapterRun {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The contract.
    pub contract: String,
    /// SHA-256 of the component, hex.
    pub component: String,
    /// SHA-256 of its settings, hex.
    pub configuration: String,
}

/// A request as its events leave it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequestView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RequestId,
    /// Whose.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// The provider's own number of it.
    pub number: String,
    /// The current stage (452-6).
    #[schema(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// Its number in the law, 1 to 6.
    pub stage_number: Option<u8>,
    /// The stage in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_in_words: Option<Words>,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether its term is suspended.
    pub suspended: bool,
    /// How far it is, in sentences to be read out (452-2). Only the view of one request has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Fields of 452-7 that the stage asks for and that were not reported.
    pub missing: Vec<&'static str>,
    /// The data fields.
    pub fields: FieldsView,
    /// Events kept, standing or not.
    pub events: u32,
    /// Its term: the computed date, whether it is late, whose breach it is (452-10 to 452-12). Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Box<TermView>>,
    /// The events in the order of receipt; the first thousand. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<EventView>>,
}

/// Words in the three languages (452-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Words {
    /// Kazakh, unofficial.
    pub kk: &'static str,
    /// Russian, the law's words.
    pub ru: &'static str,
    /// English.
    pub en: &'static str,
}

impl From<Label> for Words {
    fn from(label: Label) -> Self {
        Self { kk: label.kk, ru: label.ru, en: label.en }
    }
}

/// The data fields (452-7) and those beside. Absent ones were not reported.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FieldsView {
    /// 1: name in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// `person` or `legal-entity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_kind: Option<&'static str>,
    /// 2: IIN or BIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identification_number: Option<String>,
    /// What the number is and what is odd about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub identification_grade: Option<Grade>,
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
    /// Fields that the source says have no value any more; in events only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<&'static str>,
}

impl From<&Fields> for FieldsView {
    fn from(fields: &Fields) -> Self {
        let recipient = fields.recipient.value();
        let number = fields.identification_number.value();
        let time = |update: &qadam_domain::Update<Moment>| update.value().map(Time::from);
        Self {
            recipient: recipient.map(RecipientName::line),
            recipient_kind: recipient.map(|name| match name {
                RecipientName::LegalEntity(_) => "legal-entity",
                RecipientName::Person(_) | RecipientName::FullName(_) => "person",
            }),
            identification_number: number.cloned(),
            identification_grade: number
                .filter(|number| *number != qadam_domain::mask::ERASED)
                .map(|number| Grade::of(number)),
            service_name: fields.service_name.value().cloned(),
            intake_place: fields.intake_place.value().cloned(),
            intake_at: time(&fields.intake_at),
            executor: fields.executor.value().cloned(),
            planned_at: time(&fields.planned_at),
            completed_at: time(&fields.completed_at),
            channel: fields.channel.value().map(|channel| match channel {
                Channel::Portal => "portal".to_owned(),
                Channel::Provider => "provider".to_owned(),
                Channel::StateCorporation => "state-corporation".to_owned(),
                Channel::Other(word) => format!("other: {word}"),
            }),
            provider_bin: fields.provider_bin.value().cloned(),
            service_code: fields.service_code.value().cloned(),
            composite_reference: fields.composite_reference.value().cloned(),
            cleared: fields.changes().filter(|(_, present)| !present).map(|(name, _)| name.name()).collect(),
        }
    }
}

/// A recorded event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its id; stays the same over a re-mapping that gives an equal event.
    #[schema(value_type = String)]
    pub id: EventId,
    /// Whose.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// The provider's own number of the request.
    pub number: String,
    /// The record it came with.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// The source's own key of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `stage`, `update`, `suspended`, `resumed`, `prolonged`, `reopened`, `withdrawn` or `correction`.
    pub kind: &'static str,
    /// The stage, for that kind (452-6).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// How the request ended, for the closing stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Key of the event that it corrects or withdraws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The new planned date, of a prolongation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<Time>,
    /// Ground or reason, as the source states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// Whether a person authorised by the provider answers for it, by a signature over its record or by the seal (452-8).
    pub certified: bool,
    /// The same in words: `certified by the provider` or `not certified by the provider`.
    pub certification: &'static str,
    /// When it happened (452-10).
    pub occurred_at: Time,
    /// When it was recorded, RFC 3339.
    pub recorded_at: String,
    /// The source's word for the status.
    pub native_status: String,
    /// Who acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What it says of the data fields.
    pub fields: FieldsView,
    /// Native values kept beside it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub native: BTreeMap<String, String>,
    /// What is odd about it.
    pub anomalies: Vec<&'static str>,
    /// Whether it counts: not replaced, corrected or withdrawn.
    pub standing: bool,
    /// The event whose place it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub corrects: Option<EventId>,
}

impl EventView {
    /// The parts of a kind.
    pub fn set_kind(&mut self, kind: &EventKind) {
        self.kind = kind.name();
        self.stage = kind.stage();
        match kind {
            EventKind::Closed(outcome) => {
                self.outcome = Some(outcome.name());
                if let Outcome::Refused(reason) = outcome {
                    self.ground.clone_from(reason);
                }
            }
            EventKind::Suspended(ground) | EventKind::Resumed(ground) | EventKind::Reopened(ground) => {
                self.ground.clone_from(ground);
            }
            EventKind::Prolonged(prolongation) => {
                self.planned = Some(Time::from(&prolongation.planned));
                self.ground.clone_from(&prolongation.ground);
            }
            EventKind::Withdrawn(withdrawal) => {
                self.target = Some(withdrawal.event.clone());
                self.ground.clone_from(&withdrawal.reason);
            }
            EventKind::Correction(correction) => {
                self.target = Some(correction.event.clone());
                self.stage = correction.stage;
                self.outcome = correction.outcome.as_ref().map(Outcome::name);
                self.ground.clone_from(&correction.reason);
            }
            EventKind::Stage(_) | EventKind::Update => {}
        }
    }

    /// The native values.
    pub fn set_native(&mut self, native: Vec<NativeValue>) {
        self.native = native.into_iter().map(|native| (native.name, native.value)).collect();
    }
}

/// Counts of one provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Summary {
    /// The provider.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// `received`, `pending`, `mapped`, `refused`, `quarantined` records, and `duplicate` ones that came again.
    pub records: BTreeMap<String, i64>,
    /// `open`, `closed`, `incomplete` (which overlaps the other two).
    pub requests: BTreeMap<String, i64>,
    /// Standing events by stage.
    pub stages: BTreeMap<String, i64>,
    /// Events by anomaly.
    pub anomalies: BTreeMap<String, i64>,
    /// Requests with at least one such event.
    pub anomalous_requests: BTreeMap<String, i64>,
    /// Events kept, standing or not.
    pub events: i64,
}

/// An adapter, as operators see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdapterView {
    /// Whose records it maps.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// `serving`, `failing`, `suspended` or `absent`.
    pub service: &'static str,
    /// Counts the swaps since the host started.
    pub generation: u64,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterRun>,
    /// Who signed what serves: name and id of the key; `none`: nobody (development, or a host that takes such).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Whether what serves went the way of test, pilot and promotion. A component that nobody signed did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commissioned: Option<bool>,
    /// SHA-256 of the package that serves, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Why that package is not trusted any more. It serves until it is replaced or the host is started anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distrusted: Option<String>,
    /// The package on the test stand, or in the pilot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Box<CandidateView>>,
    /// What it may use: `batch-ms`, `memory-bytes`, `output-bytes`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    pub limits: Option<BTreeMap<&'static str, u64>>,
    /// When it was loaded, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_at: Option<String>,
    /// Who loaded it: id of a key, or `folder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_by: Option<String>,
    /// What a rollback would bring back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<EarlierView>,
    /// Its last fault, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_fault: Option<String>,
    /// When that was, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_fault_at: Option<String>,
    /// Why what should serve does not: the file in the watched folder, or what served before a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_error: Option<String>,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_error_at: Option<String>,
}

/// The adapter before the one that serves.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EarlierView {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component, hex.
    pub component: String,
}

/// Whether the host can do its work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether records are taken.
    pub ready: bool,
    /// Why not, or what is odd.
    pub reasons: Vec<String>,
    /// Entries in the journal.
    pub entries: u64,
    /// Entries that the index has applied; the difference is its lag.
    pub applied: u64,
    /// Records that wait to be mapped.
    pub waiting: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
}
