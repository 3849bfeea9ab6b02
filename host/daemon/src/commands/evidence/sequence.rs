//! `qadam evidence sequence`: for auditors, over the messages of a host or over manifests in files.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use qadam_domain::ProviderId;
use qadam_evidence::{Step, Verdict, manifest, signed, verify};
use serde_json::{Value, json};

use super::read;
use crate::{
    cli::{Failure, Target},
    commands::{request::escaped, target},
    show::text,
    terminal::{say, table},
};

/// Which lane.
#[derive(Debug, Args)]
pub(crate) struct Sequence {
    #[command(flatten)]
    target: Target,
    /// Manifests in their order, from the first on, instead of those of a host
    #[arg(value_name = "MANIFEST.json", conflicts_with_all = ["provider", "destination", "host", "data"])]
    files: Vec<PathBuf>,
    /// Whose messages
    #[arg(long, value_name = "ID", required_unless_present = "files")]
    provider: Option<ProviderId>,
    /// To whom
    #[arg(long, value_name = "NAME", required_unless_present = "files")]
    destination: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(sequence: Sequence) -> Result<(), Failure> {
    let messages = match (&sequence.provider, &sequence.destination) {
        (Some(provider), Some(destination)) => {
            let filter = format!("&provider={provider}&destination={}", escaped(destination));
            messages(&sequence.target, &filter).await?
        }
        _ => {
            let manifests = sequence.files.iter().map(|path| Ok((read(path, manifest::SIZE_LIMIT)?, None)));
            manifests.collect::<Result<Vec<_>, Failure>>()?
        }
    };
    let manifests: Vec<&[u8]> = messages.iter().map(|(manifest, _)| manifest.as_slice()).collect();
    let mut found = verify::sequence(&manifests);
    for (place, (manifest, signature)) in (1..).zip(&messages) {
        let Some(Err(checks)) = signature.as_ref().map(|signature| signed::verify(signature, Some(manifest))) else {
            continue;
        };
        let number = manifest::Manifest::parse(manifest).map_or(place, |manifest| manifest.number);
        found.findings.extend(checks.0.into_iter().map(|check| verify::Numbered { number, check }));
    }
    if sequence.json {
        say(json!({ "verdict": found.verdict(), "numbers": found.numbers, "findings": found.findings }).to_string());
    } else {
        let mut rows = vec![["MESSAGE", "STEP", "WHY"].map(String::from).to_vec()];
        rows.extend(found.findings.iter().map(|finding| {
            vec![finding.number.to_string(), finding.check.step.to_string(), finding.check.reason.clone()]
        }));
        if !found.findings.is_empty() {
            table(&rows).into_iter().for_each(say);
        }
    }
    match (found.verdict(), found.numbers) {
        (Verdict::Valid, Some((first, last))) => {
            if !sequence.json {
                say(format!(
                    "messages {first} to {last} follow each other; whether {last} is the last, its recipient knows"
                ));
            }
            Ok(())
        }
        (Verdict::Indeterminate, _) | (_, None) => Err(Failure::Failed("there are no messages".to_owned())),
        _ => {
            let what = if found.findings.iter().any(|finding| finding.check.step == Step::Sequence) {
                "the sequence is broken"
            } else {
                "a signature is not that of its message"
            };
            Err(Failure::Failed(what.to_owned()))
        }
    }
}

/// Manifests and signatures of a lane, as the host gives them.
async fn messages(to: &Target, filter: &str) -> Result<Vec<(Vec<u8>, Option<Vec<u8>>)>, Failure> {
    let host = target(to)?;
    let (mut messages, mut after) = (Vec::new(), String::new());
    loop {
        let page: Value = host.get(&format!("/v1/messages?limit=1000{filter}{after}")).await?;
        let items = page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for message in items {
            let bytes = |name: &str| {
                let wrong = |_| Failure::Failed(format!("a message's {name} is not what the API promises"));
                BASE64.decode(text(message, name).as_bytes()).map_err(wrong)
            };
            messages.push((bytes("manifest")?, Some(bytes("signature")?)));
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) if !items.is_empty() => after = format!("&after={next}"),
            _ => return Ok(messages),
        }
    }
}
