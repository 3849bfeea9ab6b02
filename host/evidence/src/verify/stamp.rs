//! The time-stamp of a seal: a token in the signature, and the same once more in its own file.

use super::{Findings, Ground, names, path, revoked, seal::Stamped};
use crate::{
    seal,
    timestamp::{self, TimestampTrust},
    verdict::{Step, Verdict},
};

/// The proved time, where there is a token and it holds.
pub(super) fn check(ground: &Ground<'_>, folder: &str, signature: &[u8], findings: &mut Findings) -> Option<Stamped> {
    let [what, apart] = [names::SIGNATURE, names::TOKEN].map(|name| path(folder, name));
    let (value, token) = match seal::signature_value(signature).and_then(|value| Ok((value, seal::token(signature)?))) {
        Ok((value, Some(token))) => (value, token),
        Ok((_, None)) => {
            if ground.files.get(&apart).is_some() {
                let reason = format!("it is not in {what}, which has no token");
                findings.add(&apart, Step::Timestamp, Verdict::Invalid, reason);
            }
            let reason =
                "nobody stamped it: when it was made is the sealer's word, and certificates are judged as of now";
            findings.add(&what, Step::Timestamp, Verdict::Indeterminate, reason);
            return None;
        }
        Err(error) => {
            findings.add(&what, Step::Timestamp, Verdict::Invalid, error.to_string());
            return None;
        }
    };
    let wrong = match ground.files.get(&apart) {
        Some(stated) if stated == token => None,
        Some(_) => Some(format!("it is not the token in {what}")),
        None => Some(format!("it is missing, and {what} has a token")),
    };
    findings.holds(&apart, Step::Timestamp, wrong);
    let trust = TimestampTrust::in_roots(ground.roots.to_vec());
    let (token, checks) = timestamp::check_token(&token, &value, &trust, ground.now);
    for check in checks.0 {
        findings.add(&what, check.step, check.verdict, check.reason);
    }
    let token = token?;
    let authority = token.path.first()?.clone();
    revoked::check(&apart, &token.path, ground, token.at, findings);
    Some(Stamped { at: token.at, authority })
}
