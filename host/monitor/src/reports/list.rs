//! The list of overdue requests. Nobody's name or number gets into it but masked.

use jiff::Timestamp;
use qadam_domain::{RequestId, Stage, breach::Blame, mask, report::By};
use serde::Serialize;

use qadam_domain::report::Month;

/// Requests that missed their term, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OverdueList {
    /// As of when.
    pub as_of: Timestamp,
    /// Those whose term ran out in this month; none for all that are overdue now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<Month>,
    /// The requests.
    pub requests: Vec<OverdueRequest>,
}

/// A request that missed its term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OverdueRequest {
    /// Its id.
    pub id: RequestId,
    /// The provider's own number of it, as it is.
    pub number: String,
    /// The provider: its BIN, or its id on this host.
    pub provider: String,
    /// The service's code.
    pub service: String,
    /// What the source calls the service; the passport's name is shown where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// Whose request it is.
    pub recipient: Recipient,
    /// Its stage.
    pub stage: Option<Stage>,
    /// The planned date that was missed.
    pub planned: Timestamp,
    /// When it was finished; none while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// How late, in minutes begun.
    pub minutes: u64,
    /// By which date.
    pub by: By,
    /// Whose breach.
    pub blame: Blame,
    /// Whether a reviewer contests that.
    pub contested: bool,
}

/// A recipient, masked. There is no other way to make one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recipient {
    name: Option<String>,
    number: Option<String>,
}

impl Recipient {
    /// That of a name in one line and an IIN or BIN. A legal entity's name is public; its number is masked all the same,
    /// for it may be an entrepreneur's.
    #[must_use]
    pub fn masked(name: Option<&str>, is_legal_entity: bool, number: Option<&str>) -> Self {
        let name = name.map(|name| if is_legal_entity { name.to_owned() } else { mask::name(name) });
        Self { name, number: number.map(mask::number) }
    }

    /// The name, masked.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The number, masked.
    #[must_use]
    pub fn number(&self) -> &str {
        self.number.as_deref().unwrap_or_default()
    }
}
