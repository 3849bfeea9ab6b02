//! The adapter's configuration, set by the operator and the same for the whole of a call.

/// The value under a key, or none. Declare each key that you read in your `describe`.
///
/// Natively it reads what [`crate::testing::with_config`] has set, and nothing outside of it.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::qadam::adapter::config::get(key);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::configured(key)
}

/// Ends the adapter because its configuration cannot be used. Call it from [`crate::Adapter::describe`]: the host then does
/// not put the adapter to work and shows `why`, and the one before goes on serving. Name the key and the line in it, and
/// never a person's name or number.
///
/// # Panics
///
/// Always. On wasm it is a trap.
pub fn refuse(why: impl AsRef<str>) -> ! {
    crate::log::error(why.as_ref());
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    #[expect(clippy::panic, reason = "the native stand-in for a trap")]
    {
        panic!("the configuration is refused: {}", why.as_ref());
    }
}
