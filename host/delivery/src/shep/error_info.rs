//! `ErrorInfo`, in which each who passes an error on wraps the one before.

use std::fmt;

use super::{
    error::Unreadable,
    moment::Moment,
    xml::{Element, Sequence, Writer},
};

/// Most errors in each other. What lies deeper is neither read nor written.
pub const MOST_ERRORS: usize = 16;

/// An error as the gateway tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    /// Its code: `SCSE001`.
    pub code: String,
    /// In words.
    pub message: String,
    /// More of it. Never shown or journaled: what stands there may be a message's content.
    pub data: Option<String>,
    /// When it happened.
    pub at: Moment,
    /// The error that it comes from.
    pub cause: Option<Box<Self>>,
    /// The gateway's session.
    pub session_id: Option<String>,
}

impl ErrorInfo {
    /// An error that comes from no other.
    #[must_use]
    pub fn new(code: &str, message: &str, at: Moment) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), data: None, at, cause: None, session_id: None }
    }

    /// The same, coming from another.
    #[must_use]
    pub fn because(self, cause: Self) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }

    /// It, the one that it comes from, and so on.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |error| error.cause.as_deref()).take(MOST_ERRORS)
    }

    pub(super) fn write(&self, xml: &mut Writer) {
        self.write_bounded(xml, MOST_ERRORS);
    }

    fn write_bounded(&self, xml: &mut Writer, most: usize) {
        xml.text("errorCode", &self.code);
        xml.text("errorMessage", &self.message);
        xml.optional("errorData", self.data.as_deref());
        xml.text("errorDate", &self.at.to_string());
        if let Some(cause) = self.cause.as_ref().filter(|_| most > 1) {
            xml.open("subError", &[]);
            cause.write_bounded(xml, most - 1);
            xml.close();
        }
        xml.optional("sessionId", self.session_id.as_deref());
    }

    pub(super) fn read(element: Element, path: &str) -> Result<Self, Unreadable> {
        Self::read_bounded(element, path, MOST_ERRORS)
    }

    fn read_bounded(element: Element, path: &str, most: usize) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, path)?;
        let (code, message) = (parts.text("errorCode")?, parts.text("errorMessage")?);
        let data = parts.optional_text("errorData")?;
        let at = super::common::moment(&mut parts, "errorDate")?;
        let cause = match parts.optional("subError") {
            Some((cause, path)) if most > 1 && !cause.is_nil() => {
                Some(Box::new(Self::read_bounded(cause, &path, most - 1)?))
            }
            _ => None,
        };
        let session_id = parts.optional_text("sessionId")?;
        parts.end()?;
        Ok(Self { code, message, data, at, cause, session_id })
    }
}

/// Codes and words of all of them, outermost first: `SCSE001 Upstream error; from TCP-7 No route`.
impl fmt::Display for ErrorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (error, number) in self.chain().zip(0..) {
            let separator = if number == 0 { "" } else { "; from " };
            let words: String = error.message.chars().take(160).collect();
            let code: String = error.code.chars().take(60).collect();
            write!(f, "{separator}{code} {words}")?;
        }
        Ok(())
    }
}
