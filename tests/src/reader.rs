//! A monitoring system that comes for its messages, and brings their receipts.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::program::Program;

/// Who comes.
#[derive(Debug)]
pub struct Reader {
    key: String,
    destination: String,
}

impl Reader {
    /// One for a destination of a host.
    #[must_use]
    pub fn of(host: &Program, destination: &str) -> Self {
        let key = host.key("monitor", None);
        // The host looks at its keys now and then.
        host.until(|host| host.call(&key, "GET", "/v1/events?limit=1", &[], b"").status == 200);
        Self { key, destination: destination.to_owned() }
    }

    /// What waits, a hundred messages at most.
    #[must_use]
    pub fn waiting(&self, host: &Program) -> Vec<Value> {
        let path = format!("/v1/messages/waiting?destination={}&limit=100", self.destination);
        let answer = host.call(&self.key, "GET", &path, &[], b"");
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    }

    /// Acknowledges a message: everything in it is accepted.
    pub fn acknowledge(&self, host: &Program, message: &Value) {
        let digest = ring::digest::digest(&ring::digest::SHA256, message["manifest"].as_str().unwrap().as_bytes());
        let mut receipt = json!({
            "format": "qadam-receipt/1",
            "message": message["message"],
            "manifest": HEXLOWER.encode(digest.as_ref()),
            "received_at": "2026-11-02T05:00:00Z",
            "receiver": self.destination,
        });
        match message["events"].as_array() {
            Some(events) => {
                let answers = events.iter().map(|event| json!({ "event": event["event"], "answer": "accepted" }));
                receipt["events"] = answers.collect();
            }
            None => receipt["stamp"] = "accepted".into(),
        }
        let path = format!("/v1/messages/{}/receipt", message["message"].as_str().unwrap());
        let media = [("content-type", "application/vnd.qadam.receipt+json")];
        let answer = host.call(&self.key, "POST", &path, &media, receipt.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }

    /// Takes messages until so many events were accepted; how many were.
    pub fn take(&self, host: &Program, events: usize) -> usize {
        let mut taken = 0;
        host.until(|host| {
            for message in self.waiting(host) {
                if taken >= events {
                    break;
                }
                taken += message["events"].as_array().map_or(0, Vec::len);
                self.acknowledge(host, &message);
            }
            taken >= events
        });
        taken
    }
}
