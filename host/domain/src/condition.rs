//! What can be wrong with a host, in words for people and names for machines.

use serde::{Deserialize, Serialize};

use crate::labels::Label;

/// Something that an operator should know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// A sync of the journal failed: nothing is taken until a restart.
    JournalPoisoned,
    /// Nothing can be read from the index.
    IndexUnavailable,
    /// The disk of the data folder is nearly full.
    DiskSpace,
    /// So much waits that intake turns records away.
    IntakeFull,
    /// The index is far behind the journal.
    IndexLag,
    /// A provider whose records wait has no adapter.
    AdapterAbsent,
    /// An adapter failed too often and is at rest.
    AdapterSuspended,
    /// An adapter fails on what there is, and is tried again.
    AdapterFailing,
    /// An adapter serves whose package is not trusted any more: its key was revoked, or taken out of the trust store.
    AdapterDistrusted,
    /// The file of an adapter cannot be put to work.
    AdapterLoadError,
    /// Records wait longer than they should, although the adapter serves.
    RecordsWaiting,
    /// An adapter fails on some records, which are set aside.
    Quarantine,
    /// Messages cannot be signed: nothing new goes out.
    SealingStopped,
    /// Messages wait for a time-stamp longer than they should. They are signed, and go out where that is allowed.
    Unstamped,
    /// A destination does not take messages: they wait, and one attempt at a time is made.
    DeliveryFailing,
    /// Events that were refused or given up; later ones of their requests wait.
    DeadLetters,
    /// An operator paused delivery.
    DeliveryPaused,
    /// Events wait for delivery beyond the time allotted to their stage (1336-12).
    ExchangeLate,
    /// Terms are not counted: reports would be of earlier.
    TermsStopped,
    /// The certificate that the host shows was not renewed, or its renewal cannot be used.
    TlsCertificate,
    /// The receiver of alarms does not take them.
    AlarmsUndelivered,
}

impl Condition {
    /// All of them, the gravest first.
    pub const ALL: [Self; 21] = [
        Self::JournalPoisoned,
        Self::IndexUnavailable,
        Self::DiskSpace,
        Self::IntakeFull,
        Self::IndexLag,
        Self::AdapterAbsent,
        Self::AdapterSuspended,
        Self::AdapterFailing,
        Self::AdapterDistrusted,
        Self::AdapterLoadError,
        Self::RecordsWaiting,
        Self::Quarantine,
        Self::SealingStopped,
        Self::Unstamped,
        Self::DeliveryFailing,
        Self::DeadLetters,
        Self::DeliveryPaused,
        Self::ExchangeLate,
        Self::TermsStopped,
        Self::TlsCertificate,
        Self::AlarmsUndelivered,
    ];

    /// The name used in the API, `adapter-suspended`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JournalPoisoned => "journal-poisoned",
            Self::IndexUnavailable => "index-unavailable",
            Self::DiskSpace => "disk-space",
            Self::IntakeFull => "intake-full",
            Self::IndexLag => "index-lag",
            Self::AdapterAbsent => "adapter-absent",
            Self::AdapterSuspended => "adapter-suspended",
            Self::AdapterFailing => "adapter-failing",
            Self::AdapterDistrusted => "adapter-distrusted",
            Self::AdapterLoadError => "adapter-load-error",
            Self::RecordsWaiting => "records-waiting",
            Self::Quarantine => "quarantine",
            Self::SealingStopped => "sealing-stopped",
            Self::Unstamped => "unstamped",
            Self::DeliveryFailing => "delivery-failing",
            Self::DeadLetters => "dead-letters",
            Self::DeliveryPaused => "delivery-paused",
            Self::ExchangeLate => "exchange-late",
            Self::TermsStopped => "terms-stopped",
            Self::TlsCertificate => "tls-certificate",
            Self::AlarmsUndelivered => "alarms-undelivered",
        }
    }

    /// In words.
    #[must_use]
    pub const fn label(self) -> Label {
        let (kk, ru, en) = match self {
            Self::JournalPoisoned => (
                "журнал қайта іске қосылғанша ештеңе қабылдамайды",
                "журнал ничего не принимает до перезапуска",
                "the journal takes nothing until a restart",
            ),
            Self::IndexUnavailable => ("индекс қолжетімсіз", "индекс недоступен", "the index cannot be read"),
            Self::DiskSpace => ("дискіде орын аз қалды", "на диске мало места", "the disk is nearly full"),
            Self::IntakeFull => (
                "қабылдау тоқтатылды: тым көп жазба күтуде",
                "приём остановлен: слишком много записей ждёт",
                "intake is turned away: too much waits",
            ),
            Self::IndexLag => {
                ("индекс журналдан қалып қойды", "индекс отстаёт от журнала", "the index lags behind the journal")
            }
            Self::AdapterAbsent => {
                ("адаптер жоқ: жазбалар күтуде", "нет адаптера: записи ждут", "there is no adapter: records wait")
            }
            Self::AdapterSuspended => (
                "адаптер тоқтатыла тұрды: жазбалар күтуде",
                "адаптер приостановлен: записи ждут",
                "the adapter is suspended: records wait",
            ),
            Self::AdapterFailing => (
                "адаптер істен шығып жатыр, әрекет қайталанады",
                "адаптер сбоит, попытки повторяются",
                "the adapter fails, and is tried again",
            ),
            Self::AdapterDistrusted => (
                "сенімі жоқ кілтпен қол қойылған адаптер жұмыс істеп тұр",
                "работает адаптер, ключу которого больше не доверяют",
                "an adapter serves whose key is not trusted any more",
            ),
            Self::AdapterLoadError => (
                "адаптер файлын іске қосу мүмкін болмады",
                "файл адаптера не удаётся ввести в работу",
                "the file of the adapter cannot be put to work",
            ),
            Self::RecordsWaiting => ("жазбалар тым ұзақ күтуде", "записи ждут слишком долго", "records wait too long"),
            Self::Quarantine => ("жазбалар карантинде", "записи в карантине", "records are set aside (quarantine)"),
            Self::SealingStopped => {
                ("хабарламаларға қол қойылмайды", "сообщения не подписываются", "messages cannot be signed")
            }
            Self::Unstamped => {
                ("хабарламалар уақыт белгісін күтуде", "сообщения ждут метки времени", "messages wait for a time-stamp")
            }
            Self::DeliveryFailing => (
                "хабарламалар жеткізілмейді, әрекет қайталанады",
                "сообщения не доставляются, попытки повторяются",
                "messages are not delivered, and it is tried again",
            ),
            Self::DeadLetters => (
                "алушы қабылдамаған оқиғалар бар: оператордың шешімі керек",
                "есть события, которые получатель не принял: решает оператор",
                "events were refused by their receiver: an operator decides",
            ),
            Self::DeliveryPaused => (
                "оператор жеткізуді тоқтата тұрды",
                "доставка приостановлена оператором",
                "an operator paused delivery",
            ),
            Self::ExchangeLate => (
                "алмасу кезеңге бөлінген уақытқа сыймады",
                "обмен не уложился во время, отведённое этапу",
                "an exchange takes longer than the time allotted to its stage",
            ),
            Self::TermsStopped => ("мерзімдер есептелмейді", "сроки не считаются", "terms are not counted"),
            Self::TlsCertificate => (
                "TLS сертификаты жаңартылмаған",
                "сертификат TLS не обновлён",
                "the certificate for TLS is not renewed",
            ),
            Self::AlarmsUndelivered => (
                "хабарламалар алушыға жетпейді",
                "оповещения не доходят до получателя",
                "alarms do not reach their receiver",
            ),
        };
        Label { kk, ru, en }
    }
}

/// Words around conditions.
pub mod words {
    use crate::labels::Label;

    /// Where nothing is wrong.
    pub const ALL_IS_WELL: Label =
        Label { kk: "бәрі дұрыс", ru: "всё в порядке", en: "all is well" };
    /// Before the time since when it is so.
    pub const SINCE: Label = Label { kk: "басталуы", ru: "с", en: "since" };
    /// Before whom it affects.
    pub const AFFECTED: Label = Label { kk: "кімге әсер етеді", ru: "затронуты", en: "affects" };
    /// All providers.
    pub const EVERYONE: Label = Label { kk: "барлығына", ru: "все", en: "everyone" };
    /// Records, after their number.
    pub const RECORDS: Label = Label { kk: "жазба", ru: "записей", en: "records" };
    /// Before what was observed.
    pub const DETAIL: Label = Label { kk: "мән-жайы", ru: "подробнее", en: "detail" };
    /// Before the command to type next.
    pub const NEXT: Label = Label { kk: "келесі әрекет", ru: "дальше", en: "next" };
    /// Before the oldest record that waits.
    pub const OLDEST: Label = Label { kk: "ең ескісі", ru: "старейшая", en: "the oldest" };
    /// Before what waits.
    pub const WAITING: Label = Label { kk: "күтуде", ru: "ждут", en: "waiting" };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_condition_has_a_name_of_its_own_that_serde_uses_too_and_words_in_three_languages() {
        let names: BTreeSet<&str> = Condition::ALL.iter().map(|condition| condition.name()).collect();
        assert_eq!(names.len(), Condition::ALL.len());
        for condition in Condition::ALL {
            assert_eq!(serde_json::to_value(condition).unwrap(), condition.name());
            let Label { kk, ru, en } = condition.label();
            assert!(![kk, ru, en].contains(&"") && kk != ru, "{condition:?}");
        }
    }
}
