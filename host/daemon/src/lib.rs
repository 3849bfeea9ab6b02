//! The daemon's room: arguments, configuration, construction and shutdown of the host, and the commands that talk to one.
//! It implements the ports of the API by delegation and holds no rules of its own. The only room that reads the clock.

pub mod cli;
pub mod config;
pub mod delivery;
pub mod edge;
pub mod evidence;
pub mod host;
pub mod keys;

mod audit;
mod backup;
mod commands;
mod notify;
mod owner;
mod packages;
mod port;
mod show;
mod terminal;
mod watch;

static OTHER: std::sync::OnceLock<fn() -> jiff::Timestamp> = std::sync::OnceLock::new();

/// Makes the whole program tell the time by another clock: for tests of what takes days. Only the first call counts, before
/// anything has asked for the time.
pub fn tell_time_by(clock: fn() -> jiff::Timestamp) {
    let _ = OTHER.set(clock);
}

/// The clock on the wall.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the clock is read; all others take it as an argument"
)]
pub fn wall_clock() -> jiff::Timestamp {
    OTHER.get().map_or_else(jiff::Timestamp::now, |clock| clock())
}
