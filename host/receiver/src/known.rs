//! What the receiver knows of what it has, in memory: made from the list at the start.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use qadam_delivery::{Envelope, Parts, receipt::Answer};
use qadam_domain::{DestinationId, EventId, MessageId, ProviderId};
use qadam_evidence::manifest::{self, Digest, Epoch};
use serde::Serialize;

use crate::{
    check::{Checked, Head, Refusal},
    effects::{Again, Took},
};

/// How many of each thing a view of a lane names.
const NAMED: usize = 100;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    lanes: BTreeMap<(DestinationId, ProviderId), Lane>,
    /// Where each disclosure stands in the list, the first one first.
    pub(crate) places: Vec<u64>,
    pub(crate) counts: Counts,
}

/// Of a destination and a provider.
#[derive(Debug, Default)]
struct Lane {
    messages: HashMap<MessageId, Message>,
    /// By the epoch that their manifest names, 0 where it names none, and number.
    numbers: BTreeMap<(u32, u64), MessageId>,
    /// Numbers under which there are several messages of one epoch.
    forks: BTreeSet<u64>,
    events: HashMap<EventId, Seen>,
    /// By its content the event that was taken last.
    contents: HashMap<u64, EventId>,
    /// How many of the events are in effect under another id.
    same: usize,
    last_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Message {
    number: u64,
    manifest: Digest,
    previous: Option<Digest>,
    of: u32,
    stamped: bool,
    /// A bit for each event that was disclosed.
    disclosed: Vec<u64>,
}

/// An event that took effect.
#[derive(Debug)]
struct Seen {
    document: u64,
    again: u32,
}

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Messages of which something was taken.
    pub messages: u64,
    /// Disclosures: a message that came whole is one.
    pub disclosures: u64,
    /// Events that took effect.
    pub events: u64,
    /// Events that came again and changed nothing.
    pub repeated: u64,
    /// Messages that have their time-stamp.
    pub stamped: u64,
    /// Refusals of messages and events since the start, by code.
    pub refused: BTreeMap<String, u64>,
}

/// What to do with a message.
#[derive(Debug)]
pub(crate) struct Plan {
    /// For each event, as it was sent.
    pub(crate) answers: Vec<Answer>,
    /// Events that take effect.
    pub(crate) fresh: Vec<Head>,
    /// Events that are in effect, and that this message did not disclose before: places and ids.
    pub(crate) elsewhere: Vec<(u16, EventId)>,
    /// Events that are in effect under an id that their sender does not know: it was restored from a backup, or is the one whose
    /// backup that was.
    pub(crate) same: Vec<Head>,
    /// All that came again.
    pub(crate) again: Vec<EventId>,
    /// The time-stamp is new.
    pub(crate) stamps: bool,
}

impl Plan {
    /// Whether there is something to keep.
    pub(crate) fn is_new(&self) -> bool {
        self.stamps || !self.fresh.is_empty() || !self.elsewhere.is_empty() || !self.same.is_empty()
    }
}

fn number(digits: &str) -> u64 {
    u64::from_str_radix(digits, 16).unwrap_or_default()
}

impl Message {
    fn has(&self, index: u16) -> bool {
        self.disclosed.get(usize::from(index / 64)).is_some_and(|bits| bits & (1 << (index % 64)) != 0)
    }

    fn add(&mut self, index: u16) {
        let place = usize::from(index / 64);
        if self.disclosed.len() <= place {
            self.disclosed.resize(place + 1, 0);
        }
        if let Some(bits) = self.disclosed.get_mut(place) {
            *bits |= 1 << (index % 64);
        }
    }

    fn undisclosed(&self) -> u32 {
        self.of.saturating_sub(self.disclosed.iter().map(|bits| bits.count_ones()).sum())
    }
}

impl Known {
    /// What a message that was checked would change.
    pub(crate) fn plan(&self, envelope: &Envelope, checked: &Checked, stamped: bool) -> Result<Plan, Refusal> {
        let lane = self.lanes.get(&(envelope.destination.clone(), envelope.provider.clone()));
        let message = lane.and_then(|lane| lane.messages.get(&envelope.message));
        if message.is_some_and(|message| message.manifest != checked.digest) {
            let reason = "a message of this id was taken with another manifest";
            return Err(Refusal::new("conflict", reason));
        }
        if message.is_none() && matches!(envelope.parts, Parts::Stamp) {
            return Err(Refusal::new("unknown-message", "nothing of this message was taken before its time-stamp"));
        }
        let stamps = stamped && message.is_none_or(|message| !message.stamped);
        let mut plan = Plan {
            answers: Vec::new(),
            fresh: Vec::new(),
            elsewhere: Vec::new(),
            same: Vec::new(),
            again: Vec::new(),
            stamps,
        };
        let (mut here, mut adopted) = (HashSet::new(), HashSet::new());
        let sender = (checked.manifest.lineage.as_slice(), envelope.message.epoch);
        for event in &checked.events {
            let head = match event {
                Ok(head) => head,
                Err(refused) => {
                    plan.answers.push(refused.clone());
                    continue;
                }
            };
            let seen = lane.and_then(|lane| lane.events.get(&head.id));
            let twice = !here.insert(head.id);
            plan.answers.push(match seen {
                _ if twice => Answer::refused("conflict", "an event of this id stands before it in the same message"),
                Some(seen) if seen.document != number(&head.document) => {
                    Answer::refused("conflict", "an event of this id was taken with another document")
                }
                Some(_) => {
                    plan.again.push(head.id);
                    if message.is_none_or(|message| !message.has(head.index)) {
                        plan.elsewhere.push((head.index, head.id));
                    }
                    Answer::Duplicate
                }
                None => {
                    match lane.and_then(|lane| lane.unknown_to(sender, head)).filter(|known| adopted.insert(*known)) {
                        Some(known) => {
                            plan.again.push(known);
                            plan.same.push(head.clone());
                            Answer::Duplicate
                        }
                        None => {
                            plan.fresh.push(head.clone());
                            Answer::Accepted
                        }
                    }
                }
            });
        }
        Ok(plan)
    }

    /// A disclosure was taken, and stands there in the list.
    pub(crate) fn took(&mut self, took: &Took, place: u64) {
        self.places.push(place);
        self.counts.disclosures += 1;
        let lane = self.lanes.entry((took.destination.clone(), took.provider.clone())).or_default();
        lane.last_at = Some(took.at);
        let message = lane.messages.entry(took.message).or_insert_with(|| {
            self.counts.messages += 1;
            if lane.numbers.insert((took.epoch, took.number), took.message).is_some() {
                lane.forks.insert(took.number);
            }
            Message {
                number: took.number,
                manifest: took.manifest,
                previous: took.previous,
                of: took.of,
                stamped: false,
                disclosed: Vec::new(),
            }
        });
        if took.stamped && !message.stamped {
            message.stamped = true;
            self.counts.stamped += 1;
        }
        for (index, _) in &took.elsewhere {
            message.add(*index);
        }
        for (index, event, _, document) in &took.events {
            message.add(*index);
            lane.events.insert(*event, Seen { document: number(document), again: 0 });
        }
        for ((_, event, ..), content) in took.events.iter().zip(&took.contents) {
            lane.contents.insert(number(content), *event);
        }
        for (index, event, document, content) in &took.same {
            message.add(*index);
            lane.events.insert(*event, Seen { document: number(document), again: 0 });
            // From here on its sender knows it.
            lane.contents.insert(number(content), *event);
            lane.same += 1;
        }
        self.counts.events += took.events.len() as u64;
    }

    /// Something came again.
    pub(crate) fn again(&mut self, again: &Again) {
        let Some(lane) = self.lanes.get_mut(&(again.destination.clone(), again.provider.clone())) else { return };
        for event in &again.events {
            if let Some(seen) = lane.events.get_mut(event) {
                seen.again += 1;
                self.counts.repeated += 1;
            }
        }
    }

    /// How often an event came again.
    pub(crate) fn repeated(&self, destination: &DestinationId, provider: &ProviderId, event: EventId) -> u32 {
        let lane = self.lanes.get(&(destination.clone(), provider.clone()));
        lane.and_then(|lane| lane.events.get(&event)).map_or(0, |seen| seen.again)
    }

    /// Every lane.
    pub(crate) fn lanes(&self) -> Vec<LaneView> {
        self.lanes.iter().map(|((destination, provider), lane)| lane.view(destination, provider)).collect()
    }
}

/// What a lane has, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LaneView {
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// Messages of which something was taken.
    pub messages: usize,
    /// Events that took effect.
    pub events: usize,
    /// The highest number.
    pub last: u64,
    /// When something was taken last.
    pub last_at: Option<Timestamp>,
    /// Numbers up to the highest that never came, from and to. The first hundred.
    pub missing: Vec<(u64, u64)>,
    /// Messages with events that were not disclosed: number and how many. The first hundred.
    pub undisclosed: Vec<(u64, u32)>,
    /// How many events were not disclosed.
    pub undisclosed_events: u64,
    /// Messages without a time-stamp.
    pub unstamped: usize,
    /// Numbers whose manifest does not name the one before it as its predecessor. The first hundred.
    pub breaks: Vec<u64>,
    /// Numbers under which different messages of one epoch came. The first hundred.
    pub forks: Vec<u64>,
    /// Where the sender was restored from a backup: its epoch, the number from which it goes on, and how many messages from there on
    /// came in earlier epochs, which it does not know. The first hundred.
    pub restores: Vec<(u32, u64, u64)>,
}

impl Lane {
    /// The event of this content that is in effect under an id which a sender of that lineage and epoch does not know.
    fn unknown_to(&self, (lineage, own): (&[Epoch], u32), head: &Head) -> Option<EventId> {
        let known = *self.contents.get(&number(&head.content))?;
        (!manifest::has(lineage, own, known.epoch, known.seq)).then_some(known)
    }

    /// The message after which the first one of an epoch goes on: that of an earlier epoch which its manifest names, or else the last
    /// before it.
    fn continued(&self, epoch: u32, first: &Message) -> Option<&Message> {
        let earlier = self.numbers.range(..(epoch, 0)).filter(|((_, number), _)| *number < first.number);
        let earlier: Vec<&Message> = earlier.filter_map(|(_, id)| self.messages.get(id)).collect();
        let named = earlier.iter().find(|message| first.previous == Some(message.manifest));
        named.copied().or_else(|| earlier.into_iter().max_by_key(|message| message.number))
    }

    fn view(&self, destination: &DestinationId, provider: &ProviderId) -> LaneView {
        let (mut missing, mut undisclosed, mut breaks) = (Vec::new(), Vec::new(), Vec::new());
        let (mut restores, mut newest) = (Vec::new(), None);
        let mut before: Option<&Message> = None;
        for ((epoch, number), id) in &self.numbers {
            let Some(message) = self.messages.get(id) else { continue };
            if newest.replace(*epoch).is_some_and(|newest| newest != *epoch) {
                let unknown = self.numbers.range(..(*epoch, 0)).filter(|((_, earlier), _)| earlier >= number).count();
                restores.push((*epoch, *number, unknown as u64));
                before = self.continued(*epoch, message);
            }
            let follows = before.map_or(0, |before| before.number) + 1;
            if *number > follows {
                missing.push((follows, number - 1));
            } else if before.is_some_and(|before| message.previous != Some(before.manifest)) {
                breaks.push(*number);
            }
            if message.undisclosed() > 0 {
                undisclosed.push((*number, message.undisclosed()));
            }
            before = Some(message);
        }
        let undisclosed_events = undisclosed.iter().map(|(_, events)| u64::from(*events)).sum();
        missing.truncate(NAMED);
        undisclosed.truncate(NAMED);
        restores.truncate(NAMED);
        breaks.truncate(NAMED);
        LaneView {
            destination: destination.clone(),
            provider: provider.clone(),
            messages: self.messages.len(),
            events: self.events.len().saturating_sub(self.same),
            last: before.map_or(0, |before| before.number),
            last_at: self.last_at,
            missing,
            undisclosed,
            undisclosed_events,
            unstamped: self.messages.values().filter(|message| !message.stamped).count(),
            breaks,
            forks: self.forks.iter().take(NAMED).copied().collect(),
            restores,
        }
    }
}
