//! What can be wrong with a passport.

use jiff::civil::Date;

/// Why a passport is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassportError {
    /// A field that cannot be.
    #[error("passport `{code}`: `{field}` {what}")]
    Field {
        /// The passport.
        code: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it, with the limit and what was given.
        what: String,
    },
    /// A version out of turn.
    #[error(
        "passport `{code}`: version {given} was given, the next is {next}; read the passport again and change that"
    )]
    Version {
        /// The passport.
        code: String,
        /// The version given.
        given: u32,
        /// The version that comes next.
        next: u32,
    },
    /// A code that would mean two services.
    #[error(
        "passport `{code}`: `{alias}` is also a code of `{other}` on {on}; end one of the two before the other begins"
    )]
    Ambiguous {
        /// The passport.
        code: String,
        /// The code that both use.
        alias: String,
        /// The passport that has it already.
        other: String,
        /// A day on which both use it.
        on: Date,
    },
}
