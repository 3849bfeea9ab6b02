//! One service has at least three codes: that of the register, that of the portal, that of the front office.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Another code of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alias {
    /// The code, exactly as sources write it.
    pub code: String,
    /// The system that uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// First day of its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day of its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Alias {
    /// Whether it is used on that day.
    #[must_use]
    pub fn is_used(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }
}
