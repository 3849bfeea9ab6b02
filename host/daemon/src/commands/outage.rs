//! `qadam outage`: failures of systems, as they are declared (452-12).

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{request::escaped, target};
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{say, table},
};

/// Outages of systems.
#[derive(Debug, Subcommand)]
pub(crate) enum Outage {
    /// Declare that a system is, or was, out of service
    Declare(Declare),
    /// Say when an outage ended
    End(End),
    /// List them
    List(List),
}

#[derive(Debug, Args)]
pub(crate) struct Declare {
    #[command(flatten)]
    target: Target,
    /// Code of the system, as in the rules' list
    #[arg(long)]
    system: String,
    /// Who maintains it
    #[arg(long)]
    maintainer: String,
    /// From when, RFC 3339
    #[arg(long)]
    from: Timestamp,
    /// Until when, RFC 3339 [default: it lasts]
    #[arg(long)]
    until: Option<Timestamp>,
    /// Why, for the journal: the notice or memo
    #[arg(long)]
    why: String,
}

#[derive(Debug, Args)]
pub(crate) struct End {
    #[command(flatten)]
    target: Target,
    /// Id of the outage
    id: String,
    /// When, RFC 3339 [default: now]
    #[arg(long)]
    until: Option<Timestamp>,
    /// Why, for the journal
    #[arg(long)]
    why: String,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: Target,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(outage: Outage) -> Result<(), Failure> {
    match outage {
        Outage::Declare(declare) => self::declare(declare).await,
        Outage::End(end) => self::end(end).await,
        Outage::List(list) => self::list(list).await,
    }
}

async fn declare(declare: Declare) -> Result<(), Failure> {
    let mut body = Map::new();
    let mut add = |name: &str, value: String| body.insert(name.to_owned(), value.into());
    add("system", declare.system);
    add("maintainer", declare.maintainer);
    add("from", declare.from.to_string());
    add("why", declare.why);
    if let Some(until) = declare.until {
        add("until", until.to_string());
    }
    let outage: Value = target(&declare.target)?.post_once("/v1/outages", &Value::Object(body)).await?;
    say(format!("{} is declared; the requests whose terms it overlaps are judged anew", text(&outage, "id")));
    Ok(())
}

async fn end(end: End) -> Result<(), Failure> {
    let mut body = Map::from_iter([("why".to_owned(), Value::from(end.why))]);
    if let Some(until) = end.until {
        body.insert("until".to_owned(), until.to_string().into());
    }
    let path = format!("/v1/outages/{}/end", escaped(&end.id));
    let outage: Value = target(&end.target)?.post_once(&path, &Value::Object(body)).await?;
    say(format!("{} ended at {}", text(&outage, "id"), text(&outage, "until")));
    Ok(())
}

async fn list(list: List) -> Result<(), Failure> {
    let page: Value = target(&list.target)?.get("/v1/outages").await?;
    let items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if list.json {
        say(Value::from(items).to_string());
        return Ok(());
    }
    let mut rows = vec![["ID", "SYSTEM", "MAINTAINER", "FROM", "UNTIL", "DECLARED"].map(String::from).to_vec()];
    for item in &items {
        rows.push(["id", "system", "maintainer", "from", "until", "declared"].map(|name| text(item, name)).to_vec());
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}
