//! Answers of OCSP (RFC 6960 §4.2): who answered, about which certificate, and for how long.

use const_oid::{
    ObjectIdentifier,
    db::{
        rfc5280::ID_KP_OCSP_SIGNING,
        rfc6960::{ID_PKIX_OCSP_ARCHIVE_CUTOFF, ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE},
    },
};
use der::{
    Decode, Tag,
    asn1::{GeneralizedTime, OctetStringRef},
};
use jiff::Timestamp;
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use x509_cert::ext::{Extension, pkix::CrlReason};
use x509_ocsp::{CertId, CertStatus, SingleResponse};

use super::{Answer, Crl, Found, Moment, Unusable};
use crate::{
    certificate::Certificate,
    path::in_force,
    tlv::{Signed, Tlv, Walk, context, strip, timestamp},
};

/// The largest answer that is read.
pub const MAX_ANSWER: usize = 256 << 10;
/// More certificates, or single responses, are not read.
const MOST: usize = 32;

/// What an answer says of a certificate.
pub(super) fn status(
    answer: &Answer,
    certificate: &Certificate,
    issuer: &Certificate,
    crls: &[Crl],
    moment: &Moment<'_>,
) -> Result<Found, Unusable> {
    if answer.der.len() > MAX_ANSWER {
        return Err(Unusable::Wrong(format!("it has {} bytes, at most {MAX_ANSWER} are read", answer.der.len())));
    }
    let response = Response::read(basic(&answer.der)?).map_err(odd)?;
    // Whoever made it: what it is about is looked at first, so that answers about others cost no arithmetic.
    let about: Vec<_> = response.singles.iter().filter(|one| is_about(&one.cert_id, certificate, issuer)).collect();
    if about.is_empty() {
        return Err(Unusable::Unrelated);
    }
    response.authentic(issuer, crls, moment)?;
    match (&answer.nonce, &response.nonce) {
        (Some(sent), Some(back)) if sent != back => {
            return Err(Unusable::Wrong("it is the answer to another request: the nonce differs".to_owned()));
        }
        (Some(_), None) if moment.rules.nonce_required => {
            return Err(Unusable::Wrong("it may be an old answer: the nonce of the request is missing".to_owned()));
        }
        _ => {}
    }
    if response.produced_at > moment.latest() {
        return Err(Unusable::Wrong(format!("it is from {}, and it is {} here", response.produced_at, moment.now)));
    }
    // Several about one certificate: the worst counts.
    about.into_iter().try_fold(Found::Good, |worst, single| Ok(worst.worse(said(single, certificate, moment)?)))
}

/// When an answer about a certificate was made, and until when it says that it counts. Whoever made it: it is not checked here.
pub(super) fn times(
    der: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
) -> Option<(Timestamp, Option<Timestamp>)> {
    let response = Response::read(basic(der).ok()?).ok()?;
    let single = response.singles.iter().find(|one| is_about(&one.cert_id, certificate, issuer))?;
    let next_update = single.next_update.map(|next| instant(next.0)).transpose().ok()?;
    Some((instant(single.this_update.0).ok()?, next_update))
}

fn odd(error: der::Error) -> Unusable {
    Unusable::Wrong(format!("it cannot be read: {error}"))
}

/// The basic response inside, if the responder succeeded.
fn basic(der: &[u8]) -> Result<&[u8], Unusable> {
    let mut parts = Tlv::only(der).and_then(|response| response.sequence()).map_err(odd)?;
    let refusal = match parts.expect(Tag::Enumerated).map_err(odd)?.value {
        [0] => return bytes(parts).map_err(odd),
        [1] => "the responder could not read the request",
        [2] => "the responder has an internal error",
        [3] => "the responder asks to try later",
        [5] => "the responder takes only signed requests",
        [6] => "the responder does not answer us about this certificate",
        _ => "the responder answers with a status that does not exist",
    };
    Err(Unusable::Wrong(refusal.to_owned()))
}

/// `ResponseBytes`, of a basic response.
fn bytes<'a>(mut parts: Walk<'a>) -> der::Result<&'a [u8]> {
    let explicit = parts.expect(context(0))?;
    parts.finish()?;
    let mut inside = Tlv::only(explicit.value)?.sequence()?;
    if inside.take()?.decode::<ObjectIdentifier>()? != ID_PKIX_OCSP_BASIC {
        return Err(Tag::ObjectIdentifier.value_error());
    }
    let bytes = inside.expect(Tag::OctetString)?.value;
    inside.finish().map(|()| bytes)
}

/// A basic response as it stands.
struct Response<'a> {
    signed: Signed<'a>,
    responder: Responder<'a>,
    produced_at: Timestamp,
    nonce: Option<Vec<u8>>,
    singles: Vec<SingleResponse>,
    certificates: Vec<Certificate>,
    /// A critical extension that is not known here.
    unknown: Option<ObjectIdentifier>,
}

impl<'a> Response<'a> {
    fn read(der: &'a [u8]) -> der::Result<Self> {
        let signed = Signed::read(der)?;
        let certificates = certificates(&signed)?;
        let mut parts = signed.body.sequence()?;
        parts.optional(context(0))?;
        let responder = Responder::read(&parts.take()?)?;
        let produced_at = instant(parts.expect(Tag::GeneralizedTime)?.decode()?)?;
        let mut walk = parts.expect(Tag::Sequence)?.sequence()?;
        let mut singles = Vec::new();
        while !walk.is_finished() {
            if singles.len() == MOST {
                return Err(Tag::Sequence.length_error());
            }
            singles.push(walk.take()?.decode::<SingleResponse>()?);
        }
        let extensions = match parts.optional(context(1))? {
            Some(explicit) => Vec::<Extension>::from_der(explicit.value)?,
            None => Vec::new(),
        };
        parts.finish()?;
        let nonce = extensions.iter().find(|extension| extension.extn_id == ID_PKIX_OCSP_NONCE);
        // An octet string within the octet string; some answer with the bytes alone (RFC 8954 §2.1).
        let nonce = nonce.map(|extension| {
            let value = extension.extn_value.as_bytes();
            OctetStringRef::from_der(value).map_or_else(|_| value.to_vec(), |inside| inside.as_bytes().to_vec())
        });
        let unknown = extensions.iter().find(|one| one.critical && one.extn_id != ID_PKIX_OCSP_NONCE);
        let unknown = unknown.map(|extension| extension.extn_id);
        Ok(Self { signed, responder, produced_at, nonce, singles, certificates, unknown })
    }

    /// Whether someone signed it who may answer for the issuer: the issuer itself, one whom the operator trusts, or one whom the
    /// issuer appointed.
    fn authentic(&self, issuer: &Certificate, crls: &[Crl], moment: &Moment<'_>) -> Result<(), Unusable> {
        if let Some(unknown) = self.unknown {
            return Err(Unusable::unknown_extension(unknown));
        }
        let mut why = "nobody who may answer for the issuer signed it".to_owned();
        let ours = std::iter::once(issuer).chain(&moment.rules.responders);
        for one in ours.filter(|one| self.responder.is(one)) {
            match one.verify(&self.signed) {
                Ok(()) => return Ok(()),
                Err(error) => why = error.to_string(),
            }
        }
        for one in self.certificates.iter().filter(|one| self.responder.is(one)) {
            match one.verify(&self.signed) {
                Ok(()) => match appointed(one, issuer, self.produced_at, crls, moment) {
                    Ok(()) => return Ok(()),
                    Err(reason) => why = reason,
                },
                Err(error) => why = error.to_string(),
            }
        }
        Err(Unusable::Wrong(why))
    }
}

/// Who says that it answered.
enum Responder<'a> {
    Name(&'a [u8]),
    Key(&'a [u8]),
}

impl<'a> Responder<'a> {
    fn read(tlv: &Tlv<'a>) -> der::Result<Self> {
        if tlv.tag == context(1) {
            return Ok(Self::Name(Tlv::only(tlv.value)?.der));
        }
        tlv.tag.assert_eq(context(2))?;
        Ok(Self::Key(Tlv::only(tlv.value)?.decode::<OctetStringRef<'a>>()?.as_bytes()))
    }

    fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => *name == certificate.subject_der(),
            // SHA-1 names a key here, it proves nothing.
            Self::Key(hash) => {
                certificate.key_bits().is_ok_and(|bits| digest(&SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref() == *hash)
            }
        }
    }
}

fn certificates(signed: &Signed<'_>) -> der::Result<Vec<Certificate>> {
    let mut rest = signed.rest.clone();
    let mut found = Vec::new();
    if let Some(explicit) = rest.optional(context(0))? {
        let mut walk = Tlv::only(explicit.value)?.sequence()?;
        while !walk.is_finished() && found.len() < MOST {
            // One that cannot be read has not signed this.
            found.extend(Certificate::parse(walk.take()?.der));
        }
    }
    rest.finish().map(|()| found)
}

/// Whether the issuer appointed this responder (RFC 6960 §4.2.2.2): issued by the same key, for answering, in force, and, unless
/// the issuer says that this need not be asked, not revoked itself.
fn appointed(
    responder: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
    crls: &[Crl],
    moment: &Moment<'_>,
) -> Result<(), String> {
    responder
        .issued_by(issuer)
        .map_err(|_| "its responder is foreign: the certificate's issuer did not appoint it".to_owned())?;
    let purposes = responder.extended_key_usage().map(|(_, purposes)| purposes).unwrap_or_default();
    if !purposes.contains(&ID_KP_OCSP_SIGNING) {
        return Err("its responder's certificate is not for answering OCSP".to_owned());
    }
    if responder.key_usage().is_some_and(|usage| !usage.digital_signature() && !usage.non_repudiation()) {
        return Err("its responder's key is not for signing".to_owned());
    }
    in_force(responder, "its responder's certificate", at).map_err(|error| error.to_string())?;
    if responder.has_no_check() {
        return Ok(());
    }
    let moment = Moment { at, ..*moment };
    let of_issuer = crls.iter().filter(|crl| crl.issuer() == issuer.subject_der());
    let mut why = "no revocation list of the issuer is at hand".to_owned();
    for crl in of_issuer {
        match crl.status(responder, issuer, &moment) {
            Ok(Found::Good) => return Ok(()),
            Ok(_) => return Err("its responder's certificate was revoked".to_owned()),
            Err(error) => why = error.to_string(),
        }
    }
    Err(format!("its responder's certificate may be revoked itself, and {why}"))
}

/// Whether a single response is about this certificate of this issuer: the hashes of its name and key, and the serial number.
fn is_about(id: &CertId, certificate: &Certificate, issuer: &Certificate) -> bool {
    let algorithm: &Algorithm = match id.hash_algorithm.oid.to_string().as_str() {
        // SHA-1 finds the issuer among those that we know; it proves nothing.
        "1.3.14.3.2.26" => &SHA1_FOR_LEGACY_USE_ONLY,
        "2.16.840.1.101.3.4.2.1" => &SHA256,
        "2.16.840.1.101.3.4.2.2" => &SHA384,
        "2.16.840.1.101.3.4.2.3" => &SHA512,
        _ => return false,
    };
    strip(id.serial_number.as_bytes()) == certificate.serial()
        && id.issuer_name_hash.as_bytes() == digest(algorithm, issuer.subject_der()).as_ref()
        && issuer.key_bits().is_ok_and(|bits| id.issuer_key_hash.as_bytes() == digest(algorithm, bits).as_ref())
}

/// What a single response says.
fn said(single: &SingleResponse, certificate: &Certificate, moment: &Moment<'_>) -> Result<Found, Unusable> {
    let extensions = single.single_extensions.as_deref().unwrap_or_default();
    let known = [ID_PKIX_OCSP_ARCHIVE_CUTOFF];
    if let Some(unknown) = extensions.iter().find(|one| one.critical && !known.contains(&one.extn_id)) {
        return Err(Unusable::unknown_extension(unknown.extn_id));
    }
    let this_update = instant(single.this_update.0).map_err(odd)?;
    let next_update = single.next_update.map(|next| instant(next.0)).transpose().map_err(odd)?;
    if this_update > moment.latest() {
        return Err(Unusable::Wrong(format!("it is from {this_update}, and it is {} here", moment.now)));
    }
    let until = moment.until(this_update, next_update);
    let stale =
        || Unusable::Wrong(format!("stale: it counts until {until}, and the time that counts is {}", moment.at));
    match single.cert_status {
        CertStatus::Revoked(info) => {
            let since = instant(info.revocation_time.0).map_err(odd)?;
            if info.revocation_reason == Some(CrlReason::CertificateHold) {
                return if until < moment.at { Err(stale()) } else { Ok(Found::Held { since }) };
            }
            return Ok(Found::Revoked { since });
        }
        CertStatus::Unknown(_) => {
            return Err(Unusable::Wrong("the responder does not know the certificate".to_owned()));
        }
        CertStatus::Good(_) => {}
    }
    if until < moment.at {
        return Err(stale());
    }
    let cutoff = extensions.iter().find(|one| one.extn_id == ID_PKIX_OCSP_ARCHIVE_CUTOFF);
    let cutoff = cutoff.map(|one| GeneralizedTime::from_der(one.extn_value.as_bytes()).and_then(instant));
    let cutoff = cutoff.transpose().map_err(odd)?;
    let forgets = this_update > certificate.not_after();
    if forgets && cutoff.is_none_or(|cutoff| cutoff > certificate.not_after()) {
        return Err(Unusable::Wrong(
            "the certificate had expired before it, and it need not know such ones".to_owned(),
        ));
    }
    Ok(Found::Good)
}

fn instant(time: GeneralizedTime) -> der::Result<Timestamp> {
    timestamp(time.to_date_time()).ok_or_else(|| Tag::GeneralizedTime.value_error())
}
