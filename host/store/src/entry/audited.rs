//! What of the journal stands in the audit: everything that somebody did, whatever type of fact says so.

use super::{Act, ErasedFact, Fact, Reference};

/// What is done to the host itself, or by itself. It stands in the audit, not in the record of acts, which is about what was
/// done to records, requests and messages, and who saw them.
const OF_THE_HOST: [&str; 12] = [
    "start",
    "stop",
    "configure",
    "make-key",
    "limit-key",
    "revoke-key",
    "renew-tls",
    "refuse-tls",
    "change-trust",
    "backup",
    "restore",
    "replay",
];

impl Act {
    /// Whether it is about the host itself.
    pub(crate) fn is_of_the_host(&self) -> bool {
        OF_THE_HOST.contains(&self.what.as_str())
    }

    fn done(what: &str, subject: String, who: &str, why: &str, at: jiff::Timestamp) -> Self {
        let (what, who, why) = (what.to_owned(), who.to_owned(), why.to_owned());
        Self { what, subject, about: Vec::new(), who, why, at, remap: Vec::new(), queue: None }
    }
}

impl Fact {
    /// Whether somebody did something.
    pub(crate) const fn is_audited(&self) -> bool {
        matches!(
            self,
            Self::Act(_)
                | Self::Reference(_)
                | Self::Contested(_)
                | Self::Erased(ErasedFact::Ordered(_))
                | Self::Destination(_)
                | Self::Commissioned(_)
        )
    }

    /// What somebody did, as an act; none where nobody did anything.
    pub(crate) fn audited(self) -> Option<Act> {
        Some(match self {
            Self::Act(act) => act,
            Self::Reference(fact) => {
                let (what, subject) = match fact.set {
                    Reference::Passport(passport) => ("put-service", passport.code),
                    Reference::Calendar(_) => ("edit-calendar", "calendar".to_owned()),
                    Reference::Rules(_) => ("set-rules", "rules".to_owned()),
                    Reference::Outage(outage) => ("declare-outage", outage.id),
                };
                Act::done(what, subject, &fact.who, &fact.why, fact.at)
            }
            // The reason may speak of people: it stays with the contest.
            Self::Contested(fact) => {
                Act::done("contest", fact.provider.to_string(), &fact.who, "as the contest states", fact.at)
            }
            Self::Erased(ErasedFact::Ordered(order)) => {
                let subject = format!("{} bodies, {}", order.entries.len(), order.cause);
                Act::done("erase", subject, &order.who, &order.why, order.at)
            }
            Self::Destination(fact) => {
                let what = if fact.open { "open-destination" } else { "close-destination" };
                Act::done(what, fact.destination.to_string(), "host", "by the configuration", fact.at)
            }
            Self::Commissioned(fact) => {
                let subject = format!("{}: {} {}", fact.provider, fact.name, fact.version);
                Act::done(fact.step.name(), subject, &fact.who, &fact.why, fact.at)
            }
            _ => return None,
        })
    }
}
