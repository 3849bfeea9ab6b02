//! The daemon's room: arguments, configuration, construction and shutdown of the host, and the commands that talk to one.
//! It implements the ports of the API by delegation and holds no rules of its own. The only room that reads the clock.

pub mod cli;
pub mod config;
pub mod evidence;
pub mod host;
pub mod keys;

mod commands;
mod port;
mod show;
mod terminal;
mod watch;

/// The clock on the wall.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the clock is read; all others take it as an argument"
)]
pub fn wall_clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
