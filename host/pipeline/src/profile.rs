//! What the operator says about each provider: its adapter and zone, how strict to be, and what of its records must not be
//! kept.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use qadam_domain::{Allowance, Policy, ProviderId, Zone};
use qadam_engine::Limits;
use regex::bytes::Regex;
use serde::Deserialize;

/// The configured providers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Profiles(BTreeMap<ProviderId, Profile>);

/// One provider.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// File of its adapter in the adapters' folder. Default: `PROVIDER.wasm`.
    pub adapter: Option<String>,
    /// Settings that the adapter reads.
    pub settings: BTreeMap<String, String>,
    /// Settings whose values are the texts of files, by paths from the configuration's folder. They join `settings` when the
    /// configuration is read.
    pub settings_from: BTreeMap<String, PathBuf>,
    /// What its adapter may use, within the ceiling for all.
    pub limits: Allowance,
    /// IANA zone of the place, for times whose adapter names none.
    pub zone: Option<Zone>,
    /// Events received this much after they occurred are `late`, as `30 days` or `PT48H`. Default: none is.
    pub late_after: Option<SignedDuration>,
    /// What to do with odd identification numbers.
    pub identification_numbers: Numbers,
    /// The provider's business identification number (BIN): its signatures must be of an employee of it.
    pub bin: Option<String>,
    /// What is asked of the signatures of its records.
    pub signatures: SignatureRules,
    /// A key that the provider entrusted to the host: it seals the provider's messages, and certifies them (452-8).
    pub entrusted_key: Option<KeyFiles>,
    /// Parts of a record that are removed before it is kept (invariant 2).
    pub redact: Vec<Rule>,
    /// Marks of a state secret (1277-2): a record that has one is refused and its body not kept.
    pub secret: Vec<Rule>,
}

/// What is asked of the signatures of a provider's records. They are checked and shown in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignatureRules {
    /// A record is mapped only if its signature is valid. One that is not is refused, with the step; one that cannot be told
    /// is set aside and tried again.
    pub required: bool,
    /// Whose signatures they are.
    pub by: WhoSigns,
}

/// Whose signatures records bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhoSigns {
    /// The provider's authorised person's (452-8): role and BIN are checked.
    #[default]
    Provider,
    /// The applicant's, or an official's for one (56-6.6): the number in the request is checked.
    Applicant,
}

/// Files of a key. Paths are from the configuration's folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyFiles {
    /// The key: PKCS#12, or PEM.
    pub key: PathBuf,
    /// Its certificates, PEM, where they are not in the key's file.
    pub certificates: Option<PathBuf>,
    /// The password of a PKCS#12 file: its first line.
    pub password_file: Option<PathBuf>,
}

/// What to do with odd identification numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Take the record, and show what is odd about the number.
    #[default]
    Flag,
    /// Refuse the record.
    Strict,
}

/// A pattern over a record's bytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, kept with the record.
    pub name: String,
    /// A regular expression. What its first group matches (or all of the match, where it has no group) is what is meant.
    #[serde(deserialize_with = "pattern")]
    pub pattern: Regex,
}

fn pattern<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Regex, D::Error> {
    let text = String::deserialize(deserializer)?;
    Regex::new(&text).map_err(serde::de::Error::custom)
}

/// Most bytes of a setting that comes from a file.
const SETTING_LIMIT: u64 = 1 << 20;

/// Stands where something was removed.
const REMOVED: &[u8] = b"[removed]";

impl Profiles {
    /// The profile of a provider; the default one if it has none.
    #[must_use]
    pub fn of(&self, provider: &ProviderId) -> std::borrow::Cow<'_, Profile> {
        match self.0.get(provider) {
            Some(profile) => std::borrow::Cow::Borrowed(profile),
            None => std::borrow::Cow::Owned(Profile::default()),
        }
    }

    /// Reads the files that settings come from.
    ///
    /// # Errors
    /// The provider, the key and the file, and why it cannot be read.
    pub fn read_settings(&mut self, folder: &Path) -> Result<(), String> {
        for (provider, profile) in &mut self.0 {
            if let Some(KeyFiles { key, certificates, password_file }) = &mut profile.entrusted_key {
                for path in [Some(key), certificates.as_mut(), password_file.as_mut()].into_iter().flatten() {
                    *path = folder.join(&*path);
                }
            }
            for (key, file) in std::mem::take(&mut profile.settings_from) {
                let path = folder.join(&file);
                let named =
                    |why: String| format!("`providers.{provider}.settings-from.{key}`: {}: {why}", path.display());
                let size = std::fs::metadata(&path).map_err(|error| named(error.to_string()))?.len();
                if size > SETTING_LIMIT {
                    return Err(named(format!("it has {size} bytes, the limit is {SETTING_LIMIT}")));
                }
                let text = std::fs::read_to_string(&path).map_err(|error| named(error.to_string()))?;
                if profile.settings.insert(key.clone(), text).is_some() {
                    return Err(named("the key stands in `settings` too".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Whether a provider is configured.
    #[must_use]
    pub fn has(&self, provider: &ProviderId) -> bool {
        self.0.contains_key(provider)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderId, &Profile)> {
        self.0.iter()
    }
}

impl Profile {
    /// Whether it can be what it says.
    ///
    /// # Errors
    /// What contradicts what.
    pub fn checked(&self) -> Result<(), String> {
        if let Some(bin) = self.bin.as_ref().filter(|bin| bin.len() != 12 || !bin.bytes().all(|b| b.is_ascii_digit())) {
            return Err(format!("`bin` must be 12 digits; it has {} characters", bin.chars().count()));
        }
        if self.signatures.required && self.signatures.by == WhoSigns::Provider && self.bin.is_none() {
            return Err(
                "`signatures.required` needs `bin`, the number that the signer's certificate must have".to_owned()
            );
        }
        Ok(())
    }

    /// Whether its adapter may use what it says.
    ///
    /// # Errors
    /// The limit that is above the ceiling, or that no engine can keep.
    pub fn allowed(&self, ceiling: &Allowance) -> Result<(), String> {
        if let Some((limit, actual, most)) = self.limits.above(ceiling) {
            let name = limit.name();
            return Err(format!("`{name}` is {actual}, the ceiling in `adapters.limits` is {most}"));
        }
        Limits::of(&self.limits).map(drop).map_err(|error| error.to_string())
    }

    /// What the domain checks by.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy { zone: self.zone.clone(), strict_numbers: self.identification_numbers == Numbers::Strict }
    }

    /// The name of the first mark of secrecy that a record has.
    #[must_use]
    pub fn secret_mark(&self, body: &[u8]) -> Option<&str> {
        self.secret.iter().find(|rule| rule.pattern.is_match(body)).map(|rule| rule.name.as_str())
    }

    /// The record without what must not be kept, and the names of the rules that removed something; none if nothing was.
    #[must_use]
    pub fn redacted(&self, body: &[u8]) -> Option<(Vec<u8>, Vec<String>)> {
        let mut kept: Option<Vec<u8>> = None;
        let mut names = Vec::new();
        for rule in &self.redact {
            let source = kept.as_deref().unwrap_or(body);
            if !rule.pattern.is_match(source) {
                continue;
            }
            let mut out = Vec::with_capacity(source.len());
            let mut from = 0;
            for found in rule.pattern.captures_iter(source) {
                let Some(part) = found.get(1).or_else(|| found.get(0)) else { continue };
                out.extend_from_slice(source.get(from..part.start()).unwrap_or_default());
                out.extend_from_slice(REMOVED);
                from = part.end();
            }
            out.extend_from_slice(source.get(from..).unwrap_or_default());
            kept = Some(out);
            names.push(rule.name.clone());
        }
        kept.map(|kept| (kept, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(toml: &str) -> Profile {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn credentials_are_removed_and_the_rule_is_named() {
        let profile = profile("redact = [{ name = 'password', pattern = '<password>([^<]*)</password>' }]");
        let (kept, names) = profile.redacted(b"<a><password>x</password><password>y</password></a>").unwrap();
        assert_eq!(kept, b"<a><password>[removed]</password><password>[removed]</password></a>");
        assert_eq!(names, ["password"]);
        assert!(profile.redacted(b"<a/>").is_none());
    }

    #[test]
    fn a_mark_of_secrecy_is_named() {
        let profile = profile("secret = [{ name = 'stamp', pattern = '(?i)class=\"secret\"' }]");
        assert_eq!(profile.secret_mark(b"<a class=\"Secret\"/>"), Some("stamp"));
        assert_eq!(profile.secret_mark(b"<a/>"), None);
    }

    #[test]
    fn unknown_keys_zones_and_patterns_are_errors() {
        for wrong in [
            "adaptor = 'x'",
            "zone = 'Asia/Nowhere'",
            "secret = [{ name = 'x', pattern = '(' }]",
            "late-after = 'soon'",
        ] {
            assert!(toml::from_str::<Profile>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(profile("late-after = 'PT48H'").late_after, Some(SignedDuration::from_hours(48)));
    }
}
