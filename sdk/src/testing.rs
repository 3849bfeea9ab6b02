//! Stand-ins for the host, for unit tests that run natively. Absent on wasm.
//!
//! They belong to the thread: tests that run side by side do not see each other's configuration or lines.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::log::Level;
use crate::{Instant, NativeRecord};

/// A record as the host would hand it over: an id of its own, an open media type, received at the epoch.
#[must_use]
pub fn record(body: impl Into<Vec<u8>>) -> NativeRecord {
    NativeRecord {
        id: "test".to_owned(),
        content_type: "application/octet-stream".to_owned(),
        received_at: Instant { seconds: 0, nanoseconds: 0 },
        body: body.into(),
    }
}

/// Runs `run` with this configuration, and with no other key; what stood before is restored, after a panic too.
pub fn with_config<R>(settings: &[(&str, &str)], run: impl FnOnce() -> R) -> R {
    let settings = settings.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let _restore = RestoreConfig(CONFIG.replace(settings));
    run()
}

/// Runs `run` and gives the lines that it logged beside its result. An outer `with_log` does not see them.
pub fn with_log<R>(run: impl FnOnce() -> R) -> (R, Vec<LogLine>) {
    let _restore = RestoreLog(LOG.replace(Some(Vec::new())));
    let result = run();
    (result, LOG.take().unwrap_or_default())
}

/// One line that an adapter logged.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub message: String,
}

thread_local! {
    static CONFIG: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
    static LOG: RefCell<Option<Vec<LogLine>>> = const { RefCell::new(None) };
}

pub(crate) fn configured(key: &str) -> Option<String> {
    CONFIG.with_borrow(|settings| settings.get(key).cloned())
}

pub(crate) fn logged(level: Level, message: &str) {
    LOG.with_borrow_mut(|lines| {
        if let Some(lines) = lines {
            lines.push(LogLine { level, message: message.to_owned() });
        }
    });
}

/// Puts the earlier configuration back when it is dropped.
struct RestoreConfig(BTreeMap<String, String>);

impl Drop for RestoreConfig {
    fn drop(&mut self) {
        CONFIG.set(std::mem::take(&mut self.0));
    }
}

/// Puts the lines of an outer `with_log` back when it is dropped.
struct RestoreLog(Option<Vec<LogLine>>);

impl Drop for RestoreLog {
    fn drop(&mut self) {
        LOG.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, log};

    #[test]
    fn configuration_holds_for_the_closure_only() {
        let seen = with_config(&[("key", "outer")], || {
            let inner = with_config(&[("other", "inner")], || (config::get("key"), config::get("other")));
            (inner, config::get("key"))
        });
        assert_eq!(seen, ((None, Some("inner".to_owned())), Some("outer".to_owned())));
        assert_eq!(config::get("key"), None);
    }

    #[test]
    fn configuration_is_restored_after_a_panic() {
        let panicked = std::panic::catch_unwind(|| with_config(&[("key", "set")], || panic!("in the adapter")));
        assert!(panicked.is_err());
        assert_eq!(config::get("key"), None);
    }

    #[test]
    fn lines_are_collected_in_order_with_their_level() {
        log::warn("lost: nobody collects");
        let (result, lines) = with_log(|| {
            log::debug("first");
            log::error(String::from("second"));
            7
        });
        assert_eq!(result, 7);
        let line = |level, message: &str| LogLine { level, message: message.to_owned() };
        assert_eq!(lines, [line(Level::Debug, "first"), line(Level::Error, "second")]);
    }
}
