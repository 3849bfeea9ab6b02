//! What the tests share: the real program in a process of its own, a real component in its adapters' folder, a real HTTP
//! client. Everything panics with its reason: a test that cannot be set up has failed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed, and says why"
)]

pub mod aftermath;
pub mod archives;
pub mod authority;
pub mod browser;
pub mod components;
pub mod faults;
pub mod gateway;
pub mod hostile;
pub mod http;
pub mod notifications;
pub mod openssl;
pub mod packages;
pub mod peer;
pub mod probe;
pub mod program;
pub mod reader;
pub mod receiver;
pub mod records;
pub mod senders;
pub mod shared;
pub mod signing;
pub mod sse;
pub mod terms;
pub mod tutorial;
pub mod workshop;

/// How often a long test repeats: `QADAM_RUNS`, or a few.
#[must_use]
pub fn runs(few: u32) -> u32 {
    std::env::var("QADAM_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(few)
}

/// Runs a future on a runtime of its own, on a thread of its own where the caller is a future already.
pub fn block_on<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
    if tokio::runtime::Handle::try_current().is_err() {
        return run();
    }
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}
