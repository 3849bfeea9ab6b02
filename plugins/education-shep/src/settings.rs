//! What the operator has set.

use qadam_sdk::{Setting, config};

use crate::channels::Channels;
use crate::sources::Sources;
use crate::statuses::Statuses;
use crate::table::TableError;
use crate::times::{Times, TimesError};

/// The settings, read once a batch.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) statuses: Statuses,
    pub(crate) sources: Sources,
    pub(crate) channels: Channels,
    pub(crate) times: Times,
    /// `serviceId` of the messages that are meant for this adapter.
    pub(crate) gateway_service: String,
}

/// Why a setting cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("`{setting}`, {error}")]
    Table { setting: &'static str, error: TableError },
    #[error("`zone`: {0}")]
    Zone(#[from] TimesError),
}

impl Settings {
    /// As they stand now.
    pub(crate) fn read() -> Result<Self, SettingsError> {
        let text = |setting| config::get(setting).unwrap_or_default();
        let table = |setting| move |error| SettingsError::Table { setting, error };
        Ok(Self {
            statuses: Statuses::new(&text(STATUSES)).map_err(table(STATUSES))?,
            sources: Sources::new(&text(SOURCES)).map_err(table(SOURCES))?,
            channels: Channels::new(&text(CHANNELS)).map_err(table(CHANNELS))?,
            times: Times::at(&config::get(ZONE).unwrap_or_else(|| "Asia/Almaty".to_owned()))?,
            gateway_service: config::get(GATEWAY_SERVICE).unwrap_or_else(|| "MON_ES_REQUEST_FORM_IMPORT".to_owned()),
        })
    }
}

/// What they are, for the operator.
pub(crate) fn described() -> Vec<Setting> {
    vec![
        Setting::optional(
            STATUSES,
            "Rows `STATUS = stage` that go before the embedded ones: accepted, sent-for-execution, taken-into-work, executed, \
             awaiting-issue, closed-issued, closed-refused, closed-unstated; or update, suspended, resumed, prolonged, \
             reopened, unknown. `STATUS/RESOLUTION` is a status with that resolution; rows under `[SERVICE]` hold for that \
             service only.",
        ),
        Setting::optional(
            SOURCES,
            "Rows `NAME = field` that go before the embedded ones: from which element, or code of an updated value, a field \
             comes.",
        ),
        Setting::optional(
            CHANNELS,
            "Rows `SYSTEM = portal`, `provider` or `state-corporation` that go before the embedded ones: the channel by the \
             system in which a request was made.",
        ),
        Setting::optional(ZONE, "IANA zone of times that are written without an offset. Default: Asia/Almaty."),
        Setting::optional(
            GATEWAY_SERVICE,
            "The `serviceId` of messages meant for this adapter. Default: MON_ES_REQUEST_FORM_IMPORT.",
        ),
    ]
}

const STATUSES: &str = "statuses";
const SOURCES: &str = "sources";
const CHANNELS: &str = "channels";
const ZONE: &str = "zone";
const GATEWAY_SERVICE: &str = "gateway-service";
