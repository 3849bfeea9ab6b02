//! Several senders at once that remember what the host has acknowledged, and what must then hold.

#![expect(clippy::indexing_slicing, reason = "an answer of another shape fails the test")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use crate::{
    http::{self, Answer},
    program::Program,
    records,
};

/// Numbers from a seed (splitmix64), so that a failed run can be repeated as far as threads allow.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts with a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// What was sent at once: records by their numbers, perhaps under an idempotency key.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Sent {
    /// Number of each record.
    pub numbers: Vec<usize>,
    /// The idempotency key.
    pub key: Option<String>,
}

/// What all senders know together, over all lives of a host.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Bytes that each record is at least.
    padding: usize,
    next: AtomicUsize,
    known: Mutex<Known>,
    changed: Condvar,
    acknowledged: AtomicU64,
    refused: AtomicU64,
}

/// Kept under the ledger's lock.
#[derive(Debug, Default)]
struct Known {
    /// What was acknowledged, with the ids of the receipt.
    acknowledged: BTreeMap<Sent, Vec<String>>,
    /// What was sent and not acknowledged: it may be there or not.
    unsure: Vec<Sent>,
    /// Acknowledged resends.
    resent: u64,
    /// The last refusal.
    refusal: Option<Answer>,
}

impl Ledger {
    /// A ledger whose records have at least so many bytes.
    #[must_use]
    pub fn new(padding: usize) -> Arc<Self> {
        Arc::new(Self { padding, ..Self::default() })
    }

    /// Records acknowledged so far, resends not counted.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Submissions refused with 503 so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// Submissions of which the host's answer is not known, or was 503.
    #[must_use]
    pub fn unsure(&self) -> Vec<Sent> {
        self.known.lock().unwrap().unsure.clone()
    }

    /// Resends that were acknowledged.
    #[must_use]
    pub fn resent(&self) -> u64 {
        self.known.lock().unwrap().resent
    }

    /// The last answer that was 503.
    #[must_use]
    pub fn refusal(&self) -> Option<Answer> {
        self.known.lock().unwrap().refusal.clone()
    }

    /// Digest and id of each record acknowledged.
    #[must_use]
    pub fn promised(&self) -> Vec<(usize, String)> {
        let known = self.known.lock().unwrap();
        known
            .acknowledged
            .iter()
            .flat_map(|(sent, ids)| sent.numbers.iter().copied().zip(ids.iter().cloned()))
            .collect()
    }

    /// The bytes of a record.
    #[must_use]
    pub fn record(&self, number: usize) -> String {
        let record = records::accepted(number);
        let padding = " ".repeat(self.padding.saturating_sub(record.len()));
        record.replace("</trace>", &format!("{padding}</trace>"))
    }

    fn fresh(&self, records: u64, keyed: bool) -> Sent {
        let numbers: Vec<usize> = (0..records).map(|_| self.next.fetch_add(1, Ordering::SeqCst)).collect();
        let key = keyed.then(|| format!("key-{}", numbers.first().copied().unwrap_or(0)));
        Sent { numbers, key }
    }

    /// Something that was acknowledged before.
    fn earlier(&self, random: &mut Random) -> Option<Sent> {
        let known = self.known.lock().unwrap();
        let place = random.below((known.acknowledged.len() as u64).max(1));
        known.acknowledged.keys().nth(usize::try_from(place).unwrap()).cloned()
    }

    /// Sends, and notes the answer.
    ///
    /// # Panics
    /// If the answer breaks a promise that was given.
    pub fn send(&self, url: &str, key: &str, sent: Sent) -> Answered {
        let authorization = format!("Bearer {key}");
        let single = sent.numbers.len() == 1;
        let media = if single { "application/xml" } else { "application/vnd.qadam.lines; of=\"application/xml\"" };
        let mut headers = vec![("authorization", authorization.as_str()), ("content-type", media)];
        if let Some(key) = &sent.key {
            headers.push(("idempotency-key", key));
        }
        let bodies: Vec<String> = sent.numbers.iter().map(|number| self.record(*number)).collect();
        let answer = http::call("POST", &format!("{url}/v1/providers/permits/records"), &headers, bodies.join("\n"));
        let mut known = self.known.lock().unwrap();
        let answered;
        let before = known.acknowledged.get(&sent).cloned();
        match answer {
            Ok(answer) if answer.status == 202 => {
                let receipt = answer.json();
                let taken = receipt["records"].as_array().unwrap();
                let ids: Vec<String> = taken.iter().map(|taken| taken["id"].as_str().unwrap().to_owned()).collect();
                assert_eq!(ids.len(), sent.numbers.len(), "{sent:?}: {receipt}");
                if let Some(before) = before {
                    assert_eq!(ids, before, "a resend has the first one's ids: {sent:?}");
                    let duplicates = taken.iter().filter(|taken| taken["duplicate"] == true).count();
                    assert!(sent.key.is_some() || duplicates == ids.len(), "{sent:?}: {receipt}");
                    known.resent += 1;
                } else {
                    self.acknowledged.fetch_add(ids.len() as u64, Ordering::SeqCst);
                    known.unsure.retain(|unsure| *unsure != sent);
                    known.acknowledged.insert(sent, ids);
                }
                answered = Answered::Acknowledged;
            }
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{sent:?}: {:?}", answer.body);
                self.refused.fetch_add(1, Ordering::SeqCst);
                known.refusal = Some(answer);
                answered = Answered::Refused;
                if before.is_none() && !known.unsure.contains(&sent) {
                    known.unsure.push(sent);
                }
            }
            Err(_) => {
                if before.is_none() && !known.unsure.contains(&sent) {
                    known.unsure.push(sent);
                }
                answered = Answered::Not;
            }
        }
        drop(known);
        self.changed.notify_all();
        answered
    }
}

/// What became of something sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answered {
    /// It is durable.
    Acknowledged,
    /// 503: to be sent again.
    Refused,
    /// Nobody answers any more.
    Not,
}

/// Senders at work.
#[derive(Debug)]
pub struct Crowd {
    ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    working: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Starts senders that post batches and single records, with and without idempotency keys, and resend some and
    /// what was refused, until told to stop or no answer comes any more.
    #[must_use]
    pub fn start(ledger: &Arc<Ledger>, program: &Program, senders: u64, seed: u64) -> Self {
        let (stop, working) = (Arc::<AtomicBool>::default(), Arc::new(AtomicUsize::new(0)));
        let mut crowd = Self { ledger: Arc::clone(ledger), stop, working, threads: Vec::new() };
        for sender in 0..senders {
            let (ledger, stop, working) = (Arc::clone(ledger), Arc::clone(&crowd.stop), Arc::clone(&crowd.working));
            let (url, key) = (program.url().to_owned(), program.operator());
            let mut random = Random::new(seed.wrapping_mul(1000).wrapping_add(sender));
            working.fetch_add(1, Ordering::SeqCst);
            crowd.threads.push(std::thread::spawn(move || {
                let end = Ended(&ledger, &working);
                let mut refused = None;
                while !stop.load(Ordering::SeqCst) {
                    let sent = refused.take().or_else(|| match random.below(8) {
                        0..=2 => Some(end.0.fresh(2 + random.below(12), false)),
                        3 | 4 => Some(end.0.fresh(1, false)),
                        5 => Some(end.0.fresh(1 + random.below(6), true)),
                        _ => end.0.earlier(&mut random),
                    });
                    let Some(sent) = sent else { continue };
                    match end.0.send(&url, &key, sent.clone()) {
                        Answered::Acknowledged => {}
                        Answered::Refused => refused = Some(sent),
                        Answered::Not => return,
                    }
                }
            }));
        }
        crowd
    }

    /// Waits until so many more records are acknowledged; false where the host is gone before.
    #[must_use]
    pub fn acknowledged(&self, more: u64) -> bool {
        let goal = self.ledger.acknowledged() + more;
        self.wait(|ledger| ledger.acknowledged() >= goal)
    }

    /// Waits until so many more submissions are refused with 503; false where the host is gone before.
    #[must_use]
    pub fn refused(&self, more: u64) -> bool {
        let goal = self.ledger.refused() + more;
        self.wait(|ledger| ledger.refused() >= goal)
    }

    fn wait(&self, so: impl Fn(&Ledger) -> bool) -> bool {
        let mut known = self.ledger.known.lock().unwrap();
        while !so(&self.ledger) && self.working.load(Ordering::SeqCst) > 0 {
            known = self.ledger.changed.wait(known).unwrap();
        }
        so(&self.ledger)
    }

    /// Lets all end after what they are sending.
    ///
    /// # Panics
    /// If one of them was given a wrong answer.
    pub fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

/// Tells those who wait that a sender has ended, however it did.
struct Ended<'a>(&'a Ledger, &'a AtomicUsize);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let known = self.0.known.lock();
        self.1.fetch_sub(1, Ordering::SeqCst);
        drop(known);
        self.0.changed.notify_all();
    }
}
