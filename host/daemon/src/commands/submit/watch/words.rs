//! The words of the reports, in three languages. The Kazakh ones are ours, and say so.

use qadam_domain::labels::Label;

pub(super) const UNOFFICIAL: &str = "(қазақша мәтін бейресми)";

pub(super) const TITLE: Label =
    Label { kk: "Файл туралы есеп", ru: "Отчёт о файле", en: "Report on the file" };
pub(super) const PROVIDER: Label = Label {
    kk: "Көрсетілетін қызметті беруші", ru: "Услугодатель", en: "Provider"
};
pub(super) const TIME: Label = Label { kk: "Уақыты", ru: "Время", en: "Time" };
pub(super) const RESULT: Label = Label { kk: "Нәтиже", ru: "Итог", en: "Result" };
pub(super) const WHY: Label = Label { kk: "Себебі", ru: "Причина", en: "Why" };
pub(super) const ALL_TAKEN: Label =
    Label {
        kk: "барлық жазба қабылданды", ru: "все записи приняты", en: "all records are taken"
    };
pub(super) const SOME_REFUSED: Label = Label {
    kk: "кейбір жазбалар қабылданбады, қалғандары қабылданды",
    ru: "часть записей не принята, остальные приняты",
    en: "some records are not taken, the others are",
};
pub(super) const FILE_REFUSED: Label =
    Label { kk: "файл қабылданбады", ru: "файл не принят", en: "the file is not taken" };
pub(super) const SENT: Label = Label {
    kk: "Жіберілген жазбалар", ru: "Отправлено записей", en: "Records sent"
};
pub(super) const MAPPED: Label = Label { kk: "Қабылданғаны", ru: "Принято", en: "Taken" };
pub(super) const DUPLICATES: Label = Label {
    kk: "Оның ішінде бұрын жіберілгені (қайталану ештеңені өзгертпейді)",
    ru: "В том числе уже были отправлены раньше (повтор ничего не меняет)",
    en: "Of all sent: sent before already (sending again changes nothing)",
};
pub(super) const REFUSED: Label =
    Label { kk: "Қабылданбағаны", ru: "Не принято", en: "Refused" };
pub(super) const QUARANTINED: Label =
    Label {
        kk: "Оператордың қарауында", ru: "Отложено для оператора", en: "Set aside for the operator"
    };
pub(super) const LINE: Label = Label { kk: "жол", ru: "строка", en: "line" };
pub(super) const MORE: Label = Label { kk: "тағы", ru: "ещё", en: "more" };
pub(super) const TO_DO: Label =
    Label { kk: "Не істеу керек", ru: "Что сделать", en: "What to do" };
pub(super) const TO_DO_QUARANTINED: Label = Label {
    kk: "қайта жіберудің қажеті жоқ: жазба сақталды, оны оператор өңдейді",
    ru: "отправлять снова не нужно: запись сохранена, ею займётся оператор",
    en: "nothing to send again: the record is kept, and the operator will see to it",
};

/// A cause of a refusal.
pub(super) fn cause(name: &str) -> Label {
    match name {
        "malformed" => Label {
            kk: "жол оқылмайды", ru: "строка не читается", en: "the row cannot be read"
        },
        "unidentifiable-request" => {
            Label {
                kk: "өтініштің нөмірі жоқ", ru: "нет номера заявки", en: "no number of the request"
            }
        }
        "unknown-native-status" => Label {
            kk: "белгісіз мәртебе", ru: "неизвестный статус", en: "unknown status"
        },
        "unreadable-time" => {
            Label { kk: "күні оқылмайды", ru: "дата не читается", en: "unreadable date" }
        }
        "identification-number" => {
            Label { kk: "ЖСН/БСН қате", ru: "ИИН/БИН с ошибкой", en: "wrong IIN or BIN" }
        }
        "secret" => {
            Label { kk: "құпия белгісі бар", ru: "гриф секретности", en: "marked secret" }
        }
        "record-too-large" => {
            Label {
                kk: "жазба тым үлкен", ru: "запись слишком велика", en: "the record is too large"
            }
        }
        _ => Label { kk: "басқа себеп", ru: "другая причина", en: "another cause" },
    }
}

/// What the sender should do about it.
pub(super) fn to_do(cause: &str) -> Label {
    match cause {
        "malformed" => Label {
            kk: "жолдың бағандарын, тырнақшаларын және кодтауын баптаулармен салыстырып, түзетіп, қайта жіберіңіз",
            ru: "сверьте столбцы, кавычки и кодировку строки с настройками, исправьте и отправьте строку снова",
            en: "compare the columns, quotes and encoding of the row with the settings, mend it and send it again",
        },
        "unidentifiable-request" => Label {
            kk: "өтініштің нөмірін толтырып, жолды қайта жіберіңіз",
            ru: "впишите номер заявки и отправьте строку снова",
            en: "fill in the number of the request and send the row again",
        },
        "unknown-native-status" => Label {
            kk: "мәртебені түзетіп, жолды қайта жіберіңіз, не операторға оны [statuses] кестесіне қостырыңыз",
            ru: "исправьте статус и отправьте строку снова, или попросите оператора добавить его в таблицу [statuses]",
            en: "correct the status and send the row again, or have the operator add it to the table [statuses]",
        },
        "unreadable-time" => Label {
            kk: "күнді баптаулардағы үлгімен жазып, жолды қайта жіберіңіз",
            ru: "запишите дату так, как указано в настройках, и отправьте строку снова",
            en: "write the date as the settings say and send the row again",
        },
        "identification-number" => Label {
            kk: "нөмірді құжатпен салыстырып, жолды қайта жіберіңіз (Excel бастапқы нөлді өшіруі мүмкін)",
            ru: "сверьте номер с документом и отправьте строку снова (Excel мог убрать ноль в начале)",
            en: "compare the number with the document and send the row again (Excel may have cut a leading zero)",
        },
        "secret" => Label {
            kk: "мемлекеттік құпия бұл жүйе арқылы берілмейді (№ 1277 бұйрық, 2-тармақ); жолды алып тастаңыз",
            ru: "государственная тайна так не передаётся (приказ № 1277, п. 2); уберите строку",
            en: "state secrets are outside this exchange (Order 1277, clause 2); remove the row",
        },
        _ => Label {
            kk: "себебі жоғарыда; жолды түзетіп, қайта жіберіңіз",
            ru: "причина указана выше; исправьте строку и отправьте её снова",
            en: "the cause stands above; mend the row and send it again",
        },
    }
}
