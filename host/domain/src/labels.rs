//! Words for people, in Kazakh, Russian and English. The Russian words are the law's (Order 452); its Kazakh text was not
//! found, so the Kazakh ones are unofficial and say so where they are shown.

use serde::{Deserialize, Serialize};

use crate::{fields::FieldName, stage::Stage};

/// A language of people's views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lang {
    /// Kazakh.
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kk, Self::Ru, Self::En];

    /// Its code (ISO 639-1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// That of a code.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.name() == name)
    }
}

/// A label in the three languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Kazakh, unofficial.
    pub kk: &'static str,
    /// Russian, the law's words.
    pub ru: &'static str,
    /// English.
    pub en: &'static str,
}

impl Label {
    /// The words in a language.
    #[must_use]
    pub const fn word(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Kk => self.kk,
            Lang::Ru => self.ru,
            Lang::En => self.en,
        }
    }
}

/// A stage (452-6).
#[must_use]
pub const fn stage(stage: Stage) -> Label {
    match stage {
        Stage::Accepted => Label {
            kk: "көрсетілетін қызметті алушыдан қабылданды",
            ru: "принято от услугополучателя",
            en: "accepted from the recipient",
        },
        Stage::SentForExecution => {
            Label {
                kk: "орындауға жіберілді", ru: "отправлено на исполнение", en: "sent for execution"
            }
        }
        Stage::TakenIntoWork => Label {
            kk: "жұмысқа қабылданды", ru: "принято в работу", en: "taken into work"
        },
        Stage::Executed => Label {
            kk: "орындалды (сұрау салу бойынша жұмыстар аяқталды)",
            ru: "исполнено (работы по запросу завершены)",
            en: "executed (work on the request is finished)",
        },
        Stage::AwaitingIssue => {
            Label { kk: "беруді күтуде", ru: "ожидает выдачи", en: "awaiting issue" }
        }
        Stage::Closed => Label {
            kk: "жабылды (берілді немесе бас тартылды)",
            ru: "закрыто (выдано или отказано)",
            en: "closed (issued or refused)",
        },
    }
}

/// Where a stage was not reported.
pub const NOT_REPORTED: Label =
    Label { kk: "хабарланбаған", ru: "не сообщено", en: "not reported" };

/// Where none was found.
pub const NO_REQUEST: Label = Label {
    kk: "сұрау салу табылмады", ru: "запросов не найдено", en: "no request"
};

/// Before how many were found.
pub const REQUESTS_FOUND: Label = Label {
    kk: "табылған сұрау салулар", ru: "найдено запросов", en: "requests found"
};

/// A data field (452-7).
#[must_use]
pub const fn field(field: FieldName) -> Label {
    match field {
        FieldName::Recipient => Label {
            kk: "көрсетілетін қызметті алушының тегі, аты, әкесінің аты (бар болса)",
            ru: "фамилия, имя, отчество (при его наличии) услугополучателя",
            en: "surname, name, patronymic (if any)",
        },
        FieldName::IdentificationNumber => Label {
            kk: "жеке сәйкестендіру нөмірі (ЖСН), бизнес-сәйкестендіру нөмірі (БСН)",
            ru: "индивидуальный идентификационный номер, бизнес-идентификационный номер",
            en: "IIN, BIN",
        },
        FieldName::ServiceName => Label {
            kk: "мемлекеттік көрсетілетін қызметтің атауы",
            ru: "наименование государственной услуги",
            en: "name of the public service",
        },
        FieldName::IntakePlace => {
            Label {
                kk: "сұрау салу қабылданған орын", ru: "место приема запроса", en: "place of intake"
            }
        }
        FieldName::IntakeAt => {
            Label {
                kk: "сұрау салу қабылданған күн", ru: "дата приема запроса", en: "date of intake"
            }
        }
        FieldName::Executor => Label { kk: "орындаушы", ru: "исполнитель", en: "executor" },
        FieldName::PlannedAt => Label {
            kk: "сұрау салуды орындаудың жоспарлы күні",
            ru: "плановая дата исполнения запроса",
            en: "planned date",
        },
        FieldName::CompletedAt => {
            Label { kk: "орындалған күні", ru: "дата исполнения", en: "completion date" }
        }
        FieldName::Channel => Label { kk: "арна", ru: "канал", en: "channel" },
        FieldName::ProviderBin => {
            Label {
                kk: "көрсетілетін қызметті берушінің БСН-і", ru: "БИН услугодателя", en: "BIN of the provider"
            }
        }
        FieldName::ServiceCode => {
            Label { kk: "қызметтің коды", ru: "код услуги", en: "code of the service" }
        }
        FieldName::CompositeReference => {
            Label {
                kk: "«бір өтініш» нөмірі", ru: "номер по принципу «одного заявления»", en: "composite application"
            }
        }
    }
}
