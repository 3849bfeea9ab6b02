//! The engine: compiles adapters, runs them within limits and swaps them while records flow. The only room that knows
//! wasmtime, and no type of wasmtime's leaves it.
//!
//! ```no_run
//! use qadam_engine::{Engine, EngineConfig, Limits, NativeInput, Registry};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::new(EngineConfig::default())?;
//! let adapter = engine.load(&std::fs::read("permits.wasm")?, Default::default(), Limits::default())?;
//! let registry = Registry::default();
//! let permits = "permits".parse()?;
//! registry.load(&permits, adapter);
//!
//! let record = NativeInput { id: "rec_1", content_type: "application/xml", received_at: jiff::Timestamp::UNIX_EPOCH, body: b"<e/>" };
//! if let Some(loaded) = registry.get(&permits) {
//!     for outcome in loaded.adapter.map(&[record])?.outcomes {
//!         println!("{outcome:?}");
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! What it holds to: an adapter does no I/O (only `log` and `config` are linked, anything else is refused by name at
//! load); it is deterministic (canonical NaN, deterministic relaxed SIMD, no threads, no clock); each batch has a new
//! instance and nothing survives it; every limit of [`Limits`] ends the batch with a named [`AdapterFault`], and none the
//! host. Calls are synchronous and run on the caller's thread, which needs [`EngineConfig::stack_bytes`] and 512 KiB more.

mod adapter;
mod bindings;
mod cache;
mod child;
mod code;
mod compile;
mod compiler;
mod convert;
mod cpu;
mod digest;
mod engine;
mod error;
mod fault;
mod gate;
mod guest;
mod limits;
mod load;
mod quota;
mod registry;
mod room;
mod scan;
mod ticker;
mod tried;
mod usage;

pub use adapter::{Adapter, Description, Mapped, NativeInput, Setting};
pub use child::{CompileLimits, compile_child};
pub use compiler::CompilerCommand;
pub use convert::NormalisedEvent;
pub use engine::{Engine, EngineConfig};
pub use error::{EngineError, LoadError};
pub use fault::AdapterFault;
pub use limits::{LimitError, Limits};
pub use registry::{Listed, Loaded, Registry};
pub use tried::{LogLine, Tried};
pub use usage::Used;

/// The version of the contract that this engine runs.
pub const CONTRACT: &str = "qadam:adapter@0.1.0";
