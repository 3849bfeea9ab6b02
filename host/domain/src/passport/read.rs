//! Passports in a file: TOML, each under `[[passport]]`, versions of one code in order.

use serde::Deserialize;

use super::{Passport, PassportError, Passports};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "passport")]
    passports: Vec<Passport>,
}

/// Why a file holds no passports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It cannot be read.
    #[error("the passports cannot be read: {0}")]
    Text(String),
    /// A passport in it is wrong.
    #[error(transparent)]
    Passport(#[from] PassportError),
}

impl Passports {
    /// Reads a file of passports, strictly.
    ///
    /// # Errors
    /// If the text is not of that form, or a passport is wrong.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let file: File = toml::from_str(text).map_err(|error| ReadError::Text(error.to_string()))?;
        file.passports.into_iter().try_fold(Self::default(), |all, passport| Ok(all.with(passport)?))
    }

    /// The sample that the demo computes with.
    ///
    /// # Errors
    /// None that a released program meets: a test reads it.
    pub fn sample() -> Result<Self, ReadError> {
        Self::read(include_str!("sample.toml"))
    }
}
