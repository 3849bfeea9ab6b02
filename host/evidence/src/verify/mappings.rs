//! What earlier and later mappings made of the event: each is sealed like the archive's own, and of the same request.

use qadam_domain::EventId;

use super::{
    Findings, Ground, names, path,
    seal::{self, Sealed},
};
use crate::{
    archive::{Relation, mapping},
    verdict::Step,
};

/// The events of other mappings.
#[derive(Debug, Default)]
pub(crate) struct Others {
    pub(crate) earlier: Vec<EventId>,
    pub(crate) later: Vec<EventId>,
}

pub(super) fn check(ground: &Ground<'_>, main: &Sealed, findings: &mut Findings) -> Others {
    let mut others = Others::default();
    for (relation, folder) in mapping(ground.files) {
        let other = seal::check(ground, folder, findings);
        let (Some(event), Some(other)) = (&main.document, &other.document) else { continue };
        let wrong = match relation {
            _ if other.id == event.id => Some("it is the archive's own event".to_owned()),
            _ if (&other.provider, &other.number) != (&event.provider, &event.number) => {
                Some("it is of another request than the archive's event".to_owned())
            }
            Relation::Earlier if other.recorded_at > event.recorded_at => {
                Some(format!("it says earlier, and was recorded later, at {}", other.recorded_at))
            }
            Relation::Later if other.recorded_at < event.recorded_at => {
                Some(format!("it says later, and was recorded earlier, at {}", other.recorded_at))
            }
            Relation::Earlier | Relation::Later => None,
        };
        match relation {
            Relation::Earlier => others.earlier.push(other.id),
            Relation::Later => others.later.push(other.id),
        }
        findings.holds(&path(folder, names::EVENT), Step::Event, wrong);
    }
    others
}
