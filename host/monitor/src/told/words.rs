//! The sentences' words. Short ones, since they are read out; in Kazakh dates stand without endings, so that none is wrong.

use jiff::Zoned;
use qadam_domain::labels::Lang;

/// A sentence in three languages, with places for what is told: `{0}`, `{1}`, …
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence {
    kk: &'static str,
    ru: &'static str,
    en: &'static str,
}

impl Sentence {
    /// The sentence with its places filled. What is filled in is not looked into for places.
    pub(super) fn with(self, lang: Lang, parts: &[&str]) -> String {
        let pattern = match lang {
            Lang::Kk => self.kk,
            Lang::Ru => self.ru,
            Lang::En => self.en,
        };
        let mut pieces = pattern.split('{');
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (place, rest) = piece.split_once('}').unwrap_or(("", piece));
            out.push_str(place.parse().ok().and_then(|place: usize| parts.get(place)).copied().unwrap_or_default());
            out.push_str(rest);
        }
        out
    }
}

const fn say(kk: &'static str, ru: &'static str, en: &'static str) -> Sentence {
    Sentence { kk, ru, en }
}

pub(super) const REQUEST: Sentence = say("{0} сұрау салуы{1}.", "Запрос {0}{1}.", "Request {0}{1}.");
pub(super) const TAKEN: Sentence = say("Қабылданған күні: {0}.", "Принят {0}.", "It was taken on {0}.");
pub(super) const NO_STAGE: Sentence = say("Кезеңі хабарланбаған.", "Этап не сообщен.", "Its stage was not reported.");
pub(super) const NOW: Sentence =
    say("Қазір 6 кезеңнің {1}-кезеңінде: {0}.", "Сейчас этап {1} из 6: {0}.", "It is at stage {1} of 6: {0}.");
pub(super) const NOW_SINCE: Sentence = say(
    "Қазір 6 кезеңнің {1}-кезеңінде: {0} ({2}).",
    "Сейчас этап {1} из 6: {0} ({2}).",
    "It is at stage {1} of 6: {0} ({2}).",
);
pub(super) const RUNNING: Sentence =
    say("Мерзімі: {0}. Қалғаны: {1}.", "Срок: {0}. Осталось: {1}.", "It is due by {0}. Time left: {1}.");
pub(super) const OVERDUE: Sentence = say(
    "Мерзімі өтіп кетті: {0}. Кешігуі: {1}.",
    "Срок истек: {0}. Просрочка: {1}.",
    "It was due by {0}. Overdue by: {1}.",
);
pub(super) const IN_TIME: Sentence =
    say("Мерзімінде орындалды: мерзімі {0}.", "Исполнен в срок: срок {0}.", "It was finished in time, due by {0}.");
pub(super) const LATE: Sentence = say(
    "Мерзімінен кеш орындалды: мерзімі {0}. Кешігуі: {1}.",
    "Исполнен с опозданием: срок {0}. Просрочка: {1}.",
    "It was finished late, due by {0}. Late by: {1}.",
);
pub(super) const PROMISED: Sentence = say("Мерзімі: {0}.", "Срок: {0}.", "It is due by {0}.");
pub(super) const REPORTED: Sentence =
    say("Мерзімін қызметті беруші хабарлаған.", "Срок сообщен услугодателем.", "The date is the provider's.");
pub(super) const OTHER_PROMISE: Sentence = say(
    "Қызметті беруші басқа мерзім хабарлаған: {0}.",
    "Услугодатель сообщил другой срок: {0}.",
    "The provider's own date is another: {0}.",
);
pub(super) const SUSPENDED: Sentence = say("Мерзімі тоқтатыла тұрды.", "Срок приостановлен.", "Its term is suspended.");
pub(super) const NO_DATE: Sentence = say("Мерзімі хабарланбаған.", "Срок не сообщен.", "No date was promised.");
pub(super) const ISSUED: Sentence = say("Нәтижесі берілді.", "Результат выдан.", "Its result was issued.");
pub(super) const REFUSED: Sentence =
    say("Қызмет көрсетуден бас тартылды.", "В оказании услуги отказано.", "The service was refused.");
pub(super) const COLLECT_AT: Sentence = say(
    "Нәтижесі сұрау салу қабылданған жерде беріледі: {0}.",
    "Результат выдают там, где принят запрос: {0}.",
    "Its result is issued where it was taken: {0}.",
);
pub(super) const COLLECT_ON_PORTAL: Sentence = say(
    "Нәтижесі порталдағы жеке кабинетте болады.",
    "Результат будет в личном кабинете на портале.",
    "Its result will be in the personal account on the portal.",
);
pub(super) const COLLECT_AT_CORPORATION: Sentence = say(
    "Нәтижесі Мемлекеттік корпорацияда беріледі.",
    "Результат выдают в Государственной корпорации.",
    "Its result is issued at the State Corporation.",
);
pub(super) const COLLECT_AT_PROVIDER: Sentence =
    say("Нәтижесін қызметті беруші береді.", "Результат выдает услугодатель.", "Its result is issued by the provider.");

const MONTHS: [[&str; 3]; 12] = [
    ["қаңтар", "января", "January"],
    ["ақпан", "февраля", "February"],
    ["наурыз", "марта", "March"],
    ["сәуір", "апреля", "April"],
    ["мамыр", "мая", "May"],
    ["маусым", "июня", "June"],
    ["шілде", "июля", "July"],
    ["тамыз", "августа", "August"],
    ["қыркүйек", "сентября", "September"],
    ["қазан", "октября", "October"],
    ["қараша", "ноября", "November"],
    ["желтоқсан", "декабря", "December"],
];

/// A day as it is said: `6 мая 2024 года`.
pub(super) fn date(at: &Zoned, lang: Lang) -> String {
    let [kk, ru, en] =
        usize::try_from(at.month() - 1).ok().and_then(|place| MONTHS.get(place)).unwrap_or(&["", "", ""]);
    let (year, day) = (at.year(), at.day());
    match lang {
        Lang::Kk => format!("{year} жылғы {day} {kk}"),
        Lang::Ru => format!("{day} {ru} {year} года"),
        Lang::En => format!("{day} {en} {year}"),
    }
}

/// A day with its hour and minute.
pub(crate) fn moment(at: &Zoned, lang: Lang) -> String {
    format!("{}, {:02}:{:02}", date(at, lang), at.hour(), at.minute())
}

/// A span as it is said, by its two greatest parts: `2 дня 3 часа`. What is less than a minute is one.
pub(crate) fn duration(seconds: u64, lang: Lang) -> String {
    let minutes = (seconds / 60).max(1);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let days = (days, [["күн"; 3], ["день", "дня", "дней"], ["day", "days", "days"]]);
    let hours = (hours, [["сағат"; 3], ["час", "часа", "часов"], ["hour", "hours", "hours"]]);
    let minutes = (minutes, [["минут"; 3], ["минута", "минуты", "минут"], ["minute", "minutes", "minutes"]]);
    let parts = if days.0 > 0 { [days, hours] } else { [hours, minutes] };
    let part = |(count, [kk, ru, en]): (u64, [[&'static str; 3]; 3])| {
        let [one, few, many] = match lang {
            Lang::Kk => kk,
            Lang::Ru => ru,
            Lang::En => en,
        };
        let word = match (lang, count % 10, count % 100) {
            (Lang::En, ..) => {
                if count == 1 {
                    one
                } else {
                    many
                }
            }
            (_, _, 11..=14) => many,
            (_, 1, _) => one,
            (_, 2..=4, _) => few,
            _ => many,
        };
        (count > 0).then(|| format!("{count} {word}"))
    };
    parts.into_iter().filter_map(part).collect::<Vec<_>>().join(" ")
}
