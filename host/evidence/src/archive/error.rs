//! Why bytes are no archive, or contents make none.

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Too much of something.
    #[error("the archive has {actual} {what}, the limit is {limit}")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many are taken.
        limit: u64,
        /// How many it has, or claims.
        actual: u64,
    },
    /// Not a ZIP file, or one whose headers contradict each other.
    #[error("the file is no archive of evidence: {0}")]
    Container(String),
    /// A file in a form that archives do not have.
    #[error("`{name}` is {how}; files of an archive are stored as they are")]
    Form {
        /// The file.
        name: String,
        /// In what form.
        how: &'static str,
    },
    /// A file that belongs to no archive.
    #[error("`{name}` does not belong into an archive of evidence")]
    Unexpected {
        /// Its name, shortened.
        name: String,
    },
    /// A file that every archive has.
    #[error("`{name}` is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A file that is not what it should be.
    #[error("`{name}`: {reason}")]
    Part {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ArchiveError {
    /// The file that it is about, where it is about one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Form { name, .. } | Self::Unexpected { name } | Self::Missing { name } | Self::Part { name, .. } => {
                Some(name)
            }
            Self::TooLarge { .. } | Self::Container(_) => None,
        }
    }

    pub(crate) fn part(name: &str, reason: impl ToString) -> Self {
        Self::Part { name: name.to_owned(), reason: reason.to_string() }
    }
}
