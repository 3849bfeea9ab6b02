//! A table as such: what the formats write, in words of one language. What it says is decided before, how it looks after.

use jiff::Timestamp;
use qadam_domain::labels::Lang;

/// A table with its heading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    /// Language of its words.
    pub lang: Lang,
    /// As of when.
    pub as_of: Timestamp,
    /// What it is, in one line.
    pub title: String,
    /// What it is called in a tab, at most 31 characters.
    pub tab: String,
    /// Lines under the title.
    pub about: Vec<String>,
    /// How to read it.
    pub notes: Vec<String>,
    /// Columns.
    pub columns: Vec<Column>,
    /// Parts, each under its heading; a table without parts has one without a heading.
    pub parts: Vec<Part>,
    /// What a picture says sooner.
    pub plot: Option<Plot>,
}

/// A part of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part {
    pub heading: Option<String>,
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// How deep it lies under the sums above it.
    pub depth: u8,
    /// Whether it sums up others, and is set in bold.
    pub is_sum: bool,
    pub cells: Vec<Cell>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub heading: String,
    pub kind: Kind,
    /// Width in letters, where there is room to choose.
    pub width: u8,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words; may go over several lines.
    Text,
    /// A number that names something: leading zeros count, sums make no sense.
    Code,
    /// A count.
    Number,
    /// A duration in words, or another text that stands on the right.
    Right,
}

impl Kind {
    pub(super) const fn is_on_the_right(self) -> bool {
        matches!(self, Self::Number | Self::Right)
    }
}

/// What stands in a row of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Count(u64),
    /// More or less than before.
    Change(i64),
    /// Nothing is known.
    Nothing,
}

impl Cell {
    /// As people read it: groups of three apart, a change with its sign.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => grouped(*count),
            Self::Change(0) => "0".to_owned(),
            Self::Change(change) => {
                format!("{}{}", if *change > 0 { '+' } else { '-' }, grouped(change.unsigned_abs()))
            }
            Self::Nothing => String::new(),
        }
    }
}

/// Groups of three digits, apart by a space that does not break.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// Bars, one under the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    pub heading: String,
    /// What the darker part of a bar is.
    pub legend: String,
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub name: String,
    pub value: u64,
    /// Of the value, the part that is drawn apart.
    pub apart: u64,
}

impl Column {
    pub(super) fn new(heading: &str, kind: Kind, width: u8) -> Self {
        Self { heading: heading.to_owned(), kind, width }
    }
}
