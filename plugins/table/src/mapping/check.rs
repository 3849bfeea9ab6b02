//! From the mapping as written to one that can be mapped by, or the first thing that is wrong with it.

use std::collections::BTreeMap;
use std::ops::Range;

use qadam_sdk::csv;
use qadam_sdk::encoding::Encoding;
use qadam_sdk::time::{Place, Repeated, TimeFormat};
use toml::Spanned;

use super::file::{self, File, Format, RepeatedHour};
use super::{Fields, History, Mapping, MappingError, Origin, Parts, Recipient, Shape, Source, Statuses};
use crate::rows::Cell;
use crate::status::{Meaning, folded};

/// Most columns that are kept beside an event: the contract's limit.
const KEEP_LIMIT: usize = 64;

/// Checks the whole of it.
pub(super) fn checked(text: &str, file: File) -> Result<Mapping, MappingError> {
    let check = Check::of(text, &file)?;
    let event = file.event.get_ref();
    let request = check.column("event.request", &event.request)?;
    let plain = |key: &str, source: &Option<Spanned<file::Source>>| check.optional(key, source.as_ref());
    let fields = check.fields(&file.fields)?;
    let withdraws = plain("event.withdraws", &event.withdraws)?;
    let history = check.history(&file, &fields, withdraws.is_some())?;
    let mut keep = Vec::new();
    for column in &file.keep {
        keep.push(check.cell("keep", column.get_ref(), &column.span())?);
    }
    if let Some(over) = file.keep.get(KEEP_LIMIT) {
        return Err(check.wrong("keep", &over.span(), format!("more than {KEEP_LIMIT} columns")));
    }
    Ok(Mapping {
        shape: check.shape.clone(),
        encoding: check.encoding(file.encoding.as_ref())?,
        place: check.place(&file)?,
        empty: file.empty.iter().map(|word| folded(word)).collect(),
        request,
        key: plain("event.key", &event.key)?,
        actor: plain("event.actor", &event.actor)?,
        reason: plain("event.reason", &event.reason)?,
        withdraws,
        history,
        fields,
        keep,
    })
}

/// What the checks of single keys need to know.
struct Check<'t> {
    text: &'t str,
    shape: Shape,
    /// For times whose own key says nothing.
    time: Option<TimeFormat>,
}

impl<'t> Check<'t> {
    fn of(text: &'t str, file: &File) -> Result<Self, MappingError> {
        let mut check = Self { text, shape: Shape::Json(None), time: None };
        check.shape = check.shape(file)?;
        if let Some(name) = &file.time_format {
            check.time = Some(check.time_format("time-format", name.get_ref(), &name.span())?);
        }
        Ok(check)
    }

    fn wrong(&self, key: &str, span: &Range<usize>, reason: impl Into<String>) -> MappingError {
        MappingError { line: file::line(self.text, span), key: key.to_owned(), reason: reason.into() }
    }

    fn shape(&self, file: &File) -> Result<Shape, MappingError> {
        let csv_only = [
            ("delimiter", file.delimiter.as_ref().map(Spanned::span)),
            ("quote", file.quote.as_ref().map(Spanned::span)),
            ("columns", file.columns.as_ref().map(Spanned::span)),
        ];
        if file.format != Format::Csv {
            for (key, span) in csv_only {
                if let Some(span) = span {
                    return Err(self.wrong(key, &span, "it means something for the format csv only"));
                }
            }
            let rows = file.rows.as_ref();
            return Ok(match file.format {
                Format::Json => Shape::Json(rows.map(|path| self.path("rows", path, Cell::json)).transpose()?),
                _ => Shape::Xml(rows.map(|path| self.path("rows", path, Cell::xml_elements)).transpose()?),
            });
        }
        if let Some(rows) = &file.rows {
            return Err(self.wrong("rows", &rows.span(), "it means something for the formats json and xml only"));
        }
        let delimiter = self.character("delimiter", file.delimiter.as_ref())?.unwrap_or(b',');
        let quote = match &file.quote {
            Some(quote) if quote.get_ref().is_empty() => None,
            quote => Some(self.character("quote", quote.as_ref())?.unwrap_or(b'"')),
        };
        if quote == Some(delimiter) {
            let span = file.delimiter.as_ref().or(file.quote.as_ref()).map(Spanned::span).unwrap_or_default();
            return Err(self.wrong("delimiter", &span, "the quote is the same character"));
        }
        if let Some(columns) = &file.columns {
            let names = columns.get_ref();
            let twice = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| other == *name));
            if let Some((_, twice)) = twice {
                return Err(self.wrong("columns", &columns.span(), format!("`{twice}` stands there twice")));
            }
        }
        let columns = file.columns.as_ref().map(|columns| columns.get_ref().clone());
        Ok(Shape::Csv(csv::Format { delimiter, quote, columns }))
    }

    fn path(
        &self,
        key: &str,
        path: &Spanned<String>,
        read: fn(&str) -> Result<Cell, String>,
    ) -> Result<Cell, MappingError> {
        read(path.get_ref()).map_err(|reason| self.wrong(key, &path.span(), reason))
    }

    fn character(&self, key: &str, given: Option<&Spanned<String>>) -> Result<Option<u8>, MappingError> {
        let Some(given) = given else { return Ok(None) };
        match given.get_ref().as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'\r' | b'\n') => {
                Ok(Some(*byte))
            }
            _ => {
                let reason = "it must be one character such as \";\", \",\", \"|\" or \"\\t\"";
                Err(self.wrong(key, &given.span(), reason))
            }
        }
    }

    fn encoding(&self, label: Option<&Spanned<String>>) -> Result<Option<Encoding>, MappingError> {
        let Some(label) = label else { return Ok(None) };
        Encoding::named(label.get_ref()).map(Some).ok_or_else(|| {
            let names = Encoding::ALL.map(Encoding::name).join(", ");
            self.wrong("encoding", &label.span(), format!("`{}` is none of {names}", label.get_ref()))
        })
    }

    fn place(&self, file: &File) -> Result<Place, MappingError> {
        let repeated = match file.repeated_hour {
            RepeatedHour::First => Repeated::First,
            RepeatedHour::Last => Repeated::Last,
            RepeatedHour::Refused => Repeated::Refused,
        };
        let place = Place::named(file.zone.get_ref());
        place
            .map(|place| place.repeated(repeated))
            .map_err(|wrong| self.wrong("zone", &file.zone.span(), wrong.to_string()))
    }

    fn time_format(&self, key: &str, name: &str, span: &Range<usize>) -> Result<TimeFormat, MappingError> {
        TimeFormat::named(name).map_err(|wrong| self.wrong(key, span, wrong.to_string()))
    }

    fn cell(&self, key: &str, name: &str, span: &Range<usize>) -> Result<Cell, MappingError> {
        let cell = match &self.shape {
            Shape::Csv(format) => Cell::csv(name, format.columns.as_deref()),
            Shape::Json(_) => Cell::json(name),
            Shape::Xml(_) => Cell::xml(name),
        };
        cell.map_err(|reason| self.wrong(key, span, reason))
    }

    fn source(&self, key: &str, given: &Spanned<file::Source>) -> Result<Source, MappingError> {
        let (details, span) = (&given.get_ref().0, given.span());
        let origin = match (&details.column, &details.constant) {
            (Some(column), None) => Origin::Cell(self.cell(key, column, &span)?),
            (None, Some(constant)) if constant.trim().is_empty() => {
                return Err(self.wrong(key, &span, "the constant is empty"));
            }
            (None, Some(constant)) => Origin::Constant(constant.clone()),
            (Some(_), Some(_)) => return Err(self.wrong(key, &span, "it has both a column and a constant")),
            (None, None) => return Err(self.wrong(key, &span, "it has neither a column nor a constant")),
        };
        let time = details.time_format.as_ref().map(|name| self.time_format(key, name, &span)).transpose()?;
        let mut values = BTreeMap::new();
        for (word, value) in &details.values {
            if values.insert(folded(word), value.clone()).is_some() {
                return Err(self.wrong(key, &span, format!("the value `{word}` stands there twice")));
            }
        }
        Ok(Source { origin, time, values })
    }

    fn optional(&self, key: &str, given: Option<&Spanned<file::Source>>) -> Result<Option<Source>, MappingError> {
        let Some(given) = given else { return Ok(None) };
        let source = self.source(key, given)?;
        if source.time.is_some() {
            return Err(self.wrong(key, &given.span(), "it is no time; time-format means nothing here"));
        }
        Ok(Some(source))
    }

    /// A value that differs from row to row.
    fn column(&self, key: &str, given: &Spanned<file::Source>) -> Result<Source, MappingError> {
        let source = self.optional(key, Some(given))?;
        match source {
            Some(source) if matches!(source.origin, Origin::Cell(_)) => Ok(source),
            _ => Err(self.wrong(key, &given.span(), "it must be a column, not the same for all rows")),
        }
    }

    fn time(&self, key: &str, given: &Spanned<file::Source>) -> Result<Source, MappingError> {
        let source = self.source(key, given)?;
        let Some(time) = source.time.clone().or_else(|| self.time.clone()) else {
            let reason = "how the time is written is not said; set time-format for the whole mapping, or here as { column = \"…\", time-format = \"…\" }";
            return Err(self.wrong(key, &given.span(), reason));
        };
        Ok(Source { time: Some(time), ..source })
    }

    fn fields(&self, part: &file::FieldsPart) -> Result<Fields, MappingError> {
        let text = |name: &str, given: &Option<Spanned<file::Source>>| {
            self.optional(&format!("fields.{name}"), given.as_ref())
        };
        let time = |name: &str, given: &Option<Spanned<file::Source>>| {
            given.as_ref().map(|given| self.time(&format!("fields.{name}"), given)).transpose()
        };
        Ok(Fields {
            recipient: self.recipient(part)?,
            legal_entity: text("legal-entity", &part.legal_entity)?,
            identification_number: text("identification-number", &part.identification_number)?,
            service_name: text("service-name", &part.service_name)?,
            intake_place: text("intake-place", &part.intake_place)?,
            intake_at: time("intake-at", &part.intake_at)?,
            executor: text("executor", &part.executor)?,
            planned_at: time("planned-at", &part.planned_at)?,
            completed_at: time("completed-at", &part.completed_at)?,
            channel: text("channel", &part.channel)?,
            provider_bin: text("provider-bin", &part.provider_bin)?,
            service_code: text("service-code", &part.service_code)?,
            composite_reference: text("composite-reference", &part.composite_reference)?,
        })
    }

    fn recipient(&self, part: &file::FieldsPart) -> Result<Option<Recipient>, MappingError> {
        let patronymic = self.optional("fields.patronymic", part.patronymic.as_ref())?;
        match (&part.recipient, &part.surname, &part.given_name, &part.patronymic) {
            (None, None, None, None) => Ok(None),
            (Some(whole), None, None, None) => {
                Ok(self.optional("fields.recipient", Some(whole))?.map(Recipient::Whole))
            }
            (None, Some(surname), Some(given_name), _) => Ok(Some(Recipient::Parts(Box::new(Parts {
                surname: self.column("fields.surname", surname)?,
                given_name: self.column("fields.given-name", given_name)?,
                patronymic,
            })))),
            (whole, surname, given_name, patronymic) => {
                let any = [whole, surname, given_name, patronymic].into_iter().flatten().next();
                let span = any.map(Spanned::span).unwrap_or_default();
                let reason = "name the recipient either as recipient, or as surname and given-name (and patronymic)";
                Err(self.wrong("fields.recipient", &span, reason))
            }
        }
    }

    fn history(&self, file: &File, fields: &Fields, withdraws: bool) -> Result<History, MappingError> {
        let (event, span) = (file.event.get_ref(), file.event.span());
        match (&event.status, &event.occurred_at, file.stages.is_empty()) {
            (Some(status), Some(occurred_at), true) => {
                if file.statuses.is_empty() {
                    return Err(self.wrong("statuses", &status.span(), "the table [statuses] is missing or empty"));
                }
                Ok(History::Statuses(Box::new(Statuses {
                    status: self.column("event.status", status)?,
                    occurred_at: self.time("event.occurred-at", occurred_at)?,
                    meanings: self.meanings(file, fields, withdraws)?,
                })))
            }
            (None, None, false) => self.stages(file),
            (Some(status), _, false) => Err(self.wrong(
                "event.status",
                &status.span(),
                "it goes with [statuses]; where each stage has its column, leave it out",
            )),
            (_, Some(time), false) => Err(self.wrong(
                "event.occurred-at",
                &time.span(),
                "it goes with [statuses]; where each stage has its column, leave it out",
            )),
            (None, _, true) => {
                Err(self.wrong("event.status", &span, "the column of the status is missing (or the table [stages])"))
            }
            (Some(_), None, true) => Err(self.wrong(
                "event.occurred-at",
                &span,
                "the column that says when the status was reached is missing",
            )),
        }
    }

    fn meanings(
        &self,
        file: &File,
        fields: &Fields,
        withdraws: bool,
    ) -> Result<BTreeMap<String, (Meaning, Option<Source>)>, MappingError> {
        let mut meanings = BTreeMap::new();
        for (word, becomes) in &file.statuses {
            let (key, span) = (format!("statuses.{word}"), becomes.span());
            let details = &becomes.get_ref().0;
            let meaning = Meaning::named(&details.is).map_err(|reason| self.wrong(&key, &span, reason))?;
            if meaning == Meaning::Prolonged && fields.planned_at.is_none() {
                return Err(self.wrong(&key, &span, "a prolongation needs fields.planned-at, the new planned date"));
            }
            if meaning == Meaning::Withdrawn && !withdraws {
                return Err(self.wrong(
                    &key,
                    &span,
                    "it needs event.withdraws, the key of the event that is taken back",
                ));
            }
            let reason = details.reason.as_ref().map(|column| self.cell(&key, column, &span)).transpose()?;
            let reason = reason.map(|cell| Source { origin: Origin::Cell(cell), time: None, values: BTreeMap::new() });
            if meanings.insert(folded(word), (meaning, reason)).is_some() {
                return Err(self.wrong(&key, &span, "the word stands there twice; upper and lower case are the same"));
            }
        }
        Ok(meanings)
    }

    fn stages(&self, file: &File) -> Result<History, MappingError> {
        let mut stages = Vec::new();
        for (word, column) in &file.stages {
            let (key, span) = (format!("stages.{word}"), column.span());
            let meaning = Meaning::named(word).map_err(|reason| self.wrong(&key, &span, reason))?;
            if meaning.stage(None).is_none() {
                return Err(self.wrong(&key, &span, "it is no stage, and has no column of its own"));
            }
            stages.push((meaning, self.time(&key, column)?));
        }
        stages.sort_by_key(|(meaning, _)| meaning.rank());
        Ok(History::Stages(stages))
    }
}
