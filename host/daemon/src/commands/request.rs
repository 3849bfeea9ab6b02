//! `qadam request`: look requests up.

use std::io::Read as _;

use clap::Args;
use qadam_clients::Host;
use qadam_domain::labels;
use serde_json::{Value, json};

use super::target;
use crate::{
    cli::{Failure, Lang, RequestFind, RequestShow, Target},
    show::{self, text},
    terminal::say,
};

/// What is contested, and why.
#[derive(Debug, Args)]
pub(crate) struct Contest {
    #[command(flatten)]
    target: Target,
    /// Id, or PROVIDER/NUMBER
    id: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// Whose breach it should be: provider, front-office, not-delivered, gateway, technical, reported-late, undetermined
    #[arg(long, value_name = "BLAME")]
    claims: Option<String>,
}

/// Contests a verdict. It stands beside it.
pub(crate) async fn contest(contest: Contest) -> Result<(), Failure> {
    let host = target(&contest.target)?;
    let path = format!("/v1/requests/{}/contests", escaped(&id_of(&host, &contest.id).await?));
    let body = match &contest.claims {
        Some(claims) => json!({ "reason": contest.reason, "claims": claims }),
        None => json!({ "reason": contest.reason }),
    };
    host.post_once::<Value>(&path, &body).await?;
    say("contested; the verdict stays, and the contest stands beside it");
    Ok(())
}

/// Shows one request.
pub(crate) async fn show(show: RequestShow) -> Result<(), Failure> {
    let host = target(&show.target)?;
    let path = format!("/v1/requests/{}", escaped(&id_of(&host, &show.id).await?));
    let request: Value = match &show.purpose {
        Some(purpose) => host.post(&format!("{path}/reveal"), &json!({ "purpose": purpose })).await?,
        None => host.get(&path).await?,
    };
    if show.text {
        show::told(&request, show.lang).into_iter().for_each(say);
    } else if show.json {
        say(request.to_string());
    } else {
        show::request(&request, show.lang).into_iter().for_each(say);
    }
    Ok(())
}

/// The id of a request, given as such or as PROVIDER/NUMBER.
pub(crate) async fn id_of(host: &Host, given: &str) -> Result<String, Failure> {
    let Some((provider, number)) = given.split_once('/') else { return Ok(given.to_owned()) };
    let found: Value = host.post("/v1/requests/search", &json!({ "provider": provider, "number": number })).await?;
    let id = found.pointer("/items/0").map(|request| text(request, "id"));
    id.ok_or_else(|| Failure::Failed(format!("{provider} has no request `{number}`")))
}

/// A text in a URL (RFC 3986 §2.3).
pub(crate) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Requests that are told one after the other; of more, only how many there are.
const TOLD: usize = 10;

/// Tells each of some requests in sentences, open ones first.
async fn told(host: &Host, items: &[Value], lang: Lang) -> Result<(), Failure> {
    let mut items: Vec<&Value> = items.iter().collect();
    items.sort_by_key(|item| item.get("closed").and_then(Value::as_bool));
    if items.len() > 1 {
        say(format!("{}: {}", show::word(labels::REQUESTS_FOUND, lang), items.len()));
    }
    for item in items.iter().take(TOLD) {
        let request: Value = host.get(&format!("/v1/requests/{}", escaped(&text(item, "id")))).await?;
        if items.len() > 1 {
            say("");
        }
        show::told(&request, lang).into_iter().for_each(say);
    }
    Ok(())
}

/// Finds a recipient's requests.
pub(crate) async fn find(find: RequestFind) -> Result<(), Failure> {
    let host = target(&find.target)?;
    if find.overdue {
        let format = if find.json { "json" } else { "table" };
        let of = find.provider.as_ref().map(|provider| format!("&provider={provider}")).unwrap_or_default();
        let list = host.fetch(&format!("/v1/overdue?format={format}&lang={}{of}", find.lang.name())).await?;
        say(String::from_utf8_lossy(&list).trim_end());
        return Ok(());
    }
    let mut number = String::new();
    std::io::stdin().take(1000).read_to_string(&mut number)?;
    let found: Value = host.post("/v1/requests/search", &json!({ "identification_number": number.trim() })).await?;
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if find.json {
        say(Value::from(items).to_string());
    } else if items.is_empty() {
        say(show::word(labels::NO_REQUEST, find.lang));
    } else if find.text {
        return told(&host, &items, find.lang).await;
    } else {
        show::list(&items, find.lang).into_iter().for_each(say);
    }
    Ok(())
}
