//! JSON records: into your own types, or read by pointer, with errors that name the path and the place.
//!
//! ```
//! use qadam_sdk::json::{self, Find as _};
//! use serde::Deserialize;
//!
//! #[derive(Debug, Deserialize)]
//! struct Notice { number: String, step: u32 }
//!
//! let notice: Notice = json::parse(r#"{"number": "Z-17", "step": 3}"#)?;
//! assert_eq!((notice.number.as_str(), notice.step), ("Z-17", 3));
//!
//! let wrong = json::parse::<Notice>("{\"number\": \"Z-17\",\n \"step\": \"850101199993\"}").expect_err("a text");
//! assert_eq!(wrong, qadam_sdk::RecordError::malformed("step", "expected u32 (line 2, column 23)").at(41));
//!
//! let value = json::value(r#"{"request": {"number": 17, "note": null}}"#)?;
//! assert_eq!(value.required_text("/request/number")?, "17");
//! assert_eq!(value.text_at("/request/note")?, None);
//! # Ok::<(), qadam_sdk::RecordError>(())
//! ```

use std::borrow::Cow;

use serde::de::DeserializeOwned;
pub use serde_json::{self, Value};

use crate::RecordError;

/// A text as a type of your own.
///
/// # Errors
///
/// What is no JSON, or does not fit the type: the path, what was expected, the line and the column. The value itself is
/// never repeated, since it may be anybody's number.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, RecordError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut reader)
        .map_err(|wrong| refused(text, &wrong.path().to_string(), wrong.inner()))?;
    reader.end().map_err(|wrong| refused(text, ".", &wrong))?;
    Ok(parsed)
}

/// A text as a tree.
///
/// # Errors
///
/// What is no JSON, and where.
pub fn value(text: &str) -> Result<Value, RecordError> {
    parse(text)
}

/// Reading a tree by JSON pointers, `/request/number`.
pub trait Find {
    /// The text, number or truth value at a pointer, as text; none where it is missing, null or blank.
    ///
    /// # Errors
    ///
    /// That an object or a list stands there.
    fn text_at(&self, pointer: &str) -> Result<Option<Cow<'_, str>>, RecordError>;

    /// The same, where there must be one.
    ///
    /// # Errors
    ///
    /// That there is none.
    fn required_text(&self, pointer: &str) -> Result<Cow<'_, str>, RecordError>;
}

impl Find for Value {
    fn text_at(&self, pointer: &str) -> Result<Option<Cow<'_, str>>, RecordError> {
        let text: Cow<'_, str> = match self.pointer(pointer) {
            None | Some(Self::Null) => return Ok(None),
            Some(Self::String(text)) => text.trim().into(),
            Some(Self::Number(number)) => number.to_string().into(),
            Some(Self::Bool(value)) => value.to_string().into(),
            Some(Self::Array(_)) => return Err(RecordError::malformed(pointer, "a list stands here; expected a text")),
            Some(Self::Object(_)) => {
                return Err(RecordError::malformed(pointer, "an object stands here; expected a text"));
            }
        };
        Ok((!text.is_empty()).then_some(text))
    }

    fn required_text(&self, pointer: &str) -> Result<Cow<'_, str>, RecordError> {
        self.text_at(pointer)?.ok_or_else(|| RecordError::malformed(pointer, "missing or empty"))
    }
}

fn refused(text: &str, path: &str, wrong: &serde_json::Error) -> RecordError {
    let (line, column) = (wrong.line(), wrong.column());
    let detail = format!("{} (line {line}, column {column})", said(wrong));
    let field = if path == "." { "JSON" } else { path };
    RecordError::malformed(field, detail).at(offset(text, line, column))
}

/// What serde says, without the value that it says it of.
fn said(wrong: &serde_json::Error) -> String {
    let whole = wrong.to_string();
    let words = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(words, _)| words);
    let shown = if !wrong.is_data() {
        format!("no JSON: {words}")
    } else if words.starts_with("missing field") || words.starts_with("duplicate field") {
        words.to_owned()
    } else {
        // The expectation stands last, and is the type's; what was found stands before it.
        words
            .rsplit_once(", expected ")
            .map_or_else(|| "does not fit".to_owned(), |(_, wanted)| format!("expected {wanted}"))
    };
    shown.chars().take(200).collect()
}

/// The byte of a place that serde_json gives: lines from 1, columns in bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text.match_indices('\n').nth(nth).map_or(text.len(), |(at, _)| at + 1),
    };
    (start + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "read by the derived code")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "read by the derived code")]
        at: u32,
    }

    fn problem(text: &str) -> (String, String, Option<u64>) {
        match parse::<Outer>(text).expect_err("refused") {
            RecordError::Malformed(problem) => (problem.field, problem.detail, problem.offset),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_path_is_named_and_the_value_is_not() {
        let (field, detail, offset) = problem(r#"{"inner": [{"at": 1}, {"at": "850101199993, expected x"}]}"#);
        assert_eq!((field.as_str(), detail.as_str()), ("inner[1].at", "expected u32 (line 1, column 55)"));
        assert_eq!(offset, Some(54));
        let (field, detail, _) = problem(r#"{"inner": [{}]}"#);
        assert_eq!((field.as_str(), detail.as_str()), ("inner[0]", "missing field `at` (line 1, column 13)"));
    }

    #[test]
    fn what_is_no_json_is_refused_at_its_place() {
        assert_eq!(problem("{\"inner\": [\n {\"at\" 1}]}").2, Some(19));
        assert_eq!(problem("{\"inner\": []} x").1, "no JSON: trailing characters (line 1, column 15)");
        assert_eq!(problem("").0, "JSON");
    }

    #[test]
    fn depth_is_bounded() {
        assert!(value(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn pointers_find_texts_and_say_what_else_stands_there() {
        let value =
            value(r#"{"a": {"b": " x ", "c": true, "d": [1], "e": "", "f": 12345678901234567890}}"#).expect("JSON");
        assert_eq!(value.text_at("/a/b"), Ok(Some("x".into())));
        assert_eq!(value.text_at("/a/c"), Ok(Some("true".into())));
        assert_eq!(value.text_at("/a/f"), Ok(Some("12345678901234567890".into())));
        assert_eq!(value.text_at("/a/e"), Ok(None));
        assert_eq!(value.text_at("/a/x/y"), Ok(None));
        assert!(value.text_at("/a/d").is_err());
        assert_eq!(value.required_text("/a/e"), Err(RecordError::malformed("/a/e", "missing or empty")));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_places_are_within(text in "(\\{|\\}|\\[|\\]|\"|inner|at|:|,|1|-|\\\\|ж| |\n|u00){0,30}") {
            if let Err(error) = parse::<Outer>(&text) {
                prop_assert!(error.offset().is_some_and(|at| at <= text.len() as u64));
            }
        }
    }
}
