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
