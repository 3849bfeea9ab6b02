//! Acts of the host itself and on the host itself: what stands in the audit beside what people do through the API.

use jiff::Timestamp;
use qadam_store::Act;

/// Who did what nobody asked for.
pub(crate) const HOST: &str = "host";

/// An act on the host itself.
pub(crate) fn act(what: &str, subject: String, who: &str, why: &str, at: Timestamp) -> Act {
    let (what, who, why) = (what.to_owned(), who.to_owned(), qadam_domain::mask::text(why, 500));
    Act { what, subject, about: Vec::new(), who, why, at, remap: Vec::new(), queue: None }
}
