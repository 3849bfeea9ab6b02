//! At intake: a signature is found and kept with its record. Only where parts of the record must not be kept is it looked at
//! at once, for afterwards it could not be.

use bytes::Bytes;
use qadam_evidence::{Checks, Step, Verdict, signed};
use qadam_store::{NewRecord, Received, Signed, SignedForm, sha256};

use crate::Profile;

/// The media type of what is in a wrapped record: its parameter `content`.
pub(super) fn content_type(stated: &str) -> String {
    let parameter = stated.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("content").then(|| value.trim().trim_matches('"').to_owned())
    });
    parameter.unwrap_or_else(|| "application/octet-stream".to_owned())
}

/// A record as it is to be kept.
pub(crate) fn taken(mut received: Received, body: Bytes, signature: Option<Bytes>, profile: &Profile) -> NewRecord {
    let wrapped = signature.is_none() && signed::wraps(&received.content_type);
    // What cannot be read as CMS has no content; that it cannot is found when it is checked.
    let inside = if signed::wraps(&received.content_type) { signed::content(&body) } else { None };
    let secret = inside.as_ref().is_some_and(|inside| profile.secret_mark(inside).is_some());
    let content = inside.as_deref().filter(|_| wrapped).unwrap_or(&body);
    if secret || profile.secret_mark(&body).is_some() {
        received.withheld = true;
        return NewRecord { received, body: Bytes::new(), signature: None };
    }
    let redacted = profile.redacted(content);
    let form = match (&signature, wrapped) {
        (Some(_), _) => Some(SignedForm::Detached),
        (None, true) => Some(SignedForm::Wrapped),
        (None, false) => None,
    };
    let cms = signature.as_deref().unwrap_or(&body);
    received.signed = form.map(|form| Signed {
        form,
        bytes: 0,
        digest: sha256(cms),
        before_redaction: redacted.as_ref().map(|_| looked_at(cms, content)),
    });
    let Some((kept, names)) = redacted else { return NewRecord { received, body, signature } };
    received.redacted = names;
    received.kept = Some(sha256(&kept));
    // Of a signature around the record that which is not the record is kept, as if it had been beside it.
    let signature = if wrapped { signed::detached(&body).map(Bytes::from) } else { signature };
    NewRecord { received, body: kept.into(), signature }
}

/// Structure and signature over the whole record, as JSON.
fn looked_at(cms: &[u8], content: &[u8]) -> String {
    let checks = match signed::verify(cms, Some(content)) {
        Ok(_) => {
            let mut checks = Checks::default();
            checks.add(Step::Structure, Verdict::Valid, "");
            checks.add(Step::Signature, Verdict::Valid, "checked at receipt, before parts of the record were removed");
            checks
        }
        Err(checks) => checks,
    };
    serde_json::to_string(&checks).unwrap_or_default()
}
