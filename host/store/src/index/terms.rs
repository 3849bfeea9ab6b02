//! What the index knows of terms. What requests are judged by depends on the clock and on the configuration, so nothing is judged
//! while entries are applied: a request that changed is only marked, and settled after that ([`Store::settle`](crate::Store)).
//!
//! | table | key | value |
//! |---|---|---|
//! | `p` | `r`, entry | – : what requests are judged by was changed |
//! | `p` | `c`, request, entry | – : a verdict was contested |
//! | `p` | `s`, month, entry | – : the month's report was made |
//! | `r` | request | the entry that changed it: it is to be settled |
//! | `c` | request | [`Counted`]: as what it is counted |
//! | `s` | month, [`Key`] | [`Cell`](qadam_domain::report::Cell) |
//! | `o` | month, end of the term, [`Key`], verdict | how many open requests |
//! | `t` | `d`, end of the term, request | – : open requests |
//! | `t` | `n`, day on which the term ends | how many open requests |
//! | `t` | `a`, instant, request | – : to be settled again then |
//! | `m` | month, request | – : what a report of the month may speak of |
//! | `u` | provider | [`Totals`] |
//! | `u` | 255 | by what all was settled |

mod row;

use jiff::Timestamp;
use qadam_domain::{
    EventRef, ProviderId,
    breach::Blame,
    report::{Key as Place, Month},
};

pub use row::{Counted, OpenTerm, Totals};

use super::{keys::Key, row::encode, txn::Txn};
use crate::{
    entry::{ContestedFact, ReportedFact},
    error::StoreError,
};

/// Tables that are settled, not applied.
const SETTLED: [u8; 7] = *b"rcsotmu";
/// Those of them that are counted anew, all but the marks.
pub(crate) const COUNTED: [u8; 6] = *b"csotmu";

/// Whether a row follows the index by a while.
pub(crate) fn is_settled(key: &[u8]) -> bool {
    key.first().is_some_and(|table| SETTLED.contains(table))
}

/// A request has changed.
pub(crate) fn changed(txn: &mut Txn<'_>, request: Option<EventRef>, seq: u64) -> Result<(), StoreError> {
    request.map_or(Ok(()), |request| txn.put(unsettled(request), &seq))
}

pub(crate) fn reference(txn: &mut Txn<'_>, seq: u64) -> Result<(), StoreError> {
    txn.put(Key::table(b'p').bytes(b"r").number(seq).done(), &())
}

pub(crate) fn contested(txn: &mut Txn<'_>, seq: u64, fact: &ContestedFact) -> Result<(), StoreError> {
    txn.put(Key::table(b'p').bytes(b"c").event(fact.request).number(seq).done(), &())?;
    changed(txn, Some(fact.request), seq)
}

pub(crate) fn reported(txn: &mut Txn<'_>, seq: u64, fact: &ReportedFact) -> Result<(), StoreError> {
    txn.put(month(Key::table(b'p').bytes(b"s"), fact.month).number(seq).done(), &())
}

pub(crate) fn references() -> Vec<u8> {
    b"pr".to_vec()
}

pub(crate) fn contests(request: EventRef) -> Vec<u8> {
    Key::table(b'p').bytes(b"c").event(request).done()
}

pub(crate) fn reports() -> Vec<u8> {
    b"ps".to_vec()
}

pub(crate) fn reports_of(of: Month) -> Vec<u8> {
    month(Key::table(b'p').bytes(b"s"), of).done()
}

pub(crate) fn unsettled(request: EventRef) -> Vec<u8> {
    Key::table(b'r').event(request).done()
}

pub(crate) fn counted(request: EventRef) -> Vec<u8> {
    Key::table(b'c').event(request).done()
}

pub(crate) fn cells(of: Month) -> Vec<u8> {
    month(Key::table(b's'), of).done()
}

pub(crate) fn cell(of: Month, place: &Place) -> Result<Vec<u8>, StoreError> {
    Ok(month(Key::table(b's'), of).bytes(&row::place(place)?).done())
}

pub(crate) fn open_of(of: Month) -> Vec<u8> {
    month(Key::table(b'o'), of).done()
}

/// The open requests of a month whose term ended before an instant.
pub(crate) fn open_until(of: Month, until: Timestamp) -> Vec<u8> {
    instant(month(Key::table(b'o'), of), until).done()
}

pub(crate) fn open(place: &Place, term: &OpenTerm) -> Result<Vec<u8>, StoreError> {
    let kind = encode(&(row::PlaceRow::of(place), term.blame, term.contested))?;
    Ok(instant(month(Key::table(b'o'), term.missed), term.due).bytes(&kind).done())
}

/// End of the term, place, verdict of open requests.
pub(crate) fn open_parts(key: &[u8]) -> Result<(Timestamp, Place, Blame, bool), StoreError> {
    let broken = || StoreError::Index { reason: "a row of open requests is no such row".into() };
    let due = key.get(5..17).and_then(instant_of).ok_or_else(broken)?;
    let (place, blame, contested): (row::PlaceRow, Blame, bool) =
        super::row::decode(key.get(17..).ok_or_else(broken)?)?;
    Ok((due, place.place(), blame, contested))
}

pub(crate) fn due(at: Timestamp, request: EventRef) -> Vec<u8> {
    instant(Key::table(b't').bytes(b"d"), at).event(request).done()
}

/// How many open requests have a term that ends on the day of an instant, in UTC.
pub(crate) fn due_on(at: Timestamp) -> Vec<u8> {
    instant(Key::table(b't').bytes(b"n"), day_of(at)).done()
}

/// The first instant of a day.
pub(crate) fn day_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(86_400)).unwrap_or(Timestamp::MIN)
}

pub(crate) fn due_until(at: Timestamp) -> Vec<u8> {
    instant(Key::table(b't').bytes(b"d"), at).done()
}

pub(crate) fn again(at: Timestamp, request: EventRef) -> Vec<u8> {
    instant(Key::table(b't').bytes(b"a"), at).event(request).done()
}

pub(crate) fn again_until(at: Timestamp) -> Vec<u8> {
    instant(Key::table(b't').bytes(b"a"), at).done()
}

/// Instant and request of a row of `t`.
pub(crate) fn timed(key: &[u8]) -> Option<(Timestamp, EventRef)> {
    Some((key.get(2..14).and_then(instant_of)?, super::keys::take_event(key.get(14..)?)?.0))
}

pub(crate) fn members(of: Month) -> Vec<u8> {
    month(Key::table(b'm'), of).done()
}

pub(crate) fn member(of: Month, request: EventRef) -> Vec<u8> {
    month(Key::table(b'm'), of).event(request).done()
}

/// The request of a row of `m`.
pub(crate) fn member_of(key: &[u8]) -> Option<EventRef> {
    super::keys::take_event(key.get(5..)?).map(|(request, _)| request)
}

pub(crate) fn totals(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'u').text(provider.as_str()).done()
}

pub(crate) fn stamp() -> Vec<u8> {
    vec![b'u', 255]
}

/// The place of a row of `s`.
pub(crate) fn place_of(bytes: &[u8]) -> Result<Place, StoreError> {
    super::row::decode::<row::PlaceRow>(bytes).map(row::PlaceRow::place)
}

/// A month in four bytes that sort as months do.
fn month(key: Key, of: Month) -> Key {
    let first = of.first();
    let number = (i32::from(first.year()) + 10_000) * 12 + i32::from(first.month()) - 1;
    key.bytes(&number.to_be_bytes())
}

/// The month of a row that starts with one after its table's byte.
pub(crate) fn month_of(key: &[u8]) -> Option<Month> {
    let number = i32::from_be_bytes(key.get(1..5)?.try_into().ok()?);
    let (year, month) = (number.div_euclid(12) - 10_000, number.rem_euclid(12) + 1);
    jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, 1).ok().map(Month::of)
}

/// An instant in twelve bytes that sort as instants do.
fn instant(key: Key, at: Timestamp) -> Key {
    let nanosecond = at.as_nanosecond();
    let (second, rest) = (nanosecond.div_euclid(1_000_000_000), nanosecond.rem_euclid(1_000_000_000));
    let second = i64::try_from(second).unwrap_or(i64::MAX).wrapping_sub(i64::MIN) as u64;
    key.bytes(&second.to_be_bytes()).bytes(&u32::try_from(rest).unwrap_or(0).to_be_bytes())
}

fn instant_of(bytes: &[u8]) -> Option<Timestamp> {
    let (second, rest) = bytes.split_first_chunk::<8>()?;
    let second = (u64::from_be_bytes(*second) as i64).wrapping_add(i64::MIN);
    let rest = u32::from_be_bytes(rest.try_into().ok()?);
    Timestamp::from_nanosecond(i128::from(second) * 1_000_000_000 + i128::from(rest)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(nanosecond: i64) -> Timestamp {
        Timestamp::from_nanosecond(i128::from(nanosecond)).unwrap()
    }

    proptest! {
        #[test]
        fn instants_come_back_from_keys_and_sort_as_they_do(a: i64, b: i64, near in 0u64..600) {
            let request = EventRef { seq: near, index: 1 };
            let (one, other) = (due(at(a), request), due(at(b), request));
            prop_assert_eq!(one.cmp(&other), at(a).cmp(&at(b)));
            prop_assert_eq!(timed(&one), Some((at(a), request)));
        }

        #[test]
        fn months_come_back_from_keys_and_sort_as_they_do(a in -9998i16..9999, b in 1i8..13, c in 0i16..3) {
            let month = |year: i16, month: i8| Month::of(jiff::civil::Date::new(year, month, 5).unwrap());
            let (one, other) = (month(a, b), month(a.saturating_add(c).min(9999), 12));
            let request = EventRef { seq: 7, index: 0 };
            prop_assert_eq!(month_of(&member(one, request)), Some(one));
            prop_assert_eq!(member_of(&member(one, request)), Some(request));
            prop_assert_eq!(member(one, request).cmp(&member(other, request)), one.cmp(&other));
        }

        #[test]
        fn open_terms_come_back_from_keys(nanosecond: i64, contested: bool, service: String, has: bool) {
            let level = has.then_some(qadam_domain::passport::Level::Department);
            let place = Place { level, provider: "990140999995".into(), service };
            let missed = Month::of(jiff::civil::date(2026, 1, 1));
            let term = OpenTerm { due: at(nanosecond), missed, blame: Blame::Gateway, contested };
            let key = open(&place, &term).unwrap();
            prop_assert_eq!(open_parts(&key).unwrap(), (at(nanosecond), place, Blame::Gateway, contested));
        }
    }
}
