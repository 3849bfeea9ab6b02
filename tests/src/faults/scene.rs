//! The scene, and what must hold at its end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Does, Mode, Proxy, Receiving, Seen};
use crate::{
    aftermath::{LEASED, journal, list, patient},
    program::{Program, Setup},
    records,
};

/// How a scene is set.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Further lines of the host's configuration.
    pub config: String,
    /// Further settings of the destination.
    pub destination: String,
    /// Arguments of the receiver.
    pub receiver: Vec<String>,
    /// Environment of the host.
    pub env: Vec<(std::ffi::OsString, std::ffi::OsString)>,
    /// The receiver does not ask whose seals are.
    pub trusting: bool,
}

/// A host, a receiver, and what stands between them.
#[derive(Debug)]
pub struct Scene {
    /// The host.
    pub host: Program,
    /// The receiver.
    pub receiver: Receiving,
    /// What stands between them.
    pub proxy: Proxy,
    requests: usize,
    /// Events that were recorded.
    pub events: usize,
}

/// What was found at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Events delivered.
    pub events: usize,
    /// Messages.
    pub messages: usize,
    /// Attempts, as the host has them.
    pub attempts: usize,
    /// Events that came to the receiver again.
    pub repeated: u64,
}

/// What a request goes through.
const STEPS: [&str; 4] = [
    "Confirmation of receipt",
    "T02 Check confirmation of receipt",
    "T04 Determine confirmation of receipt",
    "T05 Print and send confirmation of receipt",
];

impl Scene {
    /// Sets it. Messages are small, pauses short.
    #[must_use]
    pub fn set(binary: &str, setting: Setting) -> Self {
        let receiver = Receiving::start(binary, setting.receiver);
        let proxy = Proxy::before(receiver.address());
        let mut config = setting.config;
        if !config.contains("[seal]") {
            config.push_str("[seal]\nevents = 5\nage = 'PT0.05S'\n");
        }
        config.push_str(&format!("[destinations.monitoring]\n{}\n", setting.destination));
        if !setting.destination.contains("retry") {
            config.push_str("retry = { first = 'PT0.02S', most = 'PT0.2S' }\n");
        }
        if !setting.destination.contains("push") {
            config.push_str(&format!("push = {{ url = 'http://{}/messages', timeout = 'PT1S' }}\n", proxy.address()));
        }
        let config = config.replace("PROXY", &proxy.address().port().to_string());
        let setup = Setup { config, permits: true, env: setting.env, ..Setup::default() };
        let mut scene = Self { host: Program::start(binary, setup), receiver, proxy, requests: 0, events: 0 };
        if !setting.trusting {
            let authority = scene.host.data().join("pki/ca.pem");
            scene.receiver.args.extend(["--trust".to_owned(), authority.to_str().unwrap().to_owned()]);
            scene.restart_receiver();
        }
        scene
    }

    /// So many requests go through all their steps, the steps of all of them mixed.
    pub fn submit(&mut self, requests: usize) {
        let numbers = self.requests..self.requests + requests;
        self.requests += requests;
        self.events += requests * STEPS.len();
        let mut lines = Vec::new();
        for (step, name) in STEPS.iter().enumerate() {
            for number in numbers.clone() {
                let (case, task) = (format!("case-{number}"), format!("task-{number}-{step}"));
                lines.push(records::activity(&case, &task, name, &format!("2011-03-0{}T10:00:00.000+01:00", step + 1)));
            }
        }
        let outcome = self.host.submit(&lines, &[]);
        assert_eq!(outcome["accepted"], lines.len(), "{outcome}");
    }

    /// The receiver is killed and comes back at once.
    pub fn restart_receiver(&mut self) {
        self.receiver.kill();
        self.receiver.restart();
        self.proxy.target(self.receiver.address());
    }

    /// Waits until so many more requests came by.
    pub fn pass(&self, more: usize) {
        let goal = self.proxy.seen().len() + more;
        self.host.until(|_| self.proxy.seen().len() >= goal);
    }

    /// Waits until so many more requests came by, or nothing is left to send.
    pub fn pass_or_end(&self, more: usize) {
        let goal = self.proxy.seen().len() + more;
        self.host.until(|_| self.proxy.seen().len() >= goal || self.is_settled());
    }

    /// Waits until an attempt failed with this code.
    pub fn until_code(&self, code: &str) {
        self.host.until(|host| {
            let queue = patient(host, "/v1/queue");
            let lanes = queue["lanes"].as_array().unwrap();
            lanes.iter().any(|lane| lane["last_error"]["code"] == code)
        });
    }

    /// The queue as the host has it, once it has begun to deliver.
    #[must_use]
    pub fn queue(&self) -> Value {
        patient(&self.host, "/v1/queue")
    }

    /// Whether all is delivered.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let queue = self.queue();
        let lanes = queue["lanes"].as_array().unwrap();
        let delivered: u64 = lanes.iter().filter_map(|lane| lane["delivered"].as_u64()).sum();
        delivered >= self.events as u64 && lanes.iter().all(|lane| lane["depth"] == 0 && lane["held"] == 0)
    }

    /// Lets everything behave, and waits until all is delivered.
    pub fn settle(&self) {
        self.proxy.does(Mode::Always(Does::Passes));
        self.wait();
    }

    /// Waits until all is delivered.
    pub fn wait(&self) {
        self.host.until(|_| self.is_settled());
    }

    /// Waits until the receiver is gone by itself, or has everything.
    pub fn wait_for_the_end_of_the_receiver(&mut self) {
        let receiver = std::cell::RefCell::new(&mut self.receiver);
        let (host, events) = (&self.host, self.events as u64);
        host.until(|host| {
            let queue = patient(host, "/v1/queue");
            receiver.borrow_mut().is_gone() || queue["lanes"][0]["delivered"].as_u64() >= Some(events)
        });
    }

    /// Every recorded event is at the receiver, in effect once, in journal order per request; and the host's journal accounts for
    /// every attempt that came by.
    #[must_use]
    pub fn check(&self) -> Checked {
        let recorded = list(&self.host, "/v1/events");
        assert_eq!(recorded.len(), self.events, "recorded");
        let effects = self.receiver.effects();
        let (ours, theirs) = (by_request(&recorded, "id", "number"), by_request(&effects, "event", "request"));
        assert_eq!(theirs, ours, "each event once, and those of a request in the order of the journal");
        assert_eq!(effects.len(), self.events, "nothing else is there");
        for lane in self.receiver.get("/lanes").as_array().unwrap() {
            for fork in lane["forks"].as_array().unwrap() {
                let ours = messages(&self.host);
                let ours: Vec<_> = ours.iter().filter(|one| one["number"] == *fork).collect();
                crate::aftermath::tell(&format!(
                    "number {fork} is of several messages: {ours:#?}\n{}",
                    self.host.log()
                ));
            }
            for lack in ["missing", "undisclosed", "breaks", "forks"] {
                assert_eq!(lane[lack], Value::Array(Vec::new()), "{lack}: {lane}");
            }
        }
        let queue = self.queue();
        let lane = &queue["lanes"][0];
        assert_eq!((&lane["dead"], &lane["held"], &lane["depth"]), (&0.into(), &0.into(), &0.into()), "{queue}");
        assert_eq!(lane["delivered"], self.events, "{queue}");
        let attempts = self.accounted();
        let status = self.receiver.get("/status");
        let messages = messages(&self.host).len();
        Checked { events: effects.len(), messages, attempts, repeated: status["repeated"].as_u64().unwrap() }
    }

    /// Each attempt that came by stands in the host's journal with the code of what was done to it, none without an end; and no more
    /// attempts stand there as delivered than were answered. Answers how many there are.
    fn accounted(&self) -> usize {
        let mut by_message: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
        for seen in self.proxy.seen() {
            by_message.entry(seen.message.clone()).or_default().push(seen);
        }
        let mut all = 0;
        for message in messages(&self.host) {
            let id = message["id"].as_str().unwrap();
            let attempts = patient(&self.host, &format!("/v1/messages/{id}/attempts"));
            let attempts = attempts.as_array().unwrap();
            all += attempts.len();
            for attempt in attempts {
                assert!(
                    attempt["ended"].is_string() && attempt["began"].is_string(),
                    "an attempt without an end: {attempt}"
                );
            }
            let seen = by_message.remove(id).unwrap_or_default();
            let numbers: BTreeSet<_> = attempts.iter().map(|attempt| attempt["attempt"].as_u64().unwrap()).collect();
            // The API shows the last hundred of a message.
            let oldest = if attempts.len() < 100 { 0 } else { numbers.first().copied().unwrap_or(0) };
            for seen in seen.iter().filter(|seen| u64::from(seen.attempt) > oldest) {
                let fits = attempts.iter().any(|attempt| attempt["attempt"] == seen.attempt && fits(attempt, seen));
                assert!(fits, "{seen:?} is not among {attempts:#?}");
            }
        }
        assert!(by_message.is_empty(), "messages came by that the host does not know: {by_message:?}");
        let entries = journal(&self.host.data());
        assert!(
            entries.get(&LEASED).copied().unwrap_or(0) >= self.proxy.seen().len(),
            "an attempt is a fact before it is made"
        );
        all
    }
}

/// All messages: a feed, whose last page is empty.
fn messages(host: &Program) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let mut page = patient(host, &format!("/v1/messages?limit=1000{after}"));
        let items = page["items"].as_array_mut().map(std::mem::take).unwrap();
        if items.is_empty() {
            return all;
        }
        all.extend(items);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// Whether an attempt in the journal is what was seen on the wire. A slow machine, and a host or receiver that is killed, add to
/// what can happen to any of them.
fn fits(attempt: &Value, seen: &Seen) -> bool {
    let code = attempt["code"].as_str();
    let anyway = matches!(code, Some("timeout" | "interrupted"));
    match seen.did.code() {
        Some(expected) => code == Some(expected) || anyway,
        None if seen.taken => attempt["result"] == "delivered" || anyway || code == Some("connection-lost"),
        None => code.is_some(),
    }
}

fn by_request<'a>(events: &'a [Value], id: &str, request: &str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events {
        found.entry(event[request].as_str().unwrap()).or_default().push(event[id].as_str().unwrap());
    }
    found
}
