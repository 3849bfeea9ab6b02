//! The evidence of one event, taken together from the journal (invariant 8).

use qadam_domain::EventId;
use qadam_evidence::{
    Certificate, Checks,
    archive::{ArchiveError, Contents, Mapping, Record, Relation, Revocation, Sealed, write_trusting},
    seal::{SealError, with_token},
};
use qadam_store::{EventView, MessageView, StoreError};

use crate::{Pipeline, signatures::proofs};

/// Events of one request looked through for those that replaced another, at most.
const HISTORY: usize = 10_000;
/// Other mappings of a record that go into an archive, at most.
const MAPPINGS: usize = 64;

/// What there is of an event's evidence.
#[derive(Debug)]
pub enum Exported {
    /// The archive's bytes.
    Whole(Vec<u8>),
    /// The event is in no message yet.
    NotSealed,
    /// What was sealed was erased since.
    Erased,
    /// There is no such event.
    Unknown,
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept of a message is none.
    #[error("what was sealed cannot be put together: {0}")]
    Seal(#[from] SealError),
    /// The archive cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl Pipeline {
    /// Everything that proves an event. `revocation` is what is known now of the certificates that signed and stamped; `roots`
    /// are those whom the host trusts: with them the protocols in the archive are made.
    ///
    /// # Errors
    /// If it cannot be read or written now.
    pub fn export(
        &self,
        id: EventId,
        revocation: Vec<Revocation>,
        roots: &[Certificate],
    ) -> Result<Exported, ExportError> {
        let Some(event) = self.store.event(id)? else { return Ok(Exported::Unknown) };
        let Some(message) = self.best_message(id)? else { return Ok(Exported::NotSealed) };
        let Some(sealed) = sealed(&message, id)? else { return Ok(Exported::Erased) };
        let mut revocation = revocation;
        revocation.extend(self.lists(&event)?);
        let contents = Contents {
            sealed,
            revocation,
            record: self.native_record(&event)?,
            mappings: self.mappings(&event)?,
            development: message.sealed.development || message.stamped.as_ref().is_some_and(|stamp| stamp.development),
            exported_at: self.now(),
        };
        Ok(Exported::Whole(write_trusting(&contents, roots)?))
    }

    /// The lists at hand today, and what told of the signature over the record when it was checked.
    fn lists(&self, event: &EventView) -> Result<Vec<Revocation>, StoreError> {
        let lists = self.signatures.revocation.lists();
        let named = lists.iter().zip(1..).map(|(list, number)| (format!("list-{number}.crl"), list.der().to_vec()));
        let mut known: Vec<Revocation> = named.map(|(name, der)| Revocation { name, der }).collect();
        if let Some(body) = self.store.checked(event.record.seq)?.and_then(|checked| checked.body) {
            for proof in proofs(&body) {
                if known.iter().all(|known| known.der != proof.der) {
                    known.push(proof);
                }
            }
        }
        Ok(known)
    }

    /// One event may be sealed for several destinations: the seal that proves most.
    fn best_message(&self, id: EventId) -> Result<Option<MessageView>, StoreError> {
        let messages = self.store.sealed_in(id)?;
        Ok(messages.into_iter().max_by_key(|message| {
            (message.events.is_some(), message.sealed.certified, message.stamped.is_some(), !message.sealed.development)
        }))
    }

    fn native_record(&self, event: &EventView) -> Result<Option<Record>, StoreError> {
        let Some(record) = self.store.native(event.record)? else { return Ok(None) };
        let received = record.received;
        let absent = match (&record.body, received.withheld) {
            (Some(_), _) => None,
            (None, true) => Some("withheld".to_owned()),
            (None, false) => Some("erased".to_owned()),
        };
        let checked = self.store.checked(event.record.seq)?;
        let checks = checked.and_then(|checked| serde_json::from_str::<Checks>(&checked.fact.checks).ok());
        Ok(Some(Record {
            bytes: record.body,
            absent,
            media_type: received.content_type,
            digest: received.digest,
            size: received.size,
            redactions: received.redacted,
            signature: record.signature,
            checks: checks.unwrap_or_default(),
        }))
    }

    /// What the event replaced, back to the first, and what replaced it.
    fn mappings(&self, event: &EventView) -> Result<Vec<Mapping>, ExportError> {
        let mut mappings = Vec::new();
        let mut earlier = event.corrects;
        while let Some(id) = earlier.filter(|_| mappings.len() < MAPPINGS) {
            mappings.extend(self.mapping(id, Relation::Earlier)?);
            earlier = self.store.event(id)?.and_then(|event| event.corrects);
        }
        let history = self.store.history(&event.provider, &event.event.request, None, HISTORY)?;
        let mut replaced = vec![event.id];
        for later in history.items {
            if later.corrects.is_some_and(|id| replaced.contains(&id)) && mappings.len() < MAPPINGS {
                mappings.extend(self.mapping(later.id, Relation::Later)?);
                replaced.push(later.id);
            }
        }
        Ok(mappings)
    }

    fn mapping(&self, id: EventId, relation: Relation) -> Result<Option<Mapping>, ExportError> {
        let Some(message) = self.best_message(id)? else { return Ok(None) };
        Ok(sealed(&message, id)?.map(|sealed| Mapping { relation, sealed }))
    }
}

/// An event of a message with its seal; none where the body was erased.
fn sealed(message: &MessageView, id: EventId) -> Result<Option<Sealed>, SealError> {
    let place = message.ids.iter().position(|other| *other == id);
    let event = place.and_then(|place| message.events.as_ref()?.get(place));
    let Some(event) = event else { return Ok(None) };
    Ok(Some(Sealed {
        event: event.document.clone(),
        salt: event.salt,
        manifest: message.sealed.manifest.clone(),
        signature: signature(message)?,
    }))
}

/// A message's signature, with its time-stamp where there is one.
///
/// # Errors
/// If the two are not what they should be.
pub fn signature(message: &MessageView) -> Result<Vec<u8>, SealError> {
    match &message.stamped {
        Some(stamped) => with_token(&message.sealed.signature, &stamped.token),
        None => Ok(message.sealed.signature.clone()),
    }
}
