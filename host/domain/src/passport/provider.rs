//! Who renders a service, and its place in the breakdown of 452-12.

use serde::{Deserialize, Serialize};

use super::Names;
use crate::{ids::ProviderId, labels::Label};

/// What sort of body a provider is, in the order of 452-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// "Центральный государственный орган".
    CentralBody,
    /// "Ведомство".
    Department,
    /// "Территориальное подразделение".
    TerritorialUnit,
    /// "Подведомственная организация".
    SubordinateOrganisation,
    /// "Местный исполнительный орган".
    LocalExecutiveBody,
    /// Any other provider: the list of 452-12 ends with "услугодателями".
    OtherProvider,
}

impl Level {
    /// All of them, in the law's order.
    pub const ALL: [Self; 6] = [
        Self::CentralBody,
        Self::Department,
        Self::TerritorialUnit,
        Self::SubordinateOrganisation,
        Self::LocalExecutiveBody,
        Self::OtherProvider,
    ];

    /// The name used in the API, `central-body`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CentralBody => "central-body",
            Self::Department => "department",
            Self::TerritorialUnit => "territorial-unit",
            Self::SubordinateOrganisation => "subordinate-organisation",
            Self::LocalExecutiveBody => "local-executive-body",
            Self::OtherProvider => "other-provider",
        }
    }

    /// What people call it. Kazakh is unofficial.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::CentralBody => Label {
                kk: "орталық мемлекеттік орган",
                ru: "центральный государственный орган",
                en: "central state body",
            },
            Self::Department => Label { kk: "ведомство", ru: "ведомство", en: "department" },
            Self::TerritorialUnit => {
                Label {
                    kk: "аумақтық бөлімше", ru: "территориальное подразделение", en: "territorial unit"
                }
            }
            Self::SubordinateOrganisation => Label {
                kk: "ведомстволық бағынысты ұйым",
                ru: "подведомственная организация",
                en: "subordinate organisation",
            },
            Self::LocalExecutiveBody => Label {
                kk: "жергілікті атқарушы орган",
                ru: "местный исполнительный орган",
                en: "local executive body",
            },
            Self::OtherProvider => {
                Label {
                    kk: "көрсетілетін қызметті беруші", ru: "услугодатель", en: "other provider"
                }
            }
        }
    }
}

/// A provider, as the report counts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {
    /// Its BIN, the only key that systems share.
    pub bin: String,
    /// What it is called.
    pub names: Names,
    /// Its place in the breakdown.
    pub level: Level,
    /// BIN of the body it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The provider of this host whose requests are meant; none for all that report the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ProviderId>,
}
