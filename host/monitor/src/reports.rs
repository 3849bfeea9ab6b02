//! The monthly report (452-12) and the list of overdue requests, for people and their programs: a table for a terminal, a
//! page, JSON, CSV, XLSX and PDF, in Kazakh, Russian and English. Bytes from values: equal reports give equal bytes, whenever
//! and wherever they are made, so that a closed month can be sealed and made again. The only time in them is the
//! report's own.

mod brief;
mod csv;
mod grid;
mod html;
mod json;
mod list;
mod long;
mod pdf;
mod table;
mod words;
mod xlsx;

use std::{collections::BTreeMap, str::FromStr};

pub use list::{OverdueList, OverdueRequest, Recipient};
use qadam_domain::{
    Zone,
    labels::Lang,
    passport::{Names, Passport},
    report::Report,
};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For a terminal.
    Table,
    /// A page for a browser, one file with nothing beside it.
    Html,
    /// For programs: the figures, with names in all languages. The same in every language.
    Json,
    /// For Excel in Kazakhstan and for programs: UTF-8 with its mark, semicolons.
    Csv,
    /// A workbook; numbers of bodies, people and requests are texts, counts are numbers.
    Xlsx,
    /// Pages to print, A4.
    Pdf,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Table, Self::Html, Self::Json, Self::Csv, Self::Xlsx, Self::Pdf];

    /// The name, also that of the file's ending but for the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Html => "html",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
        }
    }
}

/// A text that is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format of reports; there are table, html, json, csv, xlsx and pdf")]
pub struct NoFormat(pub String);

impl FromStr for Format {
    type Err = NoFormat;

    fn from_str(text: &str) -> Result<Self, NoFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| NoFormat(text.chars().take(40).collect()))
    }
}

/// What a report is shown with: it is part of it, and equal bytes need an equal one.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The zone in which its times are written.
    pub zone: Zone,
    /// What bodies and services are called.
    pub names: Called,
}

/// Names by the codes that the report counts by. What has none is shown by its code.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Called {
    /// Of bodies, by BIN.
    pub providers: BTreeMap<String, Names>,
    /// Of services, by code.
    pub services: BTreeMap<String, Names>,
}

impl Called {
    /// The names in passports; of several for one code, the last.
    pub fn by<'a>(passports: impl IntoIterator<Item = &'a Passport>) -> Self {
        let mut called = Self::default();
        for passport in passports {
            called.services.insert(passport.code.clone(), passport.names.clone());
            called.providers.insert(passport.provider.bin.clone(), passport.provider.names.clone());
        }
        called
    }

    fn provider<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        self.providers.get(code).map_or(code, |names| names.word(lang))
    }

    fn service<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        self.services.get(code).map_or(code, |names| names.word(lang))
    }
}

/// Why a report was not written. All are faults of ours, for every report can be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// As JSON.
    #[error("the report could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// As XLSX: more rows than a sheet takes, most likely.
    #[error("the report could not be written as XLSX: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// As PDF.
    #[error("the report could not be written as PDF: {0}")]
    Pdf(&'static str),
}

/// The monthly report.
///
/// # Errors
/// If it could not be written.
pub fn render(report: &Report, format: Format, lang: Lang, meta: &Meta) -> Result<Vec<u8>, ReportError> {
    match format {
        Format::Table => Ok(table::write(&brief::report(report, lang, meta))),
        Format::Html => Ok(html::write(&brief::report(report, lang, meta))),
        Format::Json => json::report(report, meta),
        Format::Csv => Ok(csv::write(&long::report(report, lang, meta))),
        Format::Xlsx => xlsx::write(&long::report(report, lang, meta)),
        Format::Pdf => pdf::write(&brief::report(report, lang, meta)),
    }
}

/// The list of overdue requests, masked.
///
/// # Errors
/// If it could not be written.
pub fn render_overdue(list: &OverdueList, format: Format, lang: Lang, meta: &Meta) -> Result<Vec<u8>, ReportError> {
    match format {
        Format::Table => Ok(table::write(&brief::overdue(list, lang, meta))),
        Format::Html => Ok(html::write(&brief::overdue(list, lang, meta))),
        Format::Json => json::overdue(list, meta),
        Format::Csv => Ok(csv::write(&long::overdue(list, lang, meta))),
        Format::Xlsx => xlsx::write(&long::overdue(list, lang, meta)),
        Format::Pdf => pdf::write(&brief::overdue(list, lang, meta)),
    }
}

#[cfg(test)]
#[path = "reports/tests.rs"]
mod tests;
