//! The time-stamping authority of development (RFC 3161): it believes the clock that it is told.

use const_oid::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use jiff::{Timestamp, tz::TimeZone};
use ring::rand::SecureRandom;
use x509_tsp::{MessageImprint, TimeStampReq};

use crate::{
    der_writer::{BIT_STRING, GENERALIZED_TIME, INTEGER, SEQUENCE, oid, write},
    keys::{Key, KeyError},
    signed_data::{Certificates, Content, SHA_256, TST_INFO, sign},
};

/// The policy under which it stamps: an arc set aside for examples (RFC 5612).
pub const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1");

/// Largest query that is read; those with SHA-512, a policy and a nonce have about 120 bytes.
const QUERY_LIMIT: usize = 4096;
/// Digests that are stamped, with their length. SHA-1 and MD5 are not among them.
const DIGESTS: [(ObjectIdentifier, usize); 3] =
    [(SHA_256, 32), (const_oid::db::rfc5912::ID_SHA_384, 48), (const_oid::db::rfc5912::ID_SHA_512, 64)];
/// `accuracy` of a second: `SEQUENCE { INTEGER 1 }`.
const ACCURACY: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x01];

/// An authority that stamps times.
#[derive(Debug)]
pub struct Authority {
    key: Key,
}

/// Why it does not stamp (RFC 3161 §2.4.2): the bit of `PKIFailureInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Failure {
    BadAlgorithm = 0,
    BadDataFormat = 5,
    UnacceptedPolicy = 15,
    UnacceptedExtension = 16,
    /// `systemFailure`.
    OutOfOrder = 25,
}

impl Authority {
    /// An authority by its key and its certificate, which must be for time-stamping: those of a [`Pki`](super::Pki).
    ///
    /// # Errors
    /// As [`Key::from_pem`].
    pub fn from_pem(key_pem: &str, chain_pem: &str) -> Result<Self, KeyError> {
        Ok(Self { key: Key::from_pem(key_pem, chain_pem)? })
    }

    /// The response to a query, in DER: a token, or a rejection that says why there is none.
    #[must_use]
    pub fn respond(&self, query: &[u8], now: Timestamp, random: &dyn SecureRandom) -> Vec<u8> {
        match self.token(query, now, random) {
            Ok(token) => write(SEQUENCE, &[&write(SEQUENCE, &[&write(INTEGER, &[&[0]])]), &token]),
            Err(failure) => rejection(failure),
        }
    }

    fn token(&self, query: &[u8], now: Timestamp, random: &dyn SecureRandom) -> Result<Vec<u8>, Failure> {
        if query.len() > QUERY_LIMIT {
            return Err(Failure::BadDataFormat);
        }
        let query = TimeStampReq::from_der(query).map_err(|_| Failure::BadDataFormat)?;
        acceptable(&query.message_imprint)?;
        if query.req_policy.is_some_and(|wanted| wanted != POLICY) {
            return Err(Failure::UnacceptedPolicy);
        }
        if query.extensions.is_some() {
            return Err(Failure::UnacceptedExtension);
        }
        let mut serial = [0; 16];
        random.fill(&mut serial).map_err(|_| Failure::OutOfOrder)?;
        // Positive, and of full length.
        if let Some(first) = serial.first_mut() {
            *first = (*first & 0x3f) | 0x40;
        }
        let imprint = query.message_imprint.to_der().map_err(|_| Failure::OutOfOrder)?;
        let nonce = query.nonce.map(|nonce| nonce.to_der()).transpose().map_err(|_| Failure::OutOfOrder)?;
        let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%SZ").to_string();
        let info = write(
            SEQUENCE,
            &[
                &write(INTEGER, &[&[1]]),
                &oid(POLICY),
                &imprint,
                &write(INTEGER, &[&serial]),
                &write(GENERALIZED_TIME, &[time.as_bytes()]),
                &ACCURACY,
                &nonce.unwrap_or_default(),
            ],
        );
        let certificates = if query.cert_req { Certificates::Inside } else { Certificates::Outside };
        let content = Content::Inside(TST_INFO, &info, certificates);
        sign(content, &self.key, now).map_err(|_| Failure::OutOfOrder)
    }
}

fn acceptable(imprint: &MessageImprint) -> Result<(), Failure> {
    let known = DIGESTS.iter().find(|(digest, _)| *digest == imprint.hash_algorithm.oid);
    let (_, length) = known.ok_or(Failure::BadAlgorithm)?;
    if imprint.hashed_message.as_bytes().len() == *length { Ok(()) } else { Err(Failure::BadDataFormat) }
}

/// Status 2 and the bit of the failure.
fn rejection(failure: Failure) -> Vec<u8> {
    let bit = failure as u8;
    let mut bits = vec![7 - bit % 8];
    bits.resize(usize::from(bit / 8) + 1, 0);
    bits.push(0x80 >> (bit % 8));
    let status = write(INTEGER, &[&[2]]);
    write(SEQUENCE, &[&write(SEQUENCE, &[&status, &write(BIT_STRING, &[&bits])])])
}
