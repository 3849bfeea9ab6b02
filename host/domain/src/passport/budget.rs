//! The time allotted to a stage (1336-12, 56-13).

use serde::{Deserialize, Serialize};

use super::Term;
use crate::stage::Stage;

/// How long a request may stay at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// The stage, from the event that reports it to the event that reports a later one.
    pub stage: Stage,
    /// How long.
    pub within: Term,
}
