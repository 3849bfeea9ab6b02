//! Whom and what this host trusts, as its operator configured it. Nothing here comes from what is checked.

use const_oid::ObjectIdentifier;
use jiff::SignedDuration;

use crate::{
    certificate::{Certificate, CertificateError},
    revocation::Rules,
};

/// The trusted certificates, and the tables by which the law's steps are decided (domain.md §2.2, §2.3: Order 452 names no
/// identifiers, so they are configuration).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trust {
    /// Where every path must end.
    pub roots: Vec<Certificate>,
    /// Known authorities between, used beside those that a signature carries.
    pub intermediates: Vec<Certificate>,
    /// Roles that may sign for a provider (452-8). First head and person with the right of signature.
    pub may_sign: Vec<ObjectIdentifier>,
    /// Roles in which an official may sign a request for a recipient who is somebody else (56-6.6).
    pub officials: Vec<ObjectIdentifier>,
    /// Organisations whose officials may do so. Empty: any.
    pub official_bins: Vec<String>,
    /// Policies of certificates for signing. A certificate must state one of them.
    pub policies: Vec<ObjectIdentifier>,
    /// How revocation lists and OCSP answers are judged.
    pub revocation: Rules,
    /// How far a signer's clock may be ahead of ours.
    pub skew: SignedDuration,
}

/// First head and person with the right of signature.
const MAY_SIGN: [&str; 2] = ["1.2.398.3.3.4.1.2.1", "1.2.398.3.3.4.1.2.2"];
/// Those, and an employee, who takes requests in at a service centre.
const OFFICIALS: [&str; 3] = ["1.2.398.3.3.4.1.2.1", "1.2.398.3.3.4.1.2.2", "1.2.398.3.3.4.1.2.5"];
/// Signing certificates of legal entities and persons, and the arc itself, which certificates since 2022 state. `.2` and `.4`
/// are those for logging in.
const POLICIES: [&str; 3] = ["1.2.398.3.3.2.1", "1.2.398.3.3.2.3", "1.2.398.3.3.2"];

impl Trust {
    /// Trust in these roots, all else as the national authority's profile has it.
    #[must_use]
    pub fn in_roots(roots: Vec<Certificate>, intermediates: Vec<Certificate>) -> Self {
        let oids = |oids: &[&str]| oids.iter().filter_map(|oid| ObjectIdentifier::new(oid).ok()).collect();
        Self {
            roots,
            intermediates,
            may_sign: oids(&MAY_SIGN),
            officials: oids(&OFFICIALS),
            official_bins: Vec::new(),
            policies: oids(&POLICIES),
            revocation: Rules::default(),
            skew: SignedDuration::from_mins(1),
        }
    }

    /// The same, from PEM: several certificates may stand in each text.
    ///
    /// # Errors
    /// If one cannot be read, or there is no root.
    pub fn from_pem(roots: &str, intermediates: &str) -> Result<Self, CertificateError> {
        let between = if intermediates.trim().is_empty() { Vec::new() } else { Certificate::parse_pem(intermediates)? };
        Ok(Self::in_roots(Certificate::parse_pem(roots)?, between))
    }
}
