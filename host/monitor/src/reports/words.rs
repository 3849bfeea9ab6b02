//! The words of reports. Russian follows Order 452; Kazakh is unofficial and says so on each report.

use jiff::{Timestamp, civil::Date};
use qadam_domain::{
    Zone,
    labels::{Label, Lang},
    report::{Figures, Month},
};

macro_rules! words {
    ($($name:ident: $kk:literal, $ru:literal, $en:literal;)*) => {
        $(pub(super) const $name: Label = Label { kk: $kk, ru: $ru, en: $en };)*
    };
}

words! {
    TITLE: "Мемлекеттік қызметтер көрсету мерзімдерінің бұзылуы туралы талдамалық есеп",
        "Аналитический отчет о нарушениях сроков оказания государственных услуг",
        "Analytical report on missed terms of public services";
    ORDER: "2013 жылғы 14 маусымдағы № 452 бұйрық, 12-тармақ", "Приказ от 14 июня 2013 года № 452, пункт 12",
        "Order No. 452 of 14 June 2013, clause 12";
    TAB: "Мерзімдер", "Сроки", "Terms";
    OVERDUE: "Мерзімі өткен сұрау салулар", "Просроченные запросы", "Overdue requests";
    UNOFFICIAL: "Қазақша атаулар ресми емес.", "", "";
    AS_OF: "күйі", "по состоянию на", "as of";
    MONTH: "ай", "месяц", "month";
    SECTION: "бөлім", "раздел", "section";
    TOTAL: "барлығы", "всего", "total";
    OF_LEVEL: "органдар түрі", "вид органов", "kind of bodies";
    OF_BODY: "қызметті беруші", "услугодатель", "body";
    OF_BODY_SERVICE: "қызметті берушінің қызметі", "услуга услугодателя", "service of a body";
    OF_SERVICE: "қызмет", "услуга", "service";
    LEVEL: "органның түрі", "вид органа", "kind of body";
    NO_LEVEL: "қызмет паспорты жоқ (органның түрі белгісіз)", "без паспорта услуги (вид органа не известен)",
        "without a passport (kind of body not known)";
    BODY_CODE: "БСН немесе белгісі", "БИН или обозначение", "BIN or id";
    BODY: "қызметті беруші", "услугодатель", "body";
    SERVICE_CODE: "қызметтің коды", "код услуги", "code of the service";
    SERVICE: "қызмет", "услуга", "service";
    NO_SERVICE: "қызмет аталмаған", "услуга не указана", "service not stated";
    BREAKDOWN: "Органдар бойынша", "В разрезе органов", "By body";
    SERVICES: "Қызметтер бойынша", "В разрезе услуг", "By service";
    NAME: "атауы", "наименование", "name";
    REQUESTS: "сұрау салу", "запросов", "requests";
    WITHOUT_PASSPORT: "паспортсыз", "без паспорта", "without passport";
    FINISHED: "орындалды", "исполнено", "finished";
    BREACHES: "мерзім бұзылды", "нарушений срока", "missed terms";
    BY_COMPUTED: "есептелген күн бойынша", "по вычисленной дате", "by the computed date";
    BY_REPORTED: "хабарланған күн бойынша", "по сообщенной дате", "by the reported date";
    BASIS: "негізі", "основание", "basis";
    COMPUTED: "есептелген", "вычислено", "computed";
    REPORTED: "хабарланған", "сообщено", "reported";
    BOTH: "есептелген, хабарланған", "вычислено, сообщено", "computed, reported";
    LATENESS: "кешігу", "просрочка", "lateness";
    MEDIAN: "медиана", "медиана", "median";
    LONGEST: "ең ұзағы", "наибольшая", "longest";
    TECHNICAL: "техникалық", "технических", "technical";
    CONTESTED: "даулы", "оспорено", "contested";
    CHANGE: "өзгеріс", "изменение", "change";
    MINUTES: "мин", "мин", "min";
    DAYS: "т", "д", "d";
    NUMBER: "сұрау салу нөмірі", "номер запроса", "number of the request";
    RECIPIENT: "алушы", "получатель", "recipient";
    RECIPIENT_NUMBER: "ЖСН немесе БСН", "ИИН или БИН", "IIN or BIN";
    STAGE: "кезең", "этап", "stage";
    PLANNED: "жоспарлы күні", "плановая дата", "planned date";
    FINISHED_AT: "орындалған күні", "дата исполнения", "finished at";
    STILL_OPEN: "орындалмаған", "не исполнено", "open";
    BLAME: "кім кешіктірді", "чье нарушение", "whose breach";
    YES: "иә", "да", "yes";
    NOTE_MONTHS: "Сұрау салу қабылданған айында, орындалуы орындалған айында, мерзімінің бұзылуы мерзімі біткен айда есептеледі.",
        "Запрос учтен в месяце приема, исполнение — в месяце исполнения, нарушение срока — в месяце, в котором срок истек.",
        "A request is counted in the month of its intake, as finished in that in which it was finished, its missed term in that in which the term ran out.";
    NOTE_BASIS: "Мерзімнің бұзылуы есептелген жоспарлы күн бойынша, қызмет паспорты жоқ болса — хабарланған күндер бойынша анықталады.",
        "Нарушение установлено по вычисленной плановой дате, а где нет паспорта услуги — по сообщенным датам.",
        "A missed term is found by the computed planned date, and where no passport of the service is in force by the reported dates.";
    NOTE_TECHNICAL: "Техникалық: тізімдегі ақпараттық жүйелердің жарияланған іркілістері салдарынан.",
        "Технических: вследствие объявленных сбоев информационных систем из перечня.",
        "Technical: by declared outages of information systems on the list.";
    NOTE_LATENESS: "Кешігу: тәулік (т) сағат:минут.", "Просрочка: сутки (д) часы:минуты.", "Lateness: days (d) hours:minutes.";
    NOTE_CHANGE: "Өзгеріс: мерзім бұзылуының алдыңғы айдан айырмасы.",
        "Изменение: числа нарушений к предыдущему месяцу.", "Change: of missed terms, from the month before.";
    PLOT: "Мерзім бұзылған сұрау салулар", "Нарушения сроков", "Missed terms";
    PLOT_LEGEND: "оның ішінде техникалық себептермен", "из них по техническим причинам", "of them for technical reasons";
    PAGE: "бет", "стр.", "page";
    MASKED: "Жеке деректер жасырылған.", "Персональные данные скрыты.", "Personal data are masked.";
}

const MONTHS: [Label; 12] = [
    Label { kk: "қаңтар", ru: "январь", en: "January" },
    Label { kk: "ақпан", ru: "февраль", en: "February" },
    Label { kk: "наурыз", ru: "март", en: "March" },
    Label { kk: "сәуір", ru: "апрель", en: "April" },
    Label { kk: "мамыр", ru: "май", en: "May" },
    Label { kk: "маусым", ru: "июнь", en: "June" },
    Label { kk: "шілде", ru: "июль", en: "July" },
    Label { kk: "тамыз", ru: "август", en: "August" },
    Label { kk: "қыркүйек", ru: "сентябрь", en: "September" },
    Label { kk: "қазан", ru: "октябрь", en: "October" },
    Label { kk: "қараша", ru: "ноябрь", en: "November" },
    Label { kk: "желтоқсан", ru: "декабрь", en: "December" },
];

/// `январь 2026 года`.
pub(super) fn month(month: Month, lang: Lang) -> String {
    let first = month.first();
    let place = usize::try_from(first.month() - 1).unwrap_or(0);
    let name = MONTHS.get(place).map_or("", |label| label.word(lang));
    match lang {
        Lang::Kk => format!("{} жылғы {name}", first.year()),
        Lang::Ru => format!("{name} {} года", first.year()),
        Lang::En => format!("{name} {}", first.year()),
    }
}

/// A date as people write it: `15.02.2026`, in English `2026-02-15`.
pub(super) fn date(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Kk | Lang::Ru => date.strftime("%d.%m.%Y").to_string(),
        Lang::En => date.to_string(),
    }
}

/// An instant in local time, to the minute, as people write it.
pub(super) fn instant(at: Timestamp, zone: &Zone, lang: Lang) -> String {
    let local = zone.local(at);
    format!("{} {}", date(local.date(), lang), local.strftime("%H:%M"))
}

/// `2026 жылғы 15 ақпандағы … күйі`: as of when, with the zone.
pub(super) fn as_of(at: Timestamp, zone: &Zone, lang: Lang) -> String {
    let when = format!("{} ({})", instant(at, zone, lang), zone.name());
    match lang {
        Lang::Kk => format!("{when} {}", AS_OF.kk),
        Lang::Ru | Lang::En => format!("{} {when}", AS_OF.word(lang)),
    }
}

/// Minutes as days, hours and minutes: `3 д 04:05`.
pub(super) fn duration(minutes: u64, lang: Lang) -> String {
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let clock = format!("{hours:02}:{minutes:02}");
    if days == 0 { clock } else { format!("{}\u{a0}{}\u{a0}{clock}", super::grid::grouped(days), DAYS.word(lang)) }
}

/// By which planned dates the figures of a line were found; none where there is nothing to find.
pub(super) fn basis(figures: &Figures) -> Option<Label> {
    let computed = figures.by_computed > 0 || figures.requests > figures.without_passport;
    let reported = figures.by_reported > 0 || figures.without_passport > 0;
    match (computed, reported) {
        (true, true) => Some(BOTH),
        (true, false) => Some(COMPUTED),
        (false, true) => Some(REPORTED),
        (false, false) => None,
    }
}
