//! Words about terms. Kazakh is unofficial.

use qadam_domain::labels::Label;

const fn label(kk: &'static str, ru: &'static str, en: &'static str) -> Label {
    Label { kk, ru, en }
}

pub(super) const NOTHING: Label = label("", "", "");
pub(super) const TERM: Label = label("Мерзімі", "Срок", "Term");
pub(super) const SERVICE: Label = label("қызмет", "услуга", "service");
pub(super) const NO_PASSPORT: Label = label(
    "қолданыстағы паспорты жоқ; мерзім есептелмейді",
    "действующего паспорта нет; срок не вычисляется",
    "no passport is in force; no date is computed",
);
pub(super) const TAKEN: Label = label("қабылданды", "принят", "taken");
pub(super) const PLANNED: Label = label("есептелген мерзім", "вычисленный срок", "computed planned date");
pub(super) const SUSPENDED: Label = label("тоқтатыла тұрды", "приостановлен", "suspended");
pub(super) const CALENDAR: Label = label("күнтізбе", "календарь", "calendar");
pub(super) const VERSION: Label = label("нұсқа", "версия", "version");
pub(super) const PROMISED: Label =
    label("көрсетілетін қызметті беруші хабарлаған", "сообщён услугодателем", "reported by the provider");
pub(super) const SAME: Label = label("сәйкес келеді", "совпадает", "the same");
pub(super) const LATER: Label = label("кешірек:", "позже на", "later by");
pub(super) const EARLIER: Label = label("ертерек:", "раньше на", "earlier by");
pub(super) const OVERDUE: Label = label("кешігу", "просрочка", "lateness");
pub(super) const REPORTED: Label =
    label("хабарланған кешігу", "просрочка по сообщённым датам", "late by what the provider reports");
pub(super) const BREACH: Label = label("бұзушылық", "нарушение", "breach");
pub(super) const PROVED: Label = label("дәлел", "доказано", "proved by");
pub(super) const CONTESTED: Label = label("дауланды", "оспорено", "contested");
pub(super) const FINISHED: Label = label("орындалды", "исполнен", "finished");
pub(super) const COUNTED: Label = label("есептелді", "отсчитано", "counted");
pub(super) const NOT_COUNTED: Label = label("есепке кірмейді", "не считаются", "not counted");
pub(super) const WEEKENDS: Label = label("демалыс күндері:", "выходные дни:", "days of weekends:");
pub(super) const TAKEN_WHEN_OPEN: Label = label(
    "жұмыс уақытынан тыс; қабылданған болып есептеледі",
    "вне рабочего времени; считается принятым",
    "outside office hours; taken on",
);
pub(super) const MOVED: Label = label("жұмыс күніне ауысты", "перенесён на рабочий день", "moved to the working day");
pub(super) const STOPPED: Label = label("тоқтатылды", "приостановлен", "suspended");
pub(super) const RESUMED: Label = label("жалғасты", "возобновлён", "resumed");
pub(super) const PROLONGED: Label = label("ұзартылды", "продлён", "prolonged to");
pub(super) const IGNORED: Label = label("ықпал етпеді:", "не повлияло:", "without effect:");
pub(super) const DAYS: Label = label("күн", "дн.", "d");
pub(super) const HOURS: Label = label("сағ.", "ч", "h");
pub(super) const MINUTES: Label = label("мин.", "мин", "min");
pub(super) const SECONDS: Label = label("с", "с", "s");

/// Whether a request is late.
pub(super) fn lateness(name: &str) -> Label {
    match name {
        "in-time" => label("мерзімінде, қалғаны", "в срок, оставалось", "in time, left"),
        "late" => label("кешіктірілді", "просрочено на", "late by"),
        "running" => label("қалды", "осталось", "left"),
        "overdue" => label("мерзімі өтті", "просрочено, пока на", "overdue, so far by"),
        "suspended" => SUSPENDED,
        _ => label("белгісіз", "неизвестно", "unknown"),
    }
}

/// By what it was found.
pub(super) fn rule(name: &str) -> Label {
    match name {
        "first-event-at-stage-four-or-later" => label(
            "4 немесе кейінгі кезеңнің бірінші оқиғасы бойынша",
            "по первому событию этапа 4 или позже",
            "by the first event at stage 4 or later",
        ),
        "clock" => label("сағат бойынша", "по часам", "by the clock"),
        "suspended" => label("мерзім тоқтатылған", "срок приостановлен", "the term stands still"),
        _ => label("паспортсыз", "без паспорта", "without a passport"),
    }
}
