//! `qadam request`: look requests up.

use std::io::Read as _;

use qadam_clients::Host;
use serde_json::{Value, json};

use super::target;
use crate::{
    cli::{Failure, RequestFind, RequestShow},
    show::{self, text},
    terminal::say,
};

/// Shows one request.
pub(crate) async fn show(show: RequestShow) -> Result<(), Failure> {
    let host = target(&show.target)?;
    let path = format!("/v1/requests/{}", escaped(&id_of(&host, &show.id).await?));
    let request: Value = match &show.purpose {
        Some(purpose) => host.post(&format!("{path}/reveal"), &json!({ "purpose": purpose })).await?,
        None => host.get(&path).await?,
    };
    if show.json {
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

/// Finds a recipient's requests.
pub(crate) async fn find(find: RequestFind) -> Result<(), Failure> {
    let host = target(&find.target)?;
    let mut number = String::new();
    std::io::stdin().take(1000).read_to_string(&mut number)?;
    let found: Value = host.post("/v1/requests/search", &json!({ "identification_number": number.trim() })).await?;
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if find.json {
        say(Value::from(items).to_string());
    } else if items.is_empty() {
        say("no request");
    } else {
        show::list(&items, find.lang).into_iter().for_each(say);
    }
    Ok(())
}
