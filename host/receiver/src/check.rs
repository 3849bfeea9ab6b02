//! Whether a message is what it says: its manifest, and each event that it discloses.

use data_encoding::HEXLOWER;
use qadam_delivery::{Envelope, Parts, receipt::Answer};
use qadam_domain::{EventId, ProviderId};
use qadam_evidence::{
    Manifest, document,
    manifest::{Digest, event_digest},
    report, withdrawal,
};
use serde::Deserialize;

/// A message whose manifest is its own.
#[derive(Debug)]
pub(crate) struct Checked {
    /// SHA-256 of the manifest.
    pub(crate) digest: Digest,
    /// What it says.
    pub(crate) manifest: Manifest,
    /// For each event disclosed, in their order: what is known of it, or why it is refused.
    pub(crate) events: Vec<Result<Head, Answer>>,
}

/// What the receiver wants to know of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its place in the manifest.
    pub(crate) index: u16,
    /// Its id.
    pub(crate) id: EventId,
    /// The provider's number of the request.
    pub(crate) request: String,
    /// The beginning of SHA-256 of its document, in hexadecimal digits: another document under the same id is noticed.
    pub(crate) document: String,
    /// The beginning of the digest of its content, likewise: the same event under another id is noticed.
    pub(crate) content: String,
}

/// A message that is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// Reads the manifest and holds each event against it.
pub(crate) fn check(envelope: &Envelope) -> Result<Checked, Refusal> {
    let manifest = Manifest::parse(&envelope.manifest).map_err(|error| Refusal::new("manifest", error.to_string()))?;
    let differs = match () {
        () if manifest.destination != envelope.destination.as_str() => Some("destination"),
        () if manifest.provider != envelope.provider => Some("provider"),
        () if manifest.number != envelope.number => Some("number"),
        () => None,
    };
    if let Some(what) = differs {
        return Err(Refusal::new("manifest", format!("the manifest names another {what} than the message around it")));
    }
    if manifest.lineage.last().is_some_and(|newest| newest.epoch != envelope.message.epoch) {
        return Err(Refusal::new("manifest", "the message is not of the epoch that its manifest names"));
    }
    let events = envelope.events().iter().map(|event| head(event, &manifest, &envelope.provider)).collect();
    Ok(Checked { digest: envelope.digest(), manifest, events })
}

fn head(event: &qadam_delivery::Disclosed, manifest: &Manifest, provider: &ProviderId) -> Result<Head, Answer> {
    /// What stands in every document.
    #[derive(Deserialize)]
    struct Document {
        format: String,
        id: EventId,
        provider: ProviderId,
        number: String,
    }
    let refused = |code: &str, reason: &str| Err(Answer::refused(code, reason));
    let Some(stated) = manifest.events.get(usize::from(event.index)) else {
        return refused("digest", "the manifest has no event at this place");
    };
    if *stated != event_digest(&event.salt, &event.document) {
        return refused("digest", "SHA-256 of salt and document is not the one that the manifest has at this place");
    }
    let Ok(read) = serde_json::from_slice::<Document>(&event.document) else {
        return refused("document", "the document is not that of an event");
    };
    if ![document::FORMAT, withdrawal::FORMAT, report::FORMAT].contains(&read.format.as_str()) {
        return refused("document", "the document is of a format that is not read here");
    }
    if read.id != event.id || read.provider != *provider {
        return refused("document", "the document is that of another event, or of another provider");
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, &event.document);
    let short = |digest: &[u8]| HEXLOWER.encode(digest.get(..8).unwrap_or_default());
    let content = document::content(&event.document).unwrap_or_default();
    let (document, content) = (short(digest.as_ref()), short(&content));
    Ok(Head { index: event.index, id: event.id, request: read.number, document, content })
}

impl Checked {
    /// The message with those of its events that may be taken: what is stored.
    pub(crate) fn stored(&self, envelope: &Envelope) -> Envelope {
        let mut stored = envelope.clone();
        if let Parts::Events(events) = &mut stored.parts {
            let mut right = self.events.iter().map(Result::is_ok);
            events.retain(|_| right.next().unwrap_or(false));
        }
        stored
    }
}
