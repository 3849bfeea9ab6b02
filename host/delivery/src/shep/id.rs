//! The `messageId` of a message.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use crate::sending::Sending;

/// The id under which the gateway knows what an attempt sends: equal for attempts that send the same of the same message, so that
/// one that is repeated after a crash or a lost answer is the same message for the gateway, too. The schema wants a string, the
/// gateway's users write UUIDs: a UUID of version 8 (RFC 9562 §5.8) out of SHA-256 over the manifest's digest, which tells hosts
/// apart, and the attempt's idempotency key. One that went without its time-stamp and goes with it now is another message for the
/// gateway, which would keep the new signature to itself otherwise; its receiver knows the events.
///
/// `again` tells ids of the same message apart, where the gateway has given the earlier ones up: 0 for the first.
#[must_use]
pub fn message_id(sending: &Sending, again: u32) -> String {
    let mut named = b"qadam shep message 1\0".to_vec();
    named.extend_from_slice(&sending.digest);
    named.extend_from_slice(sending.idempotency_key().as_bytes());
    named.push(u8::from(sending.stamped));
    named.extend_from_slice(&again.to_be_bytes());
    uuid(&named)
}

/// A UUID out of a name.
#[must_use]
pub fn uuid(name: &[u8]) -> String {
    let digest = digest(&SHA256, name);
    let mut bytes: [u8; 16] = digest.as_ref().first_chunk().copied().unwrap_or_default();
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default().to_owned());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_uuid_of_version_8_and_depends_on_the_name_alone() {
        let id = uuid(b"a");
        assert_eq!((id.len(), id.get(14..15), id.get(8..9)), (36, Some("8"), Some("-")));
        assert!(matches!(id.get(19..20), Some("8" | "9" | "a" | "b")), "{id}");
        assert_eq!(id, uuid(b"a"));
        assert_ne!(id, uuid(b"b"));
    }
}
