//! Alarms: a condition that stands for a while is told once, and its end once. Pure: what is seen and the time are arguments;
//! what is told, and when it was taken, is kept by the daemon, so that a restart neither repeats nor forgets an alarm.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{Condition, ProviderId};
use serde::{Deserialize, Serialize};

use crate::{
    status::{ConditionView, Finding},
    view::Words,
};

/// What stands, and what has yet to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarms {
    standing: Vec<Standing>,
    /// Notices in the order in which they are sent.
    waiting: VecDeque<Notice>,
}

/// A condition that is there, or was until a moment ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    condition: Condition,
    provider: Option<ProviderId>,
    since: Timestamp,
    /// When it was seen first.
    seen: Timestamp,
    /// Since when it is not seen any more.
    gone: Option<Timestamp>,
    /// Whether its beginning was told.
    told: bool,
}

/// Whether it begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// It is there.
    Arisen,
    /// It is over.
    Ended,
}

/// What a receiver of alarms is told. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for the beginning and the end of one condition, and at every attempt.
    pub id: String,
    /// Whether it begins or ends.
    pub event: Turn,
    /// What.
    pub condition: Condition,
    /// In words.
    pub in_words: BTreeMap<String, String>,
    /// Since when.
    pub since: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Whose records it affects; everyone's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// How many records it affected when it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The command to type next.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
}

impl Alarms {
    /// Takes note of what is wrong now, and tells since when each of it is. What lasts for `hold` is told; what is gone for
    /// `hold` has ended: what comes and goes in between is no alarm each time.
    pub fn turn(&mut self, now: Timestamp, found: &[Finding], hold: SignedDuration) -> Vec<ConditionView> {
        let views = found.iter().map(|finding| self.stands(finding, now, hold)).collect();
        let mut ended = Vec::new();
        self.standing.retain_mut(|standing| {
            if found.iter().any(|finding| standing.is(finding)) {
                return true;
            }
            let gone = *standing.gone.get_or_insert(now);
            let over = now.duration_since(gone) >= hold;
            if over && standing.told {
                ended.push(Notice { event: Turn::Ended, ended: Some(gone), ..standing.notice() });
            }
            !over
        });
        self.waiting.extend(ended);
        views
    }

    /// A finding, with since when it is; told where that is due.
    fn stands(&mut self, finding: &Finding, now: Timestamp, hold: SignedDuration) -> ConditionView {
        let known = self.standing.iter().position(|standing| standing.is(finding));
        let mut standing = known.map_or_else(|| Standing::of(finding, now), |place| self.standing.swap_remove(place));
        standing.gone = None;
        standing.since = finding.since.map_or(standing.since, |since| since.min(standing.since));
        // That alarms do not arrive cannot be told by an alarm.
        let tellable = finding.condition != Condition::AlarmsUndelivered;
        if tellable && !standing.told && now.duration_since(standing.seen) >= hold {
            standing.told = true;
            let next = finding.next.clone();
            self.begin(Notice { records: finding.records, next, ..standing.notice() });
        }
        let view = view(finding, standing.since);
        self.standing.push(standing);
        view
    }

    /// Nobody receives alarms: what would wait for ever is forgotten.
    pub fn forget(&mut self) {
        self.waiting.clear();
    }

    /// What is to be sent next.
    #[must_use]
    pub fn next(&self) -> Option<&Notice> {
        self.waiting.front()
    }

    /// How many notices wait.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.waiting.len()
    }

    /// A notice was taken.
    pub fn taken(&mut self, notice: &Notice) {
        self.waiting.retain(|waiting| (&waiting.id, waiting.event) != (&notice.id, notice.event));
    }

    /// A receiver that is dead for long gets of each condition the last beginning and end, not all that there were. What it
    /// knows to have begun it is told the end of.
    fn begin(&mut self, notice: Notice) {
        let same = |w: &Notice| w.condition == notice.condition && w.provider == notice.provider;
        // The first may be on its way.
        let begun = self.waiting.iter().skip(1).filter(|w| same(w) && w.event == Turn::Arisen);
        let untold: Vec<String> = begun.map(|waiting| waiting.id.clone()).collect();
        self.waiting.retain(|waiting| !untold.contains(&waiting.id));
        self.waiting.push_back(notice);
    }
}

impl Standing {
    fn of(finding: &Finding, now: Timestamp) -> Self {
        let since = finding.since.unwrap_or(now);
        let (condition, provider) = (finding.condition, finding.provider.clone());
        Self { condition, provider, since, seen: now, gone: None, told: false }
    }

    fn is(&self, finding: &Finding) -> bool {
        self.condition == finding.condition && self.provider == finding.provider
    }

    /// Its beginning, as it is told.
    fn notice(&self) -> Notice {
        let Self { condition, provider, since, seen, .. } = self;
        let label = condition.label();
        let whose = provider.as_ref().map_or("host", ProviderId::as_str);
        let words = [("kk", label.kk), ("ru", label.ru), ("en", label.en)];
        Notice {
            id: format!("{}/{whose}/{seen}", condition.name()),
            event: Turn::Arisen,
            condition: *condition,
            in_words: words.map(|(lang, text)| (lang.to_owned(), text.to_owned())).into(),
            since: *since,
            ended: None,
            provider: provider.clone(),
            records: None,
            next: String::new(),
        }
    }
}

fn view(finding: &Finding, since: Timestamp) -> ConditionView {
    ConditionView {
        condition: finding.condition,
        in_words: Words::from(finding.condition.label()),
        since: since.to_string(),
        provider: finding.provider.clone(),
        records: finding.records,
        detail: finding.detail.clone(),
        next: finding.next.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: SignedDuration = SignedDuration::from_secs(10);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn suspended() -> Finding {
        let (condition, provider) = (Condition::AdapterSuspended, "permits".parse().ok());
        Finding { condition, provider, since: None, records: Some(3), detail: String::new(), next: "qadam".into() }
    }

    /// What is told at each second of a history, `x` where the condition is seen; nothing is taken.
    fn told(history: &str) -> (Alarms, Vec<(i64, Turn)>) {
        let (mut alarms, mut told, mut before) = (Alarms::default(), Vec::new(), 0);
        for (seen, second) in history.chars().zip(0..) {
            let found = if seen == 'x' { vec![suspended()] } else { Vec::new() };
            let _ = alarms.turn(at(second), &found, HOLD);
            let now: Vec<&Notice> = alarms.waiting.iter().collect();
            told.extend(now.iter().skip(before).map(|notice| (second, notice.event)));
            before = now.len();
        }
        (alarms, told)
    }

    #[test]
    fn what_lasts_is_told_once_and_its_end_once_and_what_passes_is_not_told() {
        let (alarms, told_) = told(&format!("{}{}", "x".repeat(40), ".".repeat(40)));
        assert_eq!(told_, [(10, Turn::Arisen), (50, Turn::Ended)]);
        let ids: Vec<&str> = alarms.waiting.iter().map(|notice| notice.id.as_str()).collect();
        assert_eq!(ids, ["adapter-suspended/permits/1970-01-01T00:00:00Z"; 2], "both have one id");
        assert_eq!((alarms.waiting[1].since, alarms.waiting[1].ended), (at(0), Some(at(40))));
        assert_eq!(told("xxxx......................").1, []);
    }

    #[test]
    fn what_comes_and_goes_is_one_alarm_and_no_storm() {
        let (_, told) = told(&format!("{}{}", "xx..".repeat(100), ".".repeat(20)));
        assert_eq!(told.len(), 2, "{told:?}");
    }

    #[test]
    fn a_receiver_that_is_dead_for_long_finds_the_last_turn_of_each_condition_and_no_heap() {
        let once = format!("{}{}", "x".repeat(15), ".".repeat(15));
        let (mut alarms, _) = told(&once.repeat(50));
        let events: Vec<Turn> = alarms.waiting.iter().map(|notice| notice.event).collect();
        assert_eq!(
            events,
            [Turn::Arisen, Turn::Ended, Turn::Arisen, Turn::Ended],
            "the first, that may be on its way, and the last"
        );
        while let Some(notice) = alarms.next().cloned() {
            alarms.taken(&notice);
        }
        assert_eq!(alarms.undelivered(), 0);
    }

    #[test]
    fn a_restart_neither_repeats_nor_forgets() {
        let (alarms, _) = told(&"x".repeat(20));
        let kept = serde_json::to_vec(&alarms).unwrap();
        let mut again: Alarms = serde_json::from_slice(&kept).unwrap();
        assert_eq!(again, alarms);
        let views = again.turn(at(30), &[suspended()], HOLD);
        assert_eq!((again.undelivered(), views[0].since.as_str()), (1, "1970-01-01T00:00:00Z"));
        let _ = again.turn(at(31), &[], HOLD);
        let _ = again.turn(at(41), &[], HOLD);
        assert_eq!(again.undelivered(), 2, "the end is told after a restart too");
    }
}
