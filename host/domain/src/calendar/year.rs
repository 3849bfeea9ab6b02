//! How complete a year is.

use serde::{Deserialize, Serialize};

/// What is known of the exchanges of days in a year. `Ord`: the greater, the less is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// The acts are known, or a source says that there were none.
    Complete,
    /// No act was found, and no source says that there was none.
    Unconfirmed,
    /// Acts may still come.
    Open,
    /// The calendar has no rows for the year: only weekends are left out.
    Unknown,
}

/// One year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// The year.
    pub year: i16,
    /// What is known of it.
    pub known: Known,
    /// In words.
    #[serde(default)]
    pub note: String,
    /// Where that was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
