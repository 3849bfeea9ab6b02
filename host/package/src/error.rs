//! What is wrong with a package, and why one is not trusted.

use jiff::Timestamp;
use qadam_domain::ProviderId;

/// A file that is no package, or not a whole one, or not signed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageError {
    /// It is not in the one form that packages have.
    #[error("the package is damaged, or was not made by `qadam adapter pack`: the part at byte {at} {what}")]
    Form {
        /// Where.
        at: usize,
        /// What.
        what: &'static str,
    },
    /// A file, or its header, is not as it was written.
    #[error("`{name}` is damaged: it is not what its checksum in the package says")]
    Damaged {
        /// The file.
        name: String,
    },
    /// A name that is not allowed.
    #[error(
        "the package cannot hold a file named {name:?}: names have ASCII letters, digits, `.`, `_`, `-`, parts that do not begin with \
         a dot, `/` between them, and 200 bytes at most"
    )]
    Name {
        /// It.
        name: String,
    },
    /// Too many files.
    #[error("the package holds more files than {limit}")]
    TooManyFiles {
        /// How many may be.
        limit: usize,
    },
    /// Two files of one name.
    #[error("the package holds `{name}` twice")]
    Doubled {
        /// The name.
        name: String,
    },
    /// A file that no package has.
    #[error("the package holds `{name}`, which does not belong in a package, or does not stand in its manifest")]
    Extra {
        /// The file.
        name: String,
    },
    /// A file that belongs there is not.
    #[error("the package has no `{name}`{}", if name == "signature" { ": it is not signed" } else { "" })]
    Missing {
        /// The file.
        name: String,
    },
    /// The files are not in their order.
    #[error("the package does not hold its files in their order: `{name}` is at the wrong place")]
    Order {
        /// The first that is not.
        name: String,
    },
    /// Something is too large.
    #[error("{what} has {actual} bytes, the limit is {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// Bytes that it may have.
        limit: u64,
        /// Bytes that it has.
        actual: u64,
    },
    /// A file is not the one that was packed.
    #[error("`{name}` is not what the manifest says: its {what} differs; the package was changed after it was made")]
    Digest {
        /// The file.
        name: String,
        /// `size` or `SHA-256`.
        what: &'static str,
    },
    /// The manifest says nothing that could be understood.
    #[error("the package's manifest is wrong: {reason}")]
    Manifest {
        /// What.
        reason: String,
    },
    /// The list of parts is none.
    #[error("the package's sbom.json is wrong: {reason}")]
    Sbom {
        /// What.
        reason: String,
    },
    /// The signature is no signature, or not over this manifest.
    #[error("the package's signature is wrong: {reason}")]
    Signature {
        /// What.
        reason: String,
    },
}

impl PackageError {
    /// A stable name for the API, `package-digest`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "package-missing",
            Self::Extra { .. } | Self::Doubled { .. } | Self::Order { .. } => "package-files",
            Self::TooManyFiles { .. } | Self::TooLarge { .. } => "package-too-large",
            Self::Digest { .. } => "package-digest",
            Self::Signature { .. } => "package-signature",
            Self::Manifest { .. } => "package-manifest",
            Self::Sbom { .. } => "package-sbom",
            Self::Form { .. } | Self::Damaged { .. } | Self::Name { .. } => "package-form",
        }
    }
}

/// Why a whole and signed package may not serve a provider here and now.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// Nobody here trusts the key.
    #[error("the package is signed by the key {id}, which is not in this host's trust store")]
    Foreign {
        /// Id of the key.
        id: String,
    },
    /// The key is not trusted any more.
    #[error("the package is signed by `{name}` ({id}), a key that is revoked since {since}: {why}")]
    Revoked {
        /// Name of the key.
        name: String,
        /// Its id.
        id: String,
        /// Since when.
        since: Timestamp,
        /// Why.
        why: String,
    },
    /// The key is not yet, or no longer, taken.
    #[error("the package is signed by `{name}` ({id}), a key whose new packages are taken {}", span(.from.as_ref(), .until.as_ref()))]
    OutOfTime {
        /// Name of the key.
        name: String,
        /// Its id.
        id: String,
        /// From when, if that is said.
        from: Option<Timestamp>,
        /// Until when, if that is said.
        until: Option<Timestamp>,
    },
    /// The key may not serve that provider.
    #[error(
        "the package is signed by `{name}` ({id}), which this host trusts for other providers, not for `{provider}`"
    )]
    OtherKeyProvider {
        /// Name of the key.
        name: String,
        /// Its id.
        id: String,
        /// For whom it was asked.
        provider: ProviderId,
    },
    /// The package is not made for that provider.
    #[error("the package is made for {made_for}, not for `{provider}`")]
    OtherProvider {
        /// Whom its manifest names.
        made_for: String,
        /// For whom it was asked.
        provider: ProviderId,
    },
}

impl Distrust {
    /// A stable name for the API, `package-revoked`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "package-foreign",
            Self::Revoked { .. } => "package-revoked",
            Self::OutOfTime { .. } => "package-key-out-of-time",
            Self::OtherKeyProvider { .. } => "package-key-provider",
            Self::OtherProvider { .. } => "package-provider",
        }
    }
}

fn span(from: Option<&Timestamp>, until: Option<&Timestamp>) -> String {
    match (from, until) {
        (Some(from), Some(until)) => format!("from {from} until {until}"),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(until)) => format!("until {until}"),
        (None, None) => "at no time".to_owned(),
    }
}
