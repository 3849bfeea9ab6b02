//! Lines for the operator's log. The host limits their number and length; never put a person's name or number into them.
//!
//! Natively the lines go to [`crate::testing::with_log`], and nowhere outside of it.

pub use crate::bindings::qadam::adapter::log::Level;

/// For the author of the adapter.
pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message.as_ref());
}

/// Worth a line.
pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message.as_ref());
}

/// Unexpected, and handled.
pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message.as_ref());
}

/// Something is wrong with the adapter or its configuration.
pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message.as_ref());
}

fn write(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::qadam::adapter::log::write(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::logged(level, message);
}
