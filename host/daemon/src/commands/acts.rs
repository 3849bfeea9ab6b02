//! `qadam acts`: who did or saw what, and why.

use clap::Args;
use qadam_clients::Host;
use serde_json::Value;

use super::{
    request::{escaped, id_of},
    target,
};
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{say, table},
};

/// Which acts.
#[derive(Debug, Args)]
pub(crate) struct Acts {
    #[command(flatten)]
    target: Target,
    /// About one request: its id, or PROVIDER/NUMBER
    #[arg(long, value_name = "REQUEST")]
    about: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(acts: Acts) -> Result<(), Failure> {
    let host = target(&acts.target)?;
    let list = match &acts.about {
        Some(request) => format!("/v1/requests/{}/acts", escaped(&id_of(&host, request).await?)),
        None => "/v1/acts".to_owned(),
    };
    shown(collected(&host, &list).await?, acts.json);
    Ok(())
}

/// A list of acts, page after page.
pub(super) async fn collected(host: &Host, list: &str) -> Result<Vec<Value>, Failure> {
    let mut items: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let mut page: Value = host.get(&format!("{list}?limit=1000{after}")).await?;
        items.extend(page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(items),
        }
    }
}

/// Says them.
pub(super) fn shown(items: Vec<Value>, json: bool) {
    if json {
        return say(Value::from(items).to_string());
    }
    let mut rows = vec![["WHEN", "WHO", "WHAT", "ON", "WHY"].map(String::from).to_vec()];
    for act in &items {
        let when = text(act, "at").get(..19).unwrap_or_default().replace('T', " ");
        rows.push(vec![when, text(act, "who"), text(act, "what"), text(act, "subject"), text(act, "why")]);
    }
    table(&rows).into_iter().for_each(say);
}
