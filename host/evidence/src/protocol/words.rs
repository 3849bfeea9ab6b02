//! The words of a protocol. The Kazakh ones are unofficial, as all labels here ([`qadam_domain::labels`]), and the page says so.

use crate::verdict::{Step, Verdict};

/// A language of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Kazakh; the words are unofficial and say so.
    Kazakh,
    /// Russian.
    Russian,
}

impl Language {
    /// Its code, `kk` or `ru`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.pick("kk", "ru")
    }

    pub(super) const fn pick(self, kk: &'static str, ru: &'static str) -> &'static str {
        match self {
            Self::Kazakh => kk,
            Self::Russian => ru,
        }
    }
}

/// A word in both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    kk: &'static str,
    ru: &'static str,
}

impl Word {
    pub(super) const fn of(self, language: Language) -> &'static str {
        language.pick(self.kk, self.ru)
    }

    /// The word, where this language has one.
    pub(super) fn get(self, language: Language) -> Option<&'static str> {
        Some(self.of(language)).filter(|word| !word.is_empty())
    }
}

const fn word(kk: &'static str, ru: &'static str) -> Word {
    Word { kk, ru }
}

pub(super) const TITLE: Word =
    word("Электрондық дәлелді тексеру хаттамасы", "Протокол проверки электронного доказательства");
pub(super) const UNOFFICIAL: Word = word("Қазақша мәтін бейресми: ресми аудармасы табылған жоқ.", "");
pub(super) const DEVELOPMENT: Word = word(
    "әзірлеуге арналған куәландырушы орталық қол қойған немесе уақыт белгісін берген; басқалар үшін дәлел болмайды",
    "подписано или отмечено временем удостоверяющим центром для разработки; для других доказательством не является",
);
pub(super) const NOT_CERTIFIED: Word = word(
    "көрсетілетін қызметті беруші куәландырмаған: тек хосттың көліктік мөрі бар",
    "не заверено услугодателем: есть только транспортная печать хоста",
);
pub(super) const REPLACED: Word = word(
    "жазбаның кейінгі өңделуі бұл оқиғаны ауыстырды (mappings бумасын қараңыз)",
    "более позднее отображение записи заменило это событие (см. папку mappings)",
);
pub(super) const REPLACES: Word = word("мына оқиғаларды ауыстырады", "заменяет события");
pub(super) const REPLACED_BY: Word = word("мына оқиғалар ауыстырды", "заменено событиями");
pub(super) const PROVED: Word = word(
    "Төмендегі оқиға дәл осылай жазылған және қол қойылған; ол уақыт белгісінен кешіктірілмей болған; содан бері ештеңе өзгертілмеген.",
    "Событие записано и подписано именно так, как указано ниже; оно существовало не позднее отметки времени; с тех пор ничего не изменено.",
);
pub(super) const NOT_ALL: Word = word(
    "Барлық қадамды тексеру мүмкін болмады. Төменде қайсысы және неге екені көрсетілген. Бұл әзірге дәлел емес.",
    "Не все шаги удалось проверить. Ниже указано, какие и почему. Пока это не доказательство.",
);
pub(super) const NOT_PROVED: Word = word(
    "Мұрағат дәлел болып табылмайды. Төменде қай қадам орындалмағаны көрсетілген.",
    "Архив не является доказательством. Ниже указано, какой шаг не выполнен.",
);
pub(super) const EVENT: Word = word("Не дәлелденеді: оқиға", "Что доказывается: событие");
pub(super) const FIELDS: Word = word("Деректер", "Данные");
pub(super) const SIGNED: Word = word("Кім қол қойды", "Кем подписано");
pub(super) const STAMPED: Word = word("Уақыт белгісі", "Отметка времени");
pub(super) const STEPS: Word = word("Тексеру қадамдары", "Шаги проверки");
pub(super) const STEP: Word = word("Қадам", "Шаг");
pub(super) const FILE: Word = word("Файл", "Файл");
pub(super) const VERDICT: Word = word("Қорытынды", "Вывод");
pub(super) const CHECK_YOURSELF: Word = word(
    "Бұл хаттамаға сенудің қажеті жоқ: мұрағатты мына команда немесе HOW-TO.txt бойынша openssl тексереді.",
    "Верить этому протоколу не нужно: архив проверяет эта команда или openssl, как описано в HOW-TO.txt.",
);
pub(super) const ID: Word = word("оқиғаның идентификаторы", "идентификатор события");
pub(super) const PROVIDER: Word = word("көрсетілетін қызметті беруші", "услугодатель");
pub(super) const NUMBER: Word = word("сұрау салудың нөмірі", "номер запроса");
pub(super) const KIND: Word = word("оқиғаның түрі", "вид события");
pub(super) const STAGE: Word = word("кезең", "этап");
pub(super) const OUTCOME: Word = word("нәтиже", "результат");
pub(super) const GROUND: Word = word("негіздеме", "основание");
pub(super) const PLANNED: Word = word("жаңа жоспарлы күні", "новая плановая дата");
pub(super) const OCCURRED: Word = word("болған уақыты (жергілікті)", "произошло (местное время)");
pub(super) const STATUS: Word = word("дереккөздегі мәртебе", "статус в источнике");
pub(super) const RECEIVED: Word = word("жазба қабылданды (UTC)", "запись получена (UTC)");
pub(super) const RECORDED: Word = word("оқиға тіркелді (UTC)", "событие учтено (UTC)");
pub(super) const RECORD_DIGEST: Word = word("қабылданған жазбаның SHA-256", "SHA-256 полученной записи");
pub(super) const KEPT_DIGEST: Word = word("сақталған жазбаның SHA-256", "SHA-256 сохранённой записи");
pub(super) const ADAPTER: Word = word("адаптер", "адаптер");
pub(super) const CLEARED: Word = word("(мәні алынып тасталды)", "(значение снято)");
pub(super) const BY: Word = word("кім", "кем");
pub(super) const SEALED: Word =
    word("қол қойылған уақыты (UTC, қол қоюшының сағаты)", "подписано (UTC, по часам подписавшего)");
pub(super) const CERTIFIED: Word = word("көрсетілетін қызметті беруші куәландырған", "заверено услугодателем");
pub(super) const YES: Word = word("иә", "да");
pub(super) const MESSAGE: Word = word("хабарлама", "сообщение");
pub(super) const TIME: Word = word("уақыты (UTC)", "время (UTC)");
pub(super) const NOT_STAMPED: Word =
    word("уақыт белгісі жоқ: уақыт — қол қоюшының сөзі ғана", "отметки времени нет: время — лишь слова подписавшего");
pub(super) const ORGANISATION: Word = word("ұйым", "организация");
pub(super) const BIN: Word = word("БСН", "БИН");
pub(super) const SERIAL: Word = word("сертификаттың сериялық нөмірі", "серийный номер сертификата");

pub(super) const fn verdict(verdict: Verdict) -> Word {
    match verdict {
        Verdict::Valid => word("дұрыс", "верно"),
        Verdict::Indeterminate => word("анықталмады", "не установлено"),
        Verdict::Invalid => word("дұрыс емес", "неверно"),
    }
}

/// The class of a verdict in the page's style.
pub(super) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Indeterminate => "indeterminate",
        Verdict::Invalid => "invalid",
    }
}

pub(super) const fn step(step: Step) -> Word {
    match step {
        Step::Structure => word("құрамы мен бүтіндігі", "состав и целостность"),
        Step::Signature => word("қолтаңба дәл осы деректерге қойылған", "подпись под этими данными"),
        Step::SigningTime => word("айтылған уақыт белгіден кейін емес", "указанное время не позже отметки времени"),
        Step::Validity => word("сертификат сол уақытта күшінде болған", "сертификат действовал на этот момент"),
        Step::KeyUsage => word("кілт қол қоюға арналған", "ключ предназначен для подписи"),
        Step::Policy => word("сертификат саясаты", "политика сертификата"),
        Step::Revocation => word("сертификат кері қайтарылмаған", "сертификат не отозван"),
        Step::Chain => word("сенімді түбірге дейінгі тізбек", "цепочка до доверенного корня"),
        Step::Role => word("қол қою құқығы", "право подписи"),
        Step::Owner => word("сертификат иесі", "владелец сертификата"),
        Step::Timestamp => word("уақыт белгісі", "отметка времени"),
        Step::Event => word("оқиғаның таңбасы манифесте бар", "отпечаток события есть в манифесте"),
        Step::Manifest => word("манифест мазмұны", "содержание манифеста"),
        Step::Sequence => word("манифесттердің реті", "последовательность манифестов"),
        Step::Record => word("түпнұсқа жазба", "исходная запись"),
    }
}

pub(super) fn kind(kind: &str) -> Word {
    match kind {
        "stage" => word("кезең", "этап"),
        "update" => word("деректердің өзгеруі", "изменение данных"),
        "suspended" => word("мерзім тоқтатылды", "срок приостановлен"),
        "resumed" => word("мерзім жалғасты", "срок возобновлён"),
        "prolonged" => word("мерзім ұзартылды", "срок продлён"),
        "reopened" => word("қайта ашылды", "открыто вновь"),
        "withdrawn" => word("оқиға кері алынды", "событие отозвано"),
        "correction" => word("түзету", "исправление"),
        _ => word("басқа", "другое"),
    }
}

pub(super) fn outcome(outcome: &str) -> Word {
    match outcome {
        "issued" => word("берілді", "выдано"),
        "refused" => word("бас тартылды", "отказано"),
        _ => word("көрсетілмеген", "не указано"),
    }
}
