//! Certificate revocation lists (RFC 5280 §5). A list is read once and asked often: an index over the bytes as they came.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use const_oid::{ObjectIdentifier, db::rfc5280};
use der::{Decode, Tag, asn1::GeneralizedTime};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use x509_cert::{
    ext::{
        Extension,
        pkix::{
            CrlReason, IssuingDistributionPoint,
            name::{DistributionPointName, GeneralName},
        },
    },
    time::Time,
};

use super::{Found, Moment, Unusable};
use crate::{
    certificate::{Certificate, CertificateError, SignatureError},
    tlv::{Signed, Tlv, context, strip, timestamp},
};

/// The largest list that is read. National ones have some millions of bytes.
pub const MAX_CRL: usize = 64 << 20;

const EXPIRED_CERTS_ON_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.60");

/// A list of revoked certificates. Cheap to clone; its signature is verified once.
#[derive(Clone)]
pub struct Crl(Arc<List>);

struct List {
    der: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Vec<u8>,
    /// The number of the list that this one only adds to.
    delta_of: Option<Vec<u8>>,
    scope: Scope,
    /// Expired certificates stay on the list if they expired after this.
    keeps_expired_since: Option<Timestamp>,
    /// Entries and their serial numbers, by serial number.
    entries: Vec<(Range<usize>, Range<usize>)>,
    verified: OnceLock<([u8; 32], Result<(), SignatureError>)>,
}

/// Of which certificates a list speaks.
#[derive(Default)]
struct Scope {
    /// Why it cannot be used at all.
    unusable: Option<String>,
    only_people: bool,
    only_authorities: bool,
    /// It is one piece of a list, for certificates that name this place.
    place: Option<Vec<GeneralName>>,
}

impl Crl {
    /// Reads DER, or PEM.
    ///
    /// # Errors
    /// If it is no list, or larger than [`MAX_CRL`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        let refused = |reason: String| CertificateError::new(format!("as a revocation list: {reason}"));
        if bytes.len() > MAX_CRL {
            return Err(refused(format!("{} bytes, at most {MAX_CRL} are read", bytes.len())));
        }
        let der = if bytes.starts_with(b"-----BEGIN") {
            der::pem::decode_vec(bytes).map_err(|error| refused(format!("PEM: {error}")))?.1
        } else {
            bytes.to_vec()
        };
        let read = List::read(der).map_err(|error| refused(error.to_string()))?;
        Ok(Self(Arc::new(read)))
    }

    /// The bytes in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The name of who issued it, in DER.
    #[must_use]
    pub fn issuer(&self) -> &[u8] {
        &self.0.issuer
    }

    /// When it was made.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// When the next one is due.
    #[must_use]
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }

    /// Its number, big-endian; empty where it has none.
    #[must_use]
    pub fn number(&self) -> &[u8] {
        &self.0.number
    }

    /// Whether it only adds to another list.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.0.delta_of.is_some()
    }

    /// How many certificates it revokes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether it revokes none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Whether this issuer signed it, with a certificate that lets it.
    ///
    /// # Errors
    /// Why not.
    pub fn signed_by(&self, issuer: &Certificate) -> Result<(), SignatureError> {
        if issuer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
            return Err(SignatureError::Mismatch);
        }
        let key: [u8; 32] = digest(&SHA256, issuer.spki()).as_ref().try_into().unwrap_or_default();
        let verify = || {
            let signed = Signed::read(&self.0.der).map_err(|_| SignatureError::Mismatch)?;
            issuer.verify(&signed)
        };
        let (known, outcome) = self.0.verified.get_or_init(|| (key, verify()));
        if *known == key { outcome.clone() } else { verify() }
    }

    /// What it says of a certificate.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        moment: &Moment<'_>,
    ) -> Result<Found, Unusable> {
        let list = &*self.0;
        self.signed_by(issuer).map_err(|error| Unusable::Wrong(format!("not the issuer's: {error}")))?;
        if let Some(reason) = &list.scope.unusable {
            return Err(Unusable::Wrong(reason.clone()));
        }
        if list.this_update > moment.latest() {
            return Err(Unusable::Wrong(format!("it is from {}, and it is {} here", list.this_update, moment.now)));
        }
        let out_of_scope = match certificate.is_authority() {
            true => list.scope.only_people,
            false => list.scope.only_authorities,
        };
        let elsewhere = list.scope.place.as_ref().is_some_and(|place| !shares(place, certificate.crl_points()));
        if out_of_scope || elsewhere {
            return Err(Unusable::Wrong("it does not cover this certificate".to_owned()));
        }
        let until = moment.until(list.this_update, list.next_update);
        let stale = || {
            Unusable::Wrong(format!("stale: the next was due at {until}, and the time that counts is {}", moment.at))
        };
        // What was revoked stays revoked: for this answer the list may be old.
        let entries = self.entries_of(certificate.serial());
        let worst = entries.map(|entry| entry.map_err(|_| Unusable::Wrong("an entry of it cannot be read".to_owned())));
        let worst = worst.collect::<Result<Vec<_>, _>>()?.into_iter().min_by_key(Entry::since);
        if let Some(entry) = worst {
            return Ok(match entry {
                // A suspension may have been lifted since.
                Entry { reason: Some(CrlReason::CertificateHold), .. } if until < moment.at => return Err(stale()),
                Entry { reason: Some(CrlReason::CertificateHold), .. } => Found::Held { since: entry.since() },
                Entry { reason: Some(CrlReason::RemoveFromCRL), .. } => {
                    return Err(Unusable::Wrong("it only takes this certificate off a list".to_owned()));
                }
                _ => Found::Revoked { since: entry.since() },
            });
        }
        // That a certificate is not listed only counts if the list is whole, in force, and still lists such certificates.
        if list.delta_of.is_some() {
            return Err(Unusable::Wrong("it only adds to another list".to_owned()));
        }
        let until = moment.until(list.this_update, list.next_update);
        if until < moment.at {
            return Err(stale());
        }
        let drops = list.this_update > certificate.not_after();
        if drops && list.keeps_expired_since.is_none_or(|since| since > certificate.not_after()) {
            return Err(Unusable::Wrong(
                "the certificate had expired before it, and it need not list such ones".to_owned(),
            ));
        }
        Ok(Found::Good)
    }

    /// The entries with this serial number: one at most in a list that is right.
    fn entries_of(&self, serial: &[u8]) -> impl Iterator<Item = der::Result<Entry>> {
        let list = &*self.0;
        let of = move |range: &Range<usize>| list.der.get(range.clone()).unwrap_or_default();
        let from = list.entries.partition_point(|(_, key)| of(key) < serial);
        let found = list.entries.iter().skip(from).take_while(move |(_, key)| of(key) == serial);
        found.map(move |(entry, _)| Entry::read(of(entry)))
    }
}

/// Its issuer is not shown: the name is in DER.
impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crl")
            .field("number", &data_encoding::HEXUPPER.encode(self.number()))
            .field("this_update", &self.this_update())
            .field("next_update", &self.next_update())
            .field("entries", &self.len())
            .finish()
    }
}

impl List {
    fn read(der: Vec<u8>) -> der::Result<Self> {
        let signed = Signed::read(&der)?;
        signed.rest.finish()?;
        let mut parts = signed.body.sequence()?;
        parts.optional(Tag::Integer)?;
        if parts.expect(Tag::Sequence)?.decode::<spki::AlgorithmIdentifierOwned>()? != signed.algorithm {
            return Err(Tag::Sequence.value_error());
        }
        let issuer = parts.expect(Tag::Sequence)?.der.to_vec();
        let this_update = time(&parts.take()?)?;
        let next = match parts.optional(Tag::UtcTime)? {
            None => parts.optional(Tag::GeneralizedTime)?,
            found => found,
        };
        let next_update = next.map(|next| time(&next)).transpose()?;
        let mut entries = Vec::new();
        if let Some(list) = parts.optional(Tag::Sequence)? {
            let mut walk = list.sequence()?;
            while !walk.is_finished() {
                let entry = walk.take()?;
                let serial = strip(entry.sequence()?.expect(Tag::Integer)?.value);
                entries.push((within(&der, entry.der)?, within(&der, serial)?));
            }
        }
        entries.sort_unstable_by(|(_, a), (_, b)| der.get(a.clone()).cmp(&der.get(b.clone())));
        let extensions = match parts.optional(context(0))? {
            Some(explicit) => Vec::<Extension>::from_der(explicit.value)?,
            None => Vec::new(),
        };
        parts.finish()?;
        let mut read = Self {
            issuer,
            this_update,
            next_update,
            number: Vec::new(),
            delta_of: None,
            scope: Scope::default(),
            keeps_expired_since: None,
            entries,
            verified: OnceLock::new(),
            der: Vec::new(),
        };
        for extension in &extensions {
            read.extension(extension)?;
        }
        read.der = der;
        Ok(read)
    }

    fn extension(&mut self, extension: &Extension) -> der::Result<()> {
        let value = extension.extn_value.as_bytes();
        let integer = || Tlv::only(value)?.decode::<der::asn1::Int>().map(|int| strip(int.as_bytes()).to_vec());
        match extension.extn_id {
            rfc5280::ID_CE_CRL_NUMBER => self.number = integer()?,
            rfc5280::ID_CE_DELTA_CRL_INDICATOR => self.delta_of = Some(integer()?),
            rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT => {
                let point = IssuingDistributionPoint::from_der(value)?;
                self.scope = Scope::of(point);
            }
            EXPIRED_CERTS_ON_CRL => {
                self.keeps_expired_since = timestamp(GeneralizedTime::from_der(value)?.to_date_time());
            }
            other if extension.critical => {
                self.scope.unusable = Some(format!("it has the critical extension {other}, which is not known here"));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Scope {
    fn of(point: IssuingDistributionPoint) -> Self {
        let unusable = match () {
            () if point.indirect_crl => Some("it lists certificates of other issuers"),
            () if point.only_some_reasons.is_some() => Some("it is only for some reasons of revocation"),
            () if point.only_contains_attribute_certs => Some("it is for attribute certificates"),
            () => None,
        };
        Self {
            unusable: unusable.map(ToOwned::to_owned),
            only_people: point.only_contains_user_certs,
            only_authorities: point.only_contains_ca_certs,
            place: point.distribution_point.map(|point| match point {
                DistributionPointName::FullName(names) => names,
                DistributionPointName::NameRelativeToCRLIssuer(_) => Vec::new(),
            }),
        }
    }
}

/// One revocation.
struct Entry {
    at: Timestamp,
    invalid_since: Option<Timestamp>,
    reason: Option<CrlReason>,
}

impl Entry {
    fn read(der: &[u8]) -> der::Result<Self> {
        let mut parts = Tlv::only(der)?.sequence()?;
        parts.expect(Tag::Integer)?;
        let mut entry = Self { at: time(&parts.take()?)?, invalid_since: None, reason: None };
        if let Some(extensions) = parts.optional(Tag::Sequence)? {
            for extension in extensions.decode::<Vec<Extension>>()? {
                let value = extension.extn_value.as_bytes();
                match extension.extn_id {
                    rfc5280::ID_CE_CRL_REASONS => entry.reason = Some(CrlReason::from_der(value)?),
                    rfc5280::ID_CE_INVALIDITY_DATE => {
                        entry.invalid_since = timestamp(GeneralizedTime::from_der(value)?.to_date_time());
                    }
                    _ if extension.critical => return Err(Tag::Sequence.value_error()),
                    _ => {}
                }
            }
        }
        parts.finish().map(|()| entry)
    }

    /// Since when the certificate does not count: its issuer may say that the key was lost before it was told.
    fn since(&self) -> Timestamp {
        self.invalid_since.map_or(self.at, |since| since.min(self.at))
    }
}

fn time(tlv: &Tlv<'_>) -> der::Result<Timestamp> {
    timestamp(tlv.decode::<Time>()?.to_date_time()).ok_or_else(|| tlv.tag.value_error())
}

/// Where a part lies in the whole.
fn within(whole: &[u8], part: &[u8]) -> der::Result<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
    let range = start.map(|start| start..start + part.len()).filter(|range| range.end <= whole.len());
    range.ok_or_else(|| Tag::Sequence.length_error())
}

fn shares(place: &[GeneralName], points: &[GeneralName]) -> bool {
    place.iter().any(|name| points.contains(name))
}
