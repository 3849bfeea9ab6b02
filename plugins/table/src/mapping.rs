//! The mapping: read, checked whole, and ready to map by.

mod check;
mod file;

use std::collections::BTreeMap;

use qadam_sdk::encoding::{Encoding, Text};
use qadam_sdk::time::{Place, TimeFormat};
use qadam_sdk::{Event, RecordError, csv};

use crate::events;
use crate::rows::Cell;
use crate::status::Meaning;

/// A checked mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(crate) shape: Shape,
    /// None where nothing is said: UTF-8, or what an XML record declares.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) place: Place,
    /// Words, folded, that say as much as an empty cell.
    pub(crate) empty: Vec<String>,
    pub(crate) request: Source,
    pub(crate) key: Option<Source>,
    pub(crate) actor: Option<Source>,
    pub(crate) reason: Option<Source>,
    pub(crate) withdraws: Option<Source>,
    pub(crate) history: History,
    pub(crate) fields: Fields,
    pub(crate) keep: Vec<Cell>,
}

/// What is wrong with a mapping, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mapping is wrong at line {line}{}: {reason}", if key.is_empty() { String::new() } else { format!(", key `{key}`") })]
pub struct MappingError {
    /// The line, from 1.
    pub line: usize,
    /// The key, `fields.planned-at`; empty where the text is no TOML.
    pub key: String,
    /// What is wrong, and what was expected.
    pub reason: String,
}

/// How records are written.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Csv(csv::Format),
    /// With the place of a list of rows, where the rows are not the record itself.
    Json(Option<Cell>),
    Xml(Option<Cell>),
}

/// How a row tells what happened.
#[derive(Debug, Clone)]
pub(crate) enum History {
    /// A status and its time.
    Statuses(Box<Statuses>),
    /// A time for each stage.
    Stages(Vec<(Meaning, Source)>),
}

/// The columns of a status and its time, and what each status, folded, means; with a column for its own reason.
#[derive(Debug, Clone)]
pub(crate) struct Statuses {
    pub(crate) status: Source,
    pub(crate) occurred_at: Source,
    pub(crate) meanings: BTreeMap<String, (Meaning, Option<Source>)>,
}

/// The data fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    pub(crate) recipient: Option<Recipient>,
    pub(crate) legal_entity: Option<Source>,
    pub(crate) identification_number: Option<Source>,
    pub(crate) service_name: Option<Source>,
    pub(crate) intake_place: Option<Source>,
    pub(crate) intake_at: Option<Source>,
    pub(crate) executor: Option<Source>,
    pub(crate) planned_at: Option<Source>,
    pub(crate) completed_at: Option<Source>,
    pub(crate) channel: Option<Source>,
    pub(crate) provider_bin: Option<Source>,
    pub(crate) service_code: Option<Source>,
    pub(crate) composite_reference: Option<Source>,
}

/// Where the recipient's name stands.
#[derive(Debug, Clone)]
pub(crate) enum Recipient {
    Whole(Source),
    Parts(Box<Parts>),
}

/// The parts of a name.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) surname: Source,
    pub(crate) given_name: Source,
    pub(crate) patronymic: Option<Source>,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) origin: Origin,
    /// How it is written, where it is a time.
    pub(crate) time: Option<TimeFormat>,
    /// What its words, folded, stand for; others stand for themselves.
    pub(crate) values: BTreeMap<String, String>,
}

/// Where a text comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Cell(Cell),
    Constant(String),
}

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, by line and key.
    pub fn read(text: &str) -> Result<Self, MappingError> {
        check::checked(text, file::parse(text)?)
    }

    /// Maps the bytes of one record.
    ///
    /// # Errors
    ///
    /// What refuses it.
    pub fn map(&self, body: &[u8]) -> Result<Vec<Event>, RecordError> {
        let text = match (&self.shape, self.encoding) {
            (Shape::Xml(_), None) => Text::of_xml(body)?,
            (_, encoding) => encoding.unwrap_or(Encoding::Utf8).decode(body)?,
        };
        events::of(self, text.as_str()).map_err(|wrong| text.locate(wrong))
    }
}
