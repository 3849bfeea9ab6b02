//! The evidence of one event, as an auditor would get it, with what it is verified by.

use std::{path::Path, time::Duration};

use qadam_clients::Host;
use serde_json::{Value, json};

use crate::{
    cli::Failure,
    evidence::{CA, FOLDER},
    terminal::note,
};

/// How long to wait until the event is sealed and stamped.
const PATIENCE: u32 = 600;

/// Writes the archive, and beside it the certificate of the development authority.
pub(super) async fn write(host: &Host, data: &Path, file: &Path) -> Result<(), Failure> {
    // What was received first was sealed first.
    let mut message = Value::Null;
    for _ in 0..PATIENCE {
        let page: Value = host.get("/v1/messages?limit=1").await?;
        message = page.pointer("/items/0").cloned().unwrap_or_default();
        if message.get("stamp").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if message.get("stamp").is_none() {
        return Err(Failure::Failed("no message was sealed and stamped in a minute: see the host's log".to_owned()));
    }
    let event = message.pointer("/events/0").and_then(Value::as_str).unwrap_or_default();
    let purpose = json!({ "purpose": "the demo shows the evidence of one event" });
    let archive = host.download(&format!("/v1/events/{event}/evidence"), &purpose).await?;
    let written = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
    };
    written(file, &archive)?;
    let ca = file.with_file_name(CA);
    written(&ca, &std::fs::read(data.join(FOLDER).join(CA))?)?;
    note(format!(
        "the evidence of event {event} is in {}, the development authority's certificate in {}\nverify it: qadam evidence verify {} --trust {}",
        file.display(),
        ca.display(),
        file.display(),
        ca.display(),
    ));
    Ok(())
}
