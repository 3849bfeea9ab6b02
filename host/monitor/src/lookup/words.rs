//! The page's own words. Kazakh is unofficial and says so on the page.

use qadam_domain::labels::Label;

macro_rules! words {
    ($($name:ident: $kk:literal, $ru:literal, $en:literal;)*) => {
        $(pub(super) const $name: Label = Label { kk: $kk, ru: $ru, en: $en };)*
    };
}

words! {
    TITLE: "Сұрау салу қай кезеңде", "На каком этапе запрос", "At which stage a request is";
    UNOFFICIAL: "Қазақша атаулар ресми емес.", "", "";
    KEY: "Кілт", "Ключ", "Key";
    KEY_ABOUT: "Кілтті оператор береді: qadam key new --role lookup", "Ключ выдает оператор: qadam key new --role lookup",
        "An operator makes the key: qadam key new --role lookup";
    ENTER: "Кіру", "Войти", "Enter";
    LEAVE: "Шығу", "Выйти", "Leave";
    ASKED: "Сұрау салу нөмірі, ЖСН немесе БСН", "Номер запроса, ИИН или БИН", "Number of the request, IIN or BIN";
    FIND: "Табу", "Найти", "Find";
    SHOW: "Көрсету", "Показать", "Show";
    NOTHING: "Ештеңе табылмады. Нөмірді тексеріңіз.", "Ничего не найдено. Проверьте номер.",
        "Nothing was found. Check the number.";
    FOUND: "Табылғаны", "Найдено", "Found";
    NUMBER: "Нөмірі", "Номер", "Number";
    SERVICE: "Қызмет", "Услуга", "Service";
    STAGE: "Кезеңі", "Этап", "Stage";
    STAGES: "Кезеңдер", "Этапы", "Stages";
    TERM: "Хабарланған мерзімі", "Сообщенный срок", "Reported term";
    HISTORY: "Тарихы", "История", "History";
    DATA: "Деректер", "Данные", "Data";
    WHEN: "Қашан", "Когда", "When";
    WHAT: "Не болды", "Что произошло", "What happened";
    SUSPENDED: "мерзім тоқтатыла тұрды", "срок приостановлен", "term suspended";
    RESUMED: "мерзім жалғасты", "срок возобновлен", "term resumed";
    PROLONGED: "мерзім ұзартылды", "срок продлен", "term prolonged";
    REOPENED: "қайта ашылды", "возобновлен", "reopened";
    ISSUED: "нәтиже берілді", "результат выдан", "result issued";
    REFUSED: "бас тартылды", "отказано", "refused";
    PURPOSE: "Деректерді толық көрсету мақсаты (журналға жазылады)", "Цель полного просмотра (записывается в журнал)",
        "Purpose of a full view (goes into the record of acts)";
    UNKNOWN_KEY: "Мұндай кілт жоқ немесе ол жарамсыз.", "Такого ключа нет или он не действует.",
        "This key is not known, or no longer valid.";
    WRONG_ROLE: "Бұл кілтпен сұрау салуларды іздеуге болмайды.", "С этим ключом нельзя искать запросы.",
        "Requests cannot be looked up with this key.";
    ENDED: "Кілтті қайта енгізіңіз.", "Введите ключ снова.", "Enter the key again.";
    NOT_FROM_HERE: "Бұл пішін осы беттен жіберілмеген. Беттің өзінен қайталаңыз.",
        "Форма отправлена не с этой страницы. Повторите с самой страницы.",
        "The form did not come from this page. Repeat it from the page itself.";
    FAILED: "Қазір көрсету мүмкін емес.", "Сейчас показать нельзя.", "It cannot be shown now.";
}
