//! What follows from an attempt: what was delivered, what is a dead letter, and when the rest is tried again.

use std::time::Duration;

use jiff::Timestamp;
use qadam_store::{AttemptedFact, DeadFact, QueueItem, STAMP};

use crate::{
    attempt::{Attempted, Failure},
    code::{Code, Fault},
    policy::RetryPolicy,
    receipt::{Answer, Receipt},
};

/// An attempt that ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// What it was for.
    pub item: &'a QueueItem,
    /// Places of the events that were sent, in the order of the receipt's answers.
    pub sent: &'a [u16],
    /// Which attempt it was.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// The zone of the host's local time.
    pub zone: &'a str,
    /// How long it took.
    pub took: Duration,
}

/// What follows from an attempt. `pause` is how long the peer is left alone if the fault is its own.
#[must_use]
pub fn decide(ended: &Ended<'_>, attempted: &Attempted, policy: &RetryPolicy, pause: Duration) -> AttemptedFact {
    let mut fact = blank(ended);
    fact.transport = attempted.statuses.transport.as_deref().map(short);
    fact.gateway = attempted.statuses.gateway.as_deref().map(short);
    fact.business = attempted.statuses.business.as_deref().map(short);
    match &attempted.result {
        Ok(receipt) => answered(&mut fact, ended, receipt),
        Err(failure) => failed(&mut fact, ended, failure, policy, pause),
    }
    fact
}

/// The end of an attempt of which nothing is said yet.
pub(crate) fn blank(ended: &Ended<'_>) -> AttemptedFact {
    AttemptedFact {
        destination: ended.item.destination.clone(),
        provider: ended.item.provider.clone(),
        item: ended.item.item,
        attempt: ended.attempt,
        at: ended.at,
        zone: ended.zone.to_owned(),
        milliseconds: u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX),
        code: None,
        detail: None,
        transport: None,
        gateway: None,
        business: None,
        signer: None,
        delivered: Vec::new(),
        dead: Vec::new(),
        singly: false,
        due: None,
        held: Vec::new(),
    }
}

fn answered(fact: &mut AttemptedFact, ended: &Ended<'_>, receipt: &Receipt) {
    fact.signer.clone_from(&receipt.signer);
    for (place, answer) in ended.sent.iter().zip(&receipt.answers) {
        match answer {
            Answer::Accepted | Answer::Duplicate => fact.delivered.push(*place),
            Answer::Refused { code, reason } => fact.dead.push(DeadFact {
                place: *place,
                code: Code::Refused.name().to_owned(),
                theirs: Some(short(code)),
                reason: Some(reason.chars().take(300).collect()),
            }),
        }
    }
    if !fact.dead.is_empty() {
        fact.code = Some(Code::Refused.name().to_owned());
        fact.detail = Some(format!("{} of {} events were refused", fact.dead.len(), ended.sent.len()));
    }
}

fn failed(fact: &mut AttemptedFact, ended: &Ended<'_>, failure: &Failure, policy: &RetryPolicy, pause: Duration) {
    fact.code = Some(failure.code.name().to_owned());
    fact.detail = Some(failure.detail.clone());
    let gives_up = policy.gives_up(ended.item.failures.saturating_add(1), ended.item.since, ended.at);
    match failure.code.fault() {
        Fault::Peer if gives_up => {
            // All that is left of it: an outage is not the fault of one event.
            fact.code = Some(Code::Expired.name().to_owned());
            fact.detail = Some(format!("given up after {} attempts; the last: {}", ended.attempt, failure.detail));
            bury(fact, Code::Expired, if ended.item.stamp { &[STAMP] } else { &ended.item.places }, None);
        }
        Fault::Peer => {
            let asked = failure.retry_after.unwrap_or_default().min(policy.longest());
            fact.due = ended.at.checked_add(pause.max(asked)).ok();
        }
        Fault::Message if ended.sent.len() > 1 => fact.singly = true,
        Fault::Message | Fault::End => {
            let theirs = fact.business.clone().or_else(|| fact.transport.clone());
            bury(fact, failure.code, if ended.item.stamp { &[STAMP] } else { ended.sent }, theirs);
        }
    }
}

fn bury(fact: &mut AttemptedFact, code: Code, places: &[u16], theirs: Option<String>) {
    let reason = fact.detail.clone();
    fact.dead = places
        .iter()
        .map(|place| DeadFact {
            place: *place,
            code: code.name().to_owned(),
            theirs: theirs.clone(),
            reason: reason.clone(),
        })
        .collect();
}

/// A decision of the host that events are dead letters.
pub(crate) fn dead(end: &Ended<'_>, code: Code, places: &[u16], reason: String) -> AttemptedFact {
    let letter = |place: &u16| DeadFact {
        place: *place,
        code: code.name().to_owned(),
        theirs: None,
        reason: Some(reason.clone()),
    };
    let dead = places.iter().map(letter).collect();
    AttemptedFact { code: Some(code.name().to_owned()), detail: Some(reason.clone()), dead, ..blank(end) }
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use qadam_domain::MessageId;
    use qadam_store::ItemState;

    use super::*;
    use crate::attempt::Statuses;

    fn item(places: Vec<u16>) -> QueueItem {
        QueueItem {
            item: 7,
            message: MessageId { epoch: 1, seq: 7 },
            stamp: false,
            destination: "monitoring".parse().unwrap(),
            provider: "permits".parse().unwrap(),
            state: ItemState::Ready,
            attempts: 0,
            failures: 0,
            round: 0,
            dead: vec![],
            singly: false,
            events: 10,
            places,
            since: Timestamp::UNIX_EPOCH,
            last: None,
        }
    }

    fn answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            Just(Answer::Accepted),
            Just(Answer::Duplicate),
            Just(Answer::Refused { code: "E1".into(), reason: "no".into() })
        ]
    }

    fn result() -> impl Strategy<Value = Option<Code>> {
        prop_oneof![Just(None), proptest::sample::select(Code::ALL.to_vec()).prop_map(Some)]
    }

    proptest! {
        #[test]
        fn of_what_was_sent_each_event_is_delivered_or_dead_or_tried_again_and_never_two_of_these(
            answers in proptest::collection::vec(answer(), 1..10),
            failure in result(),
            days in 0i64..60,
            attempt in 1u32..20,
        ) {
            let sent: Vec<u16> = (0..answers.len() as u16).collect();
            let item = item((0..10).collect());
            let result = match failure {
                None => Ok(Receipt { received_at: Timestamp::UNIX_EPOCH, signer: None, answers }),
                Some(code) => Err(Failure::new(code, "why")),
            };
            let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days);
            let ended = Ended { item: &item, sent: &sent, attempt, at, zone: "Asia/Almaty", took: Duration::ZERO };
            let attempted = Attempted { statuses: Statuses::default(), result, reply: None };
            let fact = decide(&ended, &attempted, &RetryPolicy::default(), Duration::from_secs(3));
            let dead: Vec<u16> = fact.dead.iter().map(|dead| dead.place).collect();
            prop_assert!(fact.delivered.iter().all(|place| sent.contains(place) && !dead.contains(place)));
            prop_assert!(dead.iter().all(|place| item.places.contains(place)));
            if failure.is_none() {
                prop_assert_eq!(fact.delivered.len() + dead.len(), sent.len());
                prop_assert!(fact.due.is_none());
            } else {
                prop_assert!(fact.delivered.is_empty() && fact.code.is_some());
                let again = fact.due.is_some() || fact.singly;
                prop_assert_eq!(again, dead.is_empty(), "tried again, or dead");
            }
            prop_assert_eq!(fact.code.is_none(), failure.is_none() && dead.is_empty());
        }
    }

    #[test]
    fn a_peer_that_asks_for_a_pause_gets_it_but_none_beyond_the_longest() {
        let item = item(vec![0]);
        let at = Timestamp::UNIX_EPOCH;
        let ended = Ended { item: &item, sent: &[0], attempt: 1, at, zone: "Asia/Almaty", took: Duration::ZERO };
        let due = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            let failure = Failure { retry_after, ..Failure::new(Code::Unavailable, "busy") };
            let attempted = Attempted::failed(Statuses::default(), failure);
            decide(&ended, &attempted, &RetryPolicy::default(), Duration::from_secs(1)).due.unwrap().as_second()
        };
        assert_eq!((due(0), due(60), due(86_400)), (1, 60, 300));
    }

    #[test]
    fn a_refused_message_is_sent_event_by_event_and_a_refused_event_is_a_dead_letter_with_the_peers_code() {
        let item = item(vec![0, 1]);
        let at = Timestamp::UNIX_EPOCH;
        let statuses = Statuses { transport: Some("HTTP 422".into()), business: Some("E7".into()), gateway: None };
        let attempted = Attempted::failed(statuses, Failure::new(Code::Refused, "unknown service"));
        let fact = |sent: &[u16]| {
            let ended = Ended { item: &item, sent, attempt: 1, at, zone: "Asia/Almaty", took: Duration::ZERO };
            decide(&ended, &attempted, &RetryPolicy::default(), Duration::ZERO)
        };
        assert!(fact(&[0, 1]).singly && fact(&[0, 1]).dead.is_empty());
        let single = fact(&[1]);
        assert_eq!((single.dead[0].place, single.dead[0].theirs.as_deref()), (1, Some("E7")));
        assert_eq!(single.dead[0].reason.as_deref(), Some("unknown service"));
    }
}
