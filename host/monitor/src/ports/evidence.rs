//! Sealed messages, and the evidence of events.

use bytes::Bytes;
use qadam_domain::{DestinationId, EventId, MessageId, ProviderId, ids::Cursor};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    ports::PortError,
    view::{ErasedView, Page},
};

/// Which messages.
#[derive(Clone, Debug, Default)]
pub struct MessageQuery {
    /// Of one provider.
    pub provider: Option<ProviderId>,
    /// For one destination: then not beyond what its policy lets it have.
    pub destination: Option<DestinationId>,
}

/// A sealed message, without its events' documents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: MessageId,
    /// The lane: to whom.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// The lane: of whom.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// Its number in the lane, from 1.
    pub number: u64,
    /// When it was sealed, RFC 3339.
    pub sealed_at: String,
    /// Whether the seal is by a key that the provider entrusted (452-8).
    pub certified: bool,
    /// The same in words: `certified by the provider` or `not certified by the provider`.
    pub certification: &'static str,
    /// Whether the host made the key for itself.
    pub development: bool,
    /// Its time-stamp; absent as long as no authority gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamp: Option<StampView>,
    /// Its events, withdrawals among them, in the order of the manifest.
    #[schema(value_type = Vec<String>)]
    pub events: Vec<EventId>,
    /// The manifest's exact bytes, base64.
    pub manifest: String,
    /// The detached signature over them (CMS, DER), with the time-stamp token where there is one, base64.
    pub signature: String,
    /// Why the events that it sealed are not kept any more; absent where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedView>,
}

/// A time-stamp.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StampView {
    /// The time in the token, RFC 3339.
    pub at: String,
    /// The authority, as configured.
    pub authority: String,
}

/// What is known of a record's signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignatureView {
    /// `detached` or `wrapped`.
    pub form: &'static str,
    /// `valid`, `invalid` or `indeterminate`; absent as long as it was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// When that was found, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// Whether it is tried again by itself.
    pub again: bool,
    /// Each step with its verdict and the reason: structure, signature, validity, key-usage, policy, revocation, chain, role,
    /// owner.
    #[schema(value_type = Vec<Object>)]
    pub steps: serde_json::Value,
}

/// An event's evidence.
#[derive(Clone, Debug)]
pub enum Archive {
    /// A ZIP file.
    Whole(Bytes),
    /// The event was recorded and is in no message yet.
    NotSealed,
    /// What was sealed was erased since.
    Erased,
    /// There is no such event.
    Unknown,
}

/// Evidence.
pub trait Evidence {
    /// Messages in the order of the journal.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn messages(
        &self,
        query: &MessageQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<MessageView>, PortError>;

    /// Everything that proves an event, personal data with it.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn archive(&self, event: EventId) -> Result<Archive, PortError>;

    /// What a time-stamping authority of the host itself answers, for development; none where there is no such authority.
    fn stamp(&self, query: &[u8]) -> Option<Vec<u8>>;
}
