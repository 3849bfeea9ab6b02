//! `qadam audit`: everything that anybody did to a host or through it: who, when, why.

use clap::Args;

use super::{
    acts::{collected, shown},
    target,
};
use crate::{
    cli::{Failure, Target},
    show::text,
};

/// Which acts.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    target: Target,
    /// What one did: the id of a key, `host`, `uid 0`
    #[arg(long, value_name = "WHO")]
    who: Option<String>,
    /// Of one sort: `start`, `revoke-key`, `backup`, `load-adapter`, …
    #[arg(long, value_name = "WHAT")]
    what: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(audit: Audit) -> Result<(), Failure> {
    let mut items = collected(&target(&audit.target)?, "/v1/audit").await?;
    let is = |wanted: &Option<String>, found: String| wanted.as_ref().is_none_or(|wanted| *wanted == found);
    items.retain(|act| is(&audit.who, text(act, "who")) && is(&audit.what, text(act, "what")));
    shown(items, audit.json);
    Ok(())
}
