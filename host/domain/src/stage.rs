//! The six stages of 452-6.

use serde::{Deserialize, Serialize};

/// A stage of a request, in the law's order (452-6). `Ord` follows that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 1: accepted from the recipient ("принято от услугополучателя").
    Accepted,
    /// 2: sent for execution ("отправлено на исполнение").
    SentForExecution,
    /// 3: taken into work ("принято в работу").
    TakenIntoWork,
    /// 4: executed ("исполнено (работы по запросу завершены)").
    Executed,
    /// 5: awaiting issue ("ожидает выдачи").
    AwaitingIssue,
    /// 6: closed, issued or refused ("закрыто (выдано или отказано)").
    Closed,
}

impl Stage {
    /// All six, in the law's order.
    pub const ALL: [Self; 6] = [
        Self::Accepted,
        Self::SentForExecution,
        Self::TakenIntoWork,
        Self::Executed,
        Self::AwaitingIssue,
        Self::Closed,
    ];

    /// The law's number, 1 to 6.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Accepted => 1,
            Self::SentForExecution => 2,
            Self::TakenIntoWork => 3,
            Self::Executed => 4,
            Self::AwaitingIssue => 5,
            Self::Closed => 6,
        }
    }

    /// The name used in the API and in the journal, `sent-for-execution`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::SentForExecution => "sent-for-execution",
            Self::TakenIntoWork => "taken-into-work",
            Self::Executed => "executed",
            Self::AwaitingIssue => "awaiting-issue",
            Self::Closed => "closed",
        }
    }
}

/// How a request ended, part of stage 6.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "as", content = "reason")]
pub enum Outcome {
    /// The result was issued ("выдано").
    Issued,
    /// The service was refused ("отказано"), with the reason where the source gives one.
    Refused(Option<String>),
    /// The source says that the request ended, and not how.
    Unstated,
}

impl Outcome {
    /// The name used in the API and in the journal, without the reason.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Refused(_) => "refused",
            Self::Unstated => "unstated",
        }
    }
}
