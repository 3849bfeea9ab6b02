//! The receipt as JSON, written and read. Whether it answers what was sent is not asked here.

use jiff::Timestamp;
use qadam_domain::{EventId, MessageId};
use qadam_evidence::manifest::Digest;
use serde::{Deserialize, Serialize};

use super::{Answer, SIZE_LIMIT, Says, Stated};

/// The format's name.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "qadam-receipt/1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: Format,
    message: MessageId,
    manifest: Digest,
    received_at: Timestamp,
    receiver: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Vec<WireAnswer>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<Word>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Refusal>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAnswer {
    event: EventId,
    answer: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Accepted,
    Duplicate,
    Refused,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    code: String,
    reason: String,
}

impl Stated {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { message, manifest, received_at, receiver, says } = self;
        let mut wire = Wire {
            format: Format::V1,
            message: *message,
            manifest: *manifest,
            received_at: *received_at,
            receiver: receiver.chars().take(100).collect(),
            events: None,
            stamp: None,
            refused: None,
        };
        match says {
            Says::Events(answers) => wire.events = Some(answers.iter().map(answer).collect()),
            Says::Stamp { duplicate } => wire.stamp = Some(if *duplicate { Word::Duplicate } else { Word::Accepted }),
            Says::Refused { code, reason } => {
                wire.refused = Some(Refusal { code: code.clone(), reason: reason.clone() });
            }
        }
        // Texts and numbers: there is nothing that JSON could not write.
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// Reads the bytes of a receipt.
    ///
    /// # Errors
    /// If they are none: what is wrong, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > SIZE_LIMIT {
            return Err(format!("the receipt has {} bytes; at most {SIZE_LIMIT} are read", bytes.len()));
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|error| {
            format!("what came back is no qadam-receipt/1: line {}, column {}", error.line(), error.column())
        })?;
        if wire.receiver.chars().count() > 100 {
            return Err("the receiver's name in the receipt has more than 100 letters".to_owned());
        }
        let says = match (wire.events, wire.stamp, wire.refused) {
            (Some(answers), None, None) => {
                let read = answers.into_iter().zip(0_usize..).map(|(answer, place)| answer.read(place));
                Says::Events(read.collect::<Result<_, _>>()?)
            }
            (None, Some(Word::Accepted), None) => Says::Stamp { duplicate: false },
            (None, Some(Word::Duplicate), None) => Says::Stamp { duplicate: true },
            (None, None, Some(Refusal { code, reason })) => {
                within(&code, &reason).map_err(|wrong| format!("the receipt's refusal {wrong}"))?;
                Says::Refused { code, reason }
            }
            _ => return Err("the receipt must have one of `events`, `stamp` and `refused`".to_owned()),
        };
        let Wire { message, manifest, received_at, receiver, .. } = wire;
        Ok(Self { message, manifest, received_at, receiver, says })
    }
}

fn answer((event, answer): &(EventId, Answer)) -> WireAnswer {
    let (word, said) = match answer {
        Answer::Accepted => (Word::Accepted, None),
        Answer::Duplicate => (Word::Duplicate, None),
        Answer::Refused { code, reason } => (Word::Refused, Some((code.clone(), reason.clone()))),
    };
    let (code, reason) = said.unzip();
    WireAnswer { event: *event, answer: word, code, reason }
}

impl WireAnswer {
    fn read(self, place: usize) -> Result<(EventId, Answer), String> {
        let answer = match (self.answer, self.code, self.reason) {
            (Word::Accepted, None, None) => Answer::Accepted,
            (Word::Duplicate, None, None) => Answer::Duplicate,
            (Word::Refused, Some(code), reason) => {
                let reason = reason.unwrap_or_default();
                within(&code, &reason).map_err(|wrong| format!("answer {place} of the receipt {wrong}"))?;
                Answer::Refused { code, reason }
            }
            (Word::Refused, None, _) => return Err(format!("answer {place} of the receipt refuses without a code")),
            _ => return Err(format!("answer {place} of the receipt accepts, and has a code or a reason")),
        };
        Ok((self.event, answer))
    }
}

fn within(code: &str, reason: &str) -> Result<(), &'static str> {
    match (code.chars().count(), reason.chars().count()) {
        (1..=100, 0..=300) => Ok(()),
        (1..=100, _) => Err("has a reason of more than 300 letters"),
        _ => Err("has a code that is not 1 to 100 letters"),
    }
}
