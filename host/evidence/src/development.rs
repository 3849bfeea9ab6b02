//! For development: a PKI and a time-stamping authority of the host's own, so that everything can be tried without anybody's
//! leave. Whatever they made says `development` in its names, and proves nothing to anybody else.

mod authority;
mod issue;

use std::{fmt, time::Duration};

use jiff::Timestamp;
use ring::rand::SecureRandom;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

pub use self::authority::{Authority, POLICY};
use self::issue::{Purpose, authority as certification_authority, certificate, crl};
use crate::signed_data::Identity;

/// With this the common name of each of its certificates starts.
pub const MARK: &str = "development";

/// How long its certificates are in force, from a day before they were made.
const IN_FORCE: Duration = Duration::from_hours(24 * 365 * 10);

/// A certification authority with two certificates (P-256): one for sealing, one for stamping times. All are PEM, so that they
/// can be kept in files; those of keys must be readable to the host alone.
#[derive(Clone)]
pub struct Pki {
    /// The authority's certificate: the root.
    pub ca_pem: String,
    /// The authority's key, for further CRLs.
    pub ca_key_pem: String,
    /// The key that seals.
    pub seal_key_pem: String,
    /// Its certificate, then the root.
    pub seal_chain_pem: String,
    /// The key that stamps times.
    pub tsa_key_pem: String,
    /// Its certificate, then the root.
    pub tsa_chain_pem: String,
}

impl Pki {
    /// A new one.
    ///
    /// # Errors
    /// If there is no randomness, or the time is none that certificates can state.
    pub fn generate(now: Timestamp, random: &dyn SecureRandom) -> Result<Self, DevelopmentError> {
        let (ca_pem, ca_key_pem) = certification_authority(now, random)?;
        let ca = issue::Issuer::from_pem(&ca_pem, &ca_key_pem)?;
        let (seal_pem, seal_key_pem) = certificate(&ca, Purpose::Seal, now, random)?;
        let (tsa_pem, tsa_key_pem) = certificate(&ca, Purpose::TimeStamping, now, random)?;
        let seal_chain_pem = format!("{seal_pem}{ca_pem}");
        let tsa_chain_pem = format!("{tsa_pem}{ca_pem}");
        Ok(Self { ca_pem, ca_key_pem, seal_key_pem, seal_chain_pem, tsa_key_pem, tsa_chain_pem })
    }

    /// The authority's certificate in DER.
    ///
    /// # Errors
    /// If the PEM was changed into something else.
    pub fn ca_der(&self) -> Result<Vec<u8>, DevelopmentError> {
        der_of(&self.ca_pem)
    }

    /// A new revocation list of its authority, in DER: in force from now until the next one is due.
    ///
    /// # Errors
    /// If the PEM was changed into something else, or a time is none that lists can state.
    pub fn crl(&self, now: Timestamp, next: Timestamp, revoked: &[Revoked]) -> Result<Vec<u8>, DevelopmentError> {
        crl(&issue::Issuer::from_pem(&self.ca_pem, &self.ca_key_pem)?, now, next, revoked)
    }
}

/// A certificate that is in force no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its serial number, big-endian.
    pub serial: Vec<u8>,
    /// Since when.
    pub at: Timestamp,
}

impl Revoked {
    /// A certificate in DER, from an instant on.
    ///
    /// # Errors
    /// If it is none.
    pub fn of(certificate: &[u8], at: Timestamp) -> Result<Self, DevelopmentError> {
        let identity = Identity::of(certificate).map_err(|_| DevelopmentError::Pem)?;
        Ok(Self { serial: identity.serial.value.to_vec(), at })
    }
}

/// Whether a certificate, in DER, is one that a host made for its own development: by its name, as people read it.
#[must_use]
pub fn is_development(certificate: &[u8]) -> bool {
    issue::common_name(certificate).is_some_and(|name| name.starts_with(MARK))
}

fn der_of(pem: &str) -> Result<Vec<u8>, DevelopmentError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| DevelopmentError::Pem)?;
    Ok(der.to_vec())
}

/// Says nothing of keys.
impl fmt::Debug for Pki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pki").finish_non_exhaustive()
    }
}

/// Why the development PKI cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevelopmentError {
    /// The system gives no randomness.
    #[error("the system gives no random bytes")]
    Random,
    /// A file of it was changed.
    #[error("the development PKI's files do not hold what was written: a certificate and a key of P-256 in PEM")]
    Pem,
    /// Before 1970, or after 9890.
    #[error("{0} is no time for a certificate")]
    Time(Timestamp),
    /// A certificate cannot be written.
    #[error("a development certificate cannot be made: {0}")]
    Issue(String),
}

#[cfg(test)]
#[path = "development_tests.rs"]
mod tests;
