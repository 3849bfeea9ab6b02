//! A name in the three languages.

use serde::{Deserialize, Serialize};

use crate::labels::Lang;

/// A name. Russian is required, since the acts that are at hand are in Russian; a language that is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Russian.
    pub ru: String,
    /// Kazakh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kk: Option<String>,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Names {
    /// The name in a language, or in Russian where it is not known in that one.
    #[must_use]
    pub fn word(&self, lang: Lang) -> &str {
        let known = match lang {
            Lang::Kk => self.kk.as_deref(),
            Lang::Ru => None,
            Lang::En => self.en.as_deref(),
        };
        known.unwrap_or(&self.ru)
    }
}
