//! The time allotted to a stage (1336-12): counted like the term, from the event that reports the stage.

use jiff::Timestamp;

use super::{Basis, DeadlineError, plan};
use crate::{
    passport::{Budget, Passport},
    request::StagePoint,
    stage::Stage,
};

/// Until when a stage may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allotted {
    /// The event that began it: the first at that stage.
    pub entered: StagePoint,
    /// The last instant in time.
    pub until: Timestamp,
    /// The first later event at a higher stage.
    pub left: Option<StagePoint>,
}

impl Allotted {
    /// Whether the stage lasted longer, as of an instant.
    #[must_use]
    pub fn is_overrun(&self, as_of: Timestamp) -> bool {
        self.left.map_or(as_of, |left| left.occurred.min(as_of)) > self.until
    }

    /// The stage.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.entered.stage
    }
}

/// The budgets of the passport for the stages that the request has reached, by its standing stage events. The term's
/// own changes do not move them.
///
/// # Errors
/// As [`plan`].
pub fn allotted(basis: &Basis<'_>, stages: &[StagePoint]) -> Result<Vec<Allotted>, DeadlineError> {
    let first = |stage: &dyn Fn(&StagePoint) -> bool| {
        stages.iter().filter(|point| stage(point)).min_by_key(|point| (point.occurred, point.at)).copied()
    };
    let mut found = Vec::new();
    for Budget { stage, within } in &basis.passport.budgets {
        let Some(entered) = first(&|point| point.stage == *stage) else { continue };
        let passport = Passport { term: *within, ..basis.passport.clone() };
        let planned = plan(&Basis { passport: &passport, taken: entered.occurred, changes: &[], ..*basis })?;
        let left = first(&|point| point.stage > *stage && point.occurred >= entered.occurred);
        found.extend(planned.due.map(|until| Allotted { entered, until, left }));
    }
    Ok(found)
}
