//! Messages and evidence, for the API.

use data_encoding::BASE64;
use jiff::SignedDuration;
use qadam_domain::{DestinationId, EventId, ids::Cursor};
use qadam_evidence::{Certificate, archive::Revocation};
use qadam_monitor::{
    ports::{
        PortError,
        evidence::{Archive, Evidence, MessageQuery, MessageView, SignatureView, StampView},
    },
    view::{Page, RecordView},
};
use qadam_pipeline::export::{ExportError, Exported, signature};
use qadam_store::SignedForm;

use super::{Port, certification, erasure, failed, record};

impl Evidence for Port {
    fn messages(
        &self,
        query: &MessageQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<MessageView>, PortError> {
        let found = self.pipeline.store().messages(after, limit).map_err(failed)?;
        let mut page = Page { items: Vec::new(), next: found.next };
        let mut last = after;
        for message in found.items {
            let lane = &message.sealed;
            if query.provider.as_ref().is_some_and(|provider| *provider != lane.provider)
                || query.destination.as_ref().is_some_and(|destination| *destination != lane.destination)
            {
                continue;
            }
            if query.destination.is_some() && message.stamped.is_none() && !self.takes_unstamped(&lane.destination) {
                // It goes on here when the stamp has come.
                page.next = last;
                break;
            }
            last = Some(Cursor { epoch: message.id.epoch, seq: message.id.seq, index: 0 });
            page.items.push(shown(&message)?);
        }
        Ok(page)
    }

    fn archive(&self, event: EventId) -> Result<Archive, PortError> {
        let revocation = self.revocation().map_err(PortError::Unavailable)?;
        match self.pipeline.export(event, revocation, &self.roots()) {
            Ok(Exported::Whole(bytes)) => Ok(Archive::Whole(bytes.into())),
            Ok(Exported::NotSealed) => Ok(Archive::NotSealed),
            Ok(Exported::Erased) => Ok(Archive::Erased),
            Ok(Exported::Unknown) => Ok(Archive::Unknown),
            Err(ExportError::Store(error)) => Err(failed(error)),
            Err(error) => Err(PortError::Internal(error.to_string())),
        }
    }

    fn stamp(&self, query: &[u8]) -> Option<Vec<u8>> {
        let authority = self.evidence.authority.as_ref()?;
        Some(authority.respond(query, self.pipeline.now(), &ring::rand::SystemRandom::new()))
    }
}

impl Port {
    /// A record with what is known of its signature.
    pub(super) fn signed(&self, found: qadam_store::RecordView) -> Result<RecordView, PortError> {
        let Some(signed) = found.received.signed.clone() else { return Ok(record(found)) };
        let checked = self.pipeline.store().checked(found.id.seq).map_err(failed)?.map(|checked| checked.fact);
        let verdict = |valid| match valid {
            Some(true) => "valid",
            Some(false) => "invalid",
            None => "indeterminate",
        };
        let mut view = record(found);
        view.signature = Some(SignatureView {
            form: match signed.form {
                SignedForm::Detached => "detached",
                SignedForm::Wrapped => "wrapped",
            },
            verdict: checked.as_ref().map(|fact| verdict(fact.valid)),
            checked_at: checked.as_ref().map(|fact| fact.at.to_string()),
            again: checked.as_ref().is_some_and(|fact| fact.again),
            steps: checked.and_then(|fact| serde_json::from_str(&fact.checks).ok()).unwrap_or_default(),
        });
        Ok(view)
    }

    fn takes_unstamped(&self, destination: &DestinationId) -> bool {
        self.evidence.destinations.get(destination).is_none_or(|settings| settings.unstamped)
    }

    /// Whom this host trusts: who signs its records, who stamps its messages, and its own authority for development.
    fn roots(&self) -> Vec<Certificate> {
        let signatures = &self.evidence.signatures;
        let signing = signatures.trust.iter().flat_map(|trust| &trust.roots);
        let mut roots: Vec<_> = signing.chain(&signatures.timestamps.roots).cloned().collect();
        let own = self.evidence.pki.as_ref().and_then(|pki| Certificate::parse_pem(&pki.ca_pem).ok());
        roots.extend(own.into_iter().flatten());
        roots
    }

    /// What is known now of the certificates that sign and stamp here.
    fn revocation(&self) -> Result<Vec<Revocation>, String> {
        let Some(pki) = &self.evidence.pki else { return Ok(Vec::new()) };
        let now = self.pipeline.now();
        let list = pki.crl(now, now + CRL, &[]).map_err(|error| error.to_string())?;
        Ok(vec![Revocation { name: "development.crl".to_owned(), der: list }])
    }
}

/// How long a list of the development authority is in force.
const CRL: SignedDuration = SignedDuration::from_hours(7 * 24);

fn shown(message: &qadam_store::MessageView) -> Result<MessageView, PortError> {
    let sealed = &message.sealed;
    let signature = signature(message).map_err(|error| PortError::Internal(error.to_string()))?;
    let stamp = message.stamped.as_ref();
    Ok(MessageView {
        id: message.id,
        destination: sealed.destination.clone(),
        provider: sealed.provider.clone(),
        number: sealed.number,
        sealed_at: sealed.at.to_string(),
        certified: sealed.certified,
        certification: certification(sealed.certified),
        development: sealed.development || stamp.is_some_and(|stamp| stamp.development),
        stamp: stamp.map(|stamp| StampView { at: stamp.stamped_at.to_string(), authority: stamp.authority.clone() }),
        events: message.ids.clone(),
        manifest: BASE64.encode(&sealed.manifest),
        signature: BASE64.encode(&signature),
        erased: message.erased.clone().map(erasure),
    })
}
