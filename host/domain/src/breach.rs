//! Whose breach it is when a term was missed (452-12). What an operator decides today by looking at two screens is
//! decided here by rules that are data: the first whose conditions all hold gives the verdict, and each condition cites
//! the events, deliveries and outages that it was met by. The same facts give the same verdict; a contest of it stands
//! beside it, not over it.

mod condition;
mod contest;
mod facts;
mod rules;

use serde::{Deserialize, Serialize};

pub use condition::Condition;
pub use contest::{Contest, ContestError, Reviewed};
pub use facts::{Case, Completion, Delivery, Failure, Outage, Passing, Seen};
pub use rules::{Rule, Rules, RulesError};

use crate::{ids::EventRef, labels::Label};

/// Whose breach, or of what sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The provider was late.
    Provider,
    /// The front office was late in passing the request on.
    FrontOffice,
    /// The request was not delivered to the executor.
    NotDelivered,
    /// The gateway failed.
    Gateway,
    /// A declared outage of a system on the operator's list: the technical reasons of 452-12.
    Technical,
    /// Rendered in time, and reported late.
    ReportedLate,
    /// The facts do not tell.
    Undetermined,
}

impl Blame {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Provider,
        Self::FrontOffice,
        Self::NotDelivered,
        Self::Gateway,
        Self::Technical,
        Self::ReportedLate,
        Self::Undetermined,
    ];

    /// The name used in the API, `front-office`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::FrontOffice => "front-office",
            Self::NotDelivered => "not-delivered",
            Self::Gateway => "gateway",
            Self::Technical => "technical",
            Self::ReportedLate => "reported-late",
            Self::Undetermined => "undetermined",
        }
    }

    /// What people call it. Kazakh is unofficial.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::Provider => Label {
                kk: "көрсетілетін қызметті беруші кешіктірді",
                ru: "просрочено услугодателем",
                en: "late by the provider",
            },
            Self::FrontOffice => Label {
                kk: "қабылдау орны кешіктіріп жіберді",
                ru: "с опозданием передано местом приема",
                en: "passed on late by the front office",
            },
            Self::NotDelivered => Label {
                kk: "орындаушыға жеткізілмеді",
                ru: "не доставлено исполнителю",
                en: "not delivered to the executor",
            },
            Self::Gateway => {
                Label { kk: "шлюз іркілісі", ru: "сбой шлюза", en: "failure of the gateway" }
            }
            Self::Technical => Label {
                kk: "техникалық себеп", ru: "технические причины", en: "technical reasons"
            },
            Self::ReportedLate => Label {
                kk: "мерзімінде көрсетілді, кеш хабарланды",
                ru: "оказано в срок, статус передан с опозданием",
                en: "rendered in time, reported late",
            },
            Self::Undetermined => {
                Label { kk: "анықталмады", ru: "не установлено", en: "undetermined" }
            }
        }
    }
}

/// A fact that a verdict rests on. `Ord`, so that citations have one order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "fact")]
pub enum Citation {
    /// An event of the request.
    Event {
        /// Which.
        event: EventRef,
    },
    /// A delivery of a message.
    Delivery {
        /// Its id.
        id: String,
    },
    /// A declared outage.
    Outage {
        /// Its id.
        id: String,
        /// For how many seconds of the term it lasted.
        overlap: u64,
    },
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// Whose breach.
    pub blame: Blame,
    /// The rule that gave it; none where no rule held.
    pub rule: Option<String>,
    /// Version of the rules.
    pub rules: u32,
    /// What proves it, in order, each once.
    pub cites: Vec<Citation>,
    /// Rules of lower rank that hold as well, for who reviews it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// The verdict on a missed term. Of a term that was not missed there is none.
#[must_use]
pub fn attribute(case: &Case<'_>, rules: &Rules) -> Option<Verdict> {
    if case.missed_at() <= case.due {
        return None;
    }
    let mut held = rules.rules.iter().filter_map(|rule| rule.holds(case, rules).map(|cites| (rule, cites)));
    let first = held.next();
    let also = held.map(|(rule, _)| rule.name.clone()).collect();
    let (blame, rule, mut cites) = match first {
        Some((rule, cites)) => (rule.blames, Some(rule.name.clone()), cites),
        None => (Blame::Undetermined, None, case.last_event()),
    };
    cites.sort();
    cites.dedup();
    Some(Verdict { blame, rule, rules: rules.version, cites, also })
}

#[cfg(test)]
#[path = "breach/tests.rs"]
mod tests;
