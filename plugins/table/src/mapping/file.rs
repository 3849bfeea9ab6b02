//! The mapping as it is written. Every key is known, and each value knows its line.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use toml::Spanned;

use super::MappingError;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub(super) format: Format,
    pub(super) encoding: Option<Spanned<String>>,
    pub(super) delimiter: Option<Spanned<String>>,
    pub(super) quote: Option<Spanned<String>>,
    pub(super) columns: Option<Spanned<Vec<String>>>,
    pub(super) rows: Option<Spanned<String>>,
    pub(super) zone: Spanned<String>,
    #[serde(default)]
    pub(super) repeated_hour: RepeatedHour,
    pub(super) time_format: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) empty: Vec<String>,
    #[serde(default)]
    pub(super) keep: Vec<Spanned<String>>,
    pub(super) event: Spanned<EventPart>,
    #[serde(default)]
    pub(super) statuses: BTreeMap<String, Spanned<Becomes>>,
    #[serde(default)]
    pub(super) stages: BTreeMap<String, Spanned<Source>>,
    #[serde(default)]
    pub(super) fields: FieldsPart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    Csv,
    Json,
    Xml,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RepeatedHour {
    #[default]
    First,
    Last,
    Refused,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EventPart {
    pub(super) request: Spanned<Source>,
    pub(super) key: Option<Spanned<Source>>,
    pub(super) status: Option<Spanned<Source>>,
    pub(super) occurred_at: Option<Spanned<Source>>,
    pub(super) actor: Option<Spanned<Source>>,
    pub(super) reason: Option<Spanned<Source>>,
    pub(super) withdraws: Option<Spanned<Source>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FieldsPart {
    pub(super) recipient: Option<Spanned<Source>>,
    pub(super) surname: Option<Spanned<Source>>,
    pub(super) given_name: Option<Spanned<Source>>,
    pub(super) patronymic: Option<Spanned<Source>>,
    pub(super) legal_entity: Option<Spanned<Source>>,
    pub(super) identification_number: Option<Spanned<Source>>,
    pub(super) service_name: Option<Spanned<Source>>,
    pub(super) intake_place: Option<Spanned<Source>>,
    pub(super) intake_at: Option<Spanned<Source>>,
    pub(super) executor: Option<Spanned<Source>>,
    pub(super) planned_at: Option<Spanned<Source>>,
    pub(super) completed_at: Option<Spanned<Source>>,
    pub(super) channel: Option<Spanned<Source>>,
    pub(super) provider_bin: Option<Spanned<Source>>,
    pub(super) service_code: Option<Spanned<Source>>,
    pub(super) composite_reference: Option<Spanned<Source>>,
}

/// A column by its name, or a table that says more.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Details {
    #[serde(alias = "path")]
    pub(super) column: Option<String>,
    pub(super) constant: Option<String>,
    pub(super) time_format: Option<String>,
    pub(super) values: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(super) struct Source(pub(super) Details);

/// What a status becomes: a word, or a table that names the column of the reason too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BecomesDetails {
    pub(super) is: String,
    pub(super) reason: Option<String>,
}

#[derive(Debug)]
pub(super) struct Becomes(pub(super) BecomesDetails);

/// Reads the text.
pub(super) fn parse(text: &str) -> Result<File, MappingError> {
    toml::from_str(text).map_err(|wrong| {
        let line = wrong.span().map_or(1, |span| line(text, &span));
        MappingError { line, key: String::new(), reason: wrong.message().replace('\n', "; ") }
    })
}

/// The line at which a part of the text begins, from 1.
pub(super) fn line(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|&byte| byte == b'\n').count() + 1
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = |column: &str| Details { column: Some(column.to_owned()), ..Details::default() };
        deserializer
            .deserialize_any(Short { expected: "a column's name, or a table such as { constant = \"…\" }", name })
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Becomes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = |word: &str| BecomesDetails { is: word.to_owned(), reason: None };
        deserializer
            .deserialize_any(Short {
                expected: "a word such as \"executed\", or { is = \"refused\", reason = \"column\" }",
                name,
            })
            .map(Self)
    }
}

/// Reads a text as a table of which it is the most important value.
struct Short<F> {
    expected: &'static str,
    name: F,
}

impl<'de, T: Deserialize<'de>, F: FnOnce(&str) -> T> Visitor<'de> for Short<F> {
    type Value = T;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok((self.name)(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
