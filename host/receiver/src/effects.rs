//! The list of what took effect, a line for each disclosure. It can be made again from the disclosures' files; being read at the
//! start in their place it saves reading every document.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
    path::Path,
};

use jiff::Timestamp;
use qadam_domain::{DestinationId, EventId, MessageId, ProviderId};
use qadam_evidence::manifest::Digest;
use serde::{Deserialize, Serialize};

use crate::check::Head;

/// An event that took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The disclosure that brought it: 1, 2, 3… Events of one disclosure stand in the manifest's order.
    pub seq: u64,
    /// Its id.
    pub event: EventId,
    /// The provider's number of the request.
    pub request: String,
    /// The message that brought it.
    pub message: MessageId,
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// The message's number in its lane.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// How often it came again since.
    pub again: u32,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Line {
    /// A disclosure was taken.
    Took(Took),
    /// Something came again.
    Again(Again),
}

/// What a disclosure brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Took {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) message: MessageId,
    pub(crate) destination: DestinationId,
    pub(crate) provider: ProviderId,
    pub(crate) number: u64,
    pub(crate) manifest: Digest,
    pub(crate) previous: Option<Digest>,
    /// The epoch that the manifest names, of a store that was restored; 0 otherwise.
    #[serde(default)]
    pub(crate) epoch: u32,
    /// How many events the manifest names.
    pub(crate) of: u32,
    /// The signature has its time-stamp.
    pub(crate) stamped: bool,
    /// Place, id, request and document of each event that took effect.
    pub(crate) events: Vec<(u16, EventId, String, String)>,
    /// Place and id of each event that another message had brought before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) elsewhere: Vec<(u16, EventId)>,
    /// The beginning of the digest of the content of each event that took effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) contents: Vec<String>,
    /// Place, id, document and content of each event that is in effect under an id of another epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) same: Vec<(u16, EventId, String, String)>,
}

/// What came again, whole or in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Again {
    pub(crate) at: Timestamp,
    pub(crate) message: MessageId,
    pub(crate) destination: DestinationId,
    pub(crate) provider: ProviderId,
    pub(crate) events: Vec<EventId>,
}

impl From<Head> for (u16, EventId, String, String) {
    fn from(head: Head) -> Self {
        (head.index, head.id, head.request, head.document)
    }
}

/// The file, and how much of it holds.
#[derive(Debug)]
pub(crate) struct Effects {
    file: File,
    end: u64,
}

impl Effects {
    /// Opens the list, and gives each line that holds, with where it stands, to `each`. It ends before the first that does not, or
    /// that `each` refuses: what was written and not synced when the power went.
    pub(crate) fn open(path: &Path, mut each: impl FnMut(Line, u64) -> bool) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut reader = BufReader::with_capacity(1 << 20, &file);
        let (mut end, mut line) = (0_u64, Vec::new());
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if read == 0 || line.last() != Some(&b'\n') {
                break;
            }
            let Ok(parsed) = serde_json::from_slice::<Line>(&line) else { break };
            if !each(parsed, end) {
                break;
            }
            end += read as u64;
        }
        let opened = Self { file, end };
        opened.cut(end)?;
        Ok(opened)
    }

    /// Adds a line, and answers where it stands. Where that fails nothing is added.
    pub(crate) fn add(&mut self, line: &Line) -> io::Result<u64> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let at = self.end;
        if let Err(error) = self.file.write_all_at(&bytes, at) {
            // What is left of it is written over by the next, and is none after a restart.
            drop(self.file.set_len(at));
            return Err(error);
        }
        self.end = at + bytes.len() as u64;
        Ok(at)
    }

    /// Takes back all that stands from there on.
    pub(crate) fn take_back(&mut self, at: u64) -> io::Result<()> {
        self.end = at;
        self.cut(at)
    }

    fn cut(&self, at: u64) -> io::Result<()> {
        if self.file.metadata()?.len() == at { Ok(()) } else { self.file.set_len(at) }
    }

    /// What it holds is on disk. Nothing hangs on it but the time of a start.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The disclosures from a place of the list on, until `enough` says so.
pub(crate) fn read_on(path: &Path, from: u64, mut enough: impl FnMut(Took) -> bool) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut reader = BufReader::with_capacity(256 << 10, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 || line.last() != Some(&b'\n') {
            return Ok(());
        }
        match serde_json::from_slice(&line) {
            Ok(Line::Took(took)) => {
                if enough(took) {
                    return Ok(());
                }
            }
            Ok(Line::Again(_)) => {}
            // It is being written.
            Err(_) => return Ok(()),
        }
    }
}
