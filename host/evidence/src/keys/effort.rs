//! How much work a PKCS#12 file asks for before it opens: the iterations of its key derivations (RFC 7292 App. B, RFC 8018 §5.2),
//! which stand in the clear. A file could ask for hours.

use der::Tag;

use super::KeyError;
use crate::tlv::{Tlv, Walk};

/// More iterations are not done. openssl asks for 2048, cautious tools for some hundred thousand.
pub(super) const ITERATION_LIMIT: u64 = 5_000_000;
/// Structures within structures that are looked into.
const DEPTH: usize = 24;

/// Refuses a file that asks for too much.
pub(super) fn bounded(pkcs12: &[u8]) -> Result<(), KeyError> {
    let asked = iterations(pkcs12, DEPTH);
    if asked > ITERATION_LIMIT { Err(KeyError::Iterations { iterations: asked }) } else { Ok(()) }
}

/// All that are asked for: wherever in a sequence a number follows a salt.
fn iterations(bytes: &[u8], depth: usize) -> u64 {
    let Some(depth) = depth.checked_sub(1) else { return 0 };
    let Ok(mut walk) = Walk::over(bytes) else { return 0 };
    let mut asked: u64 = 0;
    let mut salted = false;
    while !walk.is_finished() {
        let Ok(element) = walk.take() else { break };
        if element.tag == Tag::Integer && salted {
            asked = asked.saturating_add(number(&element));
        }
        salted = element.tag == Tag::OctetString;
        if element.tag.is_constructed() || salted {
            asked = asked.saturating_add(iterations(element.value, depth));
        }
    }
    asked
}

fn number(element: &Tlv<'_>) -> u64 {
    element.decode().unwrap_or(u64::MAX)
}
