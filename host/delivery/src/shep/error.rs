//! Why a document of the channel cannot be read.

/// Why a document cannot be read. Names places and what is wrong there, and repeats nothing of a message's content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is not XML, or more of it than is read.
    #[error("XML, byte {at}: {what}")]
    Xml {
        /// In bytes.
        at: usize,
        /// What is wrong.
        what: String,
    },
    /// It is XML that the channel does not have.
    #[error("{path}, byte {at}: {what}")]
    Place {
        /// The names of the elements from the root.
        path: String,
        /// In bytes.
        at: usize,
        /// What is wrong.
        what: String,
    },
}

impl Unreadable {
    pub(super) fn xml(at: usize, what: impl Into<String>) -> Self {
        Self::Xml { at, what: what.into() }
    }

    pub(super) fn place(path: &str, at: usize, what: impl Into<String>) -> Self {
        Self::Place { path: path.to_owned(), at, what: what.into() }
    }
}
