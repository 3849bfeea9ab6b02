//! All passports, as a value: a change makes a new one.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Passport, PassportError, sound};
use crate::ids::ProviderId;

/// The passports that a host knows, every version of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passports {
    by_code: BTreeMap<String, Vec<Passport>>,
}

impl Passports {
    /// These passports with one more version of one of them.
    ///
    /// # Errors
    /// If it is not sound, not the next version of its code, or one of its codes would mean two services on a day.
    pub fn with(&self, passport: Passport) -> Result<Self, PassportError> {
        sound::check(&passport)?;
        let next = self.versions(&passport.code).last().map_or(1, |last| last.version.saturating_add(1));
        if passport.version != next {
            return Err(PassportError::Version { code: passport.code, given: passport.version, next });
        }
        if let Some((alias, other, on)) = self.clash(&passport) {
            return Err(PassportError::Ambiguous { code: passport.code, alias, other, on });
        }
        let mut changed = self.clone();
        changed.by_code.entry(passport.code.clone()).or_default().push(passport);
        Ok(changed)
    }

    /// The versions of a code, the first first.
    #[must_use]
    pub fn versions(&self, code: &str) -> &[Passport] {
        self.by_code.get(code).map_or(&[], Vec::as_slice)
    }

    /// The latest version of each, by code.
    pub fn latest(&self) -> impl Iterator<Item = &Passport> {
        self.by_code.values().filter_map(|versions| versions.last())
    }

    /// The passport of a request: of that provider, with that service code, taken on that day; the latest version that
    /// was known on `known_on`, or with none that is known now. A request whose source gives no code has the one
    /// passport that names its provider, if there is just one.
    #[must_use]
    pub fn of(
        &self,
        provider: &ProviderId,
        code: Option<&str>,
        taken: Date,
        known_on: Option<Date>,
    ) -> Option<&Passport> {
        let known = |passport: &&Passport| {
            known_on.is_none_or(|on| passport.recorded.is_none_or(|recorded| recorded <= on))
                && passport.is_valid(taken)
        };
        let valid = self.by_code.values().filter_map(|versions| versions.iter().rev().find(known));
        let own = |passport: &&Passport| passport.provider.id.as_ref() == Some(provider);
        let Some(code) = code else {
            let mut own = valid.filter(own);
            return own.next().filter(|_| own.next().is_none());
        };
        // A passport of just this provider says more than one of all.
        valid
            .filter(|passport| passport.is_called(code, taken) && (passport.provider.id.is_none() || own(passport)))
            .max_by_key(|passport| passport.provider.id.is_some())
    }

    /// A code that another service goes by on the same day, for the same provider.
    fn clash(&self, passport: &Passport) -> Option<(String, String, Date)> {
        self.latest().filter(|other| other.code != passport.code && other.provider.id == passport.provider.id).find_map(
            |other| {
                uses(passport).find_map(|(code, from, until)| {
                    uses(other).filter(|use_| use_.0 == code).find_map(|(_, other_from, other_until)| {
                        let on = from.max(other_from);
                        (on <= until.min(other_until)).then(|| (code.to_owned(), other.code.clone(), on))
                    })
                })
            },
        )
    }
}

/// The codes that a passport is called by, and from when until when.
fn uses(passport: &Passport) -> impl Iterator<Item = (&str, Date, Date)> {
    let (first, last) = (passport.valid_from, passport.valid_until.unwrap_or(Date::MAX));
    let aliases = passport.aliases.iter().map(move |alias| {
        let from = alias.from.map_or(first, |from| from.max(first));
        (alias.code.as_str(), from, alias.until.map_or(last, |until| until.min(last)))
    });
    std::iter::once((passport.code.as_str(), first, last)).chain(aliases)
}
