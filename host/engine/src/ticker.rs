//! One thread that counts time for the deadlines of all adapters.

use std::{
    io,
    thread::{self, JoinHandle},
    time::Duration,
};

use wasmtime::EngineWeak;

/// Starts the thread. It ends by itself, within a tick, when the engine and everything loaded by it is dropped.
pub(crate) fn start(engine: EngineWeak, tick: Duration) -> io::Result<JoinHandle<()>> {
    let run = move || {
        loop {
            thread::sleep(tick);
            let Some(engine) = engine.upgrade() else { return };
            engine.increment_epoch();
        }
    };
    thread::Builder::new().name("qadam-ticker".to_owned()).spawn(run)
}

/// Ticks that are surely not less than that time: the first may come at once.
pub(crate) fn ticks(time: Duration, tick: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(tick.as_nanos().max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1).min(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_ends_with_the_engine() {
        let engine = wasmtime::Engine::default();
        let thread = start(engine.weak(), Duration::from_millis(1)).unwrap();
        drop(engine);
        thread.join().unwrap();
    }

    #[test]
    fn a_deadline_is_never_shorter_than_asked() {
        let tick = Duration::from_millis(10);
        assert_eq!(ticks(Duration::from_millis(95), tick), 11);
        assert_eq!(ticks(Duration::from_secs(2), tick), 201);
        assert_eq!(ticks(Duration::ZERO, tick), 1);
        assert!(ticks(Duration::MAX, tick) <= u64::MAX / 2, "added to the engine's count it must not wrap");
    }
}
