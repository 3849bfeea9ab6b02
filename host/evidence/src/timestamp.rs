//! Time-stamps (RFC 3161): the query for one, the checks of what comes back, and of a token that was kept. The checks fail
//! closed and name what is wrong; revocation of the authority's certificate is asked about by
//! [`Token::path`], like that of any other.

mod error;
mod info;
mod response;
mod token;

use const_oid::ObjectIdentifier;
use jiff::{SignedDuration, Timestamp};
use ring::{
    digest::{SHA256, digest},
    rand::SecureRandom,
};

pub use self::error::TimestampError;
use crate::{
    certificate::{Certificate, CertificateError},
    der_writer::{INTEGER, OCTET_STRING, SEQUENCE, oid, write},
    signed_data::SHA_256,
    verdict::{Checks, Step, Verdict},
};

/// Most bytes of a token, and of a response. Those of real authorities have between 1 and 10 thousand.
pub const SIZE_LIMIT: usize = 64 << 10;

/// Whose tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampTrust {
    /// Where the path of an authority's certificate must end.
    pub roots: Vec<Certificate>,
    /// Known authorities between, for tokens that carry only the stamping authority's own certificate.
    pub intermediates: Vec<Certificate>,
    /// Policies under which tokens may be made. Empty: any.
    pub policies: Vec<ObjectIdentifier>,
    /// How far a token's time may lie from ours when it arrives.
    pub max_skew: SignedDuration,
}

impl TimestampTrust {
    /// Trust in these roots, whatever the policy, with five minutes between clocks.
    #[must_use]
    pub const fn in_roots(roots: Vec<Certificate>) -> Self {
        let max_skew = SignedDuration::from_mins(5);
        Self { roots, intermediates: Vec::new(), policies: Vec::new(), max_skew }
    }

    /// The same, from PEM: several certificates may stand in each text.
    ///
    /// # Errors
    /// If one cannot be read, or there is no root.
    pub fn from_pem(roots: &str, intermediates: &str) -> Result<Self, CertificateError> {
        let between = if intermediates.trim().is_empty() { Vec::new() } else { Certificate::parse_pem(intermediates)? };
        Ok(Self { intermediates: between, ..Self::in_roots(Certificate::parse_pem(roots)?) })
    }
}

/// A question to a time-stamping authority, and what its answer must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    der: Vec<u8>,
    signature_value: Vec<u8>,
    policy: Option<ObjectIdentifier>,
    nonce: [u8; 8],
}

impl Query {
    /// For a token over the value of a signature: its SHA-256, a nonce, and the authority's certificate along with the token.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(
        signature_value: &[u8],
        policy: Option<ObjectIdentifier>,
        random: &dyn SecureRandom,
    ) -> Result<Self, TimestampError> {
        const NULL: [u8; 2] = [0x05, 0x00];
        const TRUE: [u8; 3] = [0x01, 0x01, 0xff];
        let mut nonce = [0; 8];
        random.fill(&mut nonce).map_err(|_| TimestampError::Random)?;
        // Positive, and of full length: DER has one way to write it.
        if let Some(first) = nonce.first_mut() {
            *first = (*first & 0x3f) | 0x40;
        }
        let imprint = write(OCTET_STRING, &[digest(&SHA256, signature_value).as_ref()]);
        let imprint = write(SEQUENCE, &[&write(SEQUENCE, &[&oid(SHA_256), &NULL]), &imprint]);
        let der = write(
            SEQUENCE,
            &[
                &write(INTEGER, &[&[1]]),
                &imprint,
                &policy.map(oid).unwrap_or_default(),
                &write(INTEGER, &[&nonce]),
                &TRUE,
            ],
        );
        Ok(Self { der, signature_value: signature_value.to_vec(), policy, nonce })
    }

    /// What is sent, as `application/timestamp-query`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The token in a response to this query, if all of it is right: granted, of this nonce and policy, over this imprint, by
    /// a certificate for stamping times that leads to a trusted root, at a time close to now.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn token(&self, response: &[u8], trust: &TimestampTrust, now: Timestamp) -> Result<Token, TimestampError> {
        let der = response::token(response)?;
        let read = token::read(der)?;
        match &read.info.nonce {
            Some(nonce) if *nonce == self.nonce => {}
            Some(_) => return Err(TimestampError::Nonce),
            None => return Err(TimestampError::NoNonce),
        }
        if let Some(wanted) = self.policy.filter(|wanted| *wanted != read.info.policy) {
            return Err(TimestampError::Policy { found: read.info.policy, wanted: vec![wanted] });
        }
        let token = read.over(&self.signature_value, trust)?;
        let skew = token.at.duration_since(now).abs();
        if skew > trust.max_skew {
            return Err(TimestampError::Skew { at: token.at, now, max: trust.max_skew });
        }
        Ok(token)
    }
}

/// A token that was checked: the bytes under a signature existed at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// Its exact bytes.
    pub der: Vec<u8>,
    /// The authority's time.
    pub at: Timestamp,
    /// Under which policy.
    pub policy: ObjectIdentifier,
    /// Its number among those of the authority, in hexadecimal digits.
    pub serial: String,
    /// From the authority's certificate to the root.
    pub path: Vec<Certificate>,
}

/// Checks a token that was kept, over the value of a signature, as of the token's own time: its certificate may have expired
/// since. It must not come from after `now`.
///
/// The token, where it holds, and the step with what was found.
#[must_use]
pub fn check_token(
    token_der: &[u8],
    signature_value: &[u8],
    trust: &TimestampTrust,
    now: Timestamp,
) -> (Option<Token>, Checks) {
    let mut checks = Checks::default();
    let checked = token::read(token_der).and_then(|read| {
        let token = read.over(signature_value, trust)?;
        if token.at.duration_since(now) > trust.max_skew {
            return Err(TimestampError::Future { at: token.at, now });
        }
        Ok(token)
    });
    match checked {
        Ok(token) => {
            checks.add(
                Step::Timestamp,
                Verdict::Valid,
                format!("stamped at {} under policy {}", token.at, token.policy),
            );
            (Some(token), checks)
        }
        Err(error) => {
            checks.add(Step::Timestamp, error.verdict(), error.to_string());
            (None, checks)
        }
    }
}

#[cfg(test)]
#[path = "timestamp_tests.rs"]
mod tests;
