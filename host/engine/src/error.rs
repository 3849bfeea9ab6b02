//! Why an engine does not start and why a component is not loaded.

use std::time::Duration;

use crate::{fault::AdapterFault, limits::LimitError};

/// Why an engine could not be made. Each is the host's own matter: its machine or its configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The runtime does not take this configuration on this machine.
    #[error("the WebAssembly runtime does not start: {detail}")]
    Runtime {
        /// In the runtime's words.
        detail: String,
    },
    /// The thread that counts time for the deadlines could not be started.
    #[error("the thread that ticks for the adapters' deadlines does not start")]
    Ticker(#[source] std::io::Error),
    /// A value of the configuration makes no sense.
    #[error("`{field}` of the engine is {actual}; expected {expected}")]
    Config {
        /// The field of [`crate::EngineConfig`].
        field: &'static str,
        /// What it is.
        actual: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// Why a component was not loaded. Whatever served before goes on serving.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A limit asked for the adapter is none that the engine can keep.
    #[error("the limits: {0}")]
    Limits(#[from] LimitError),
    /// Something of the component is over what the host takes.
    #[error("`{what}` is {actual}, the limit is {limit}")]
    TooLarge {
        /// What is too large: `component` in bytes, `functions`, `function` in bytes.
        what: &'static str,
        /// What is allowed.
        limit: usize,
        /// What it is.
        actual: usize,
    },
    /// The bytes are no valid component of the WebAssembly features that the host takes.
    #[error("not a WebAssembly component: {detail} (at byte {offset})")]
    Malformed {
        /// What is wrong.
        detail: String,
        /// Where in the file.
        offset: u64,
    },
    /// The component wants what no adapter is given. Nothing of it was run.
    #[error(
        "the component imports what no adapter is given: {}; only `log` and `config` of {} are. A toolchain that \
         wants WASI must stub it when building",
        names.join(", "),
        crate::CONTRACT
    )]
    UndeclaredImports {
        /// The names, in order.
        names: Vec<String>,
    },
    /// The component keeps another contract, or none. Nothing of it was run.
    #[error("the component keeps the contract {found}; this host runs {supported}")]
    WrongContract {
        /// The contracts whose names it imports or exports, `qadam:adapter@0.9.0`; `none` where it exports no mapping.
        found: String,
        /// The contract that this host runs.
        supported: &'static str,
    },
    /// The names are the contract's, the types behind them are not. Nothing of it was run.
    #[error("the component does not match {}: {detail}", crate::CONTRACT)]
    Interface {
        /// In the runtime's words.
        detail: String,
    },
    /// The compiler did not take it.
    #[error("the component does not compile: {detail}")]
    Compile {
        /// In the compiler's words.
        detail: String,
    },
    /// Compiling took more time than the operator gives it. Nothing of the component was run.
    #[error("compiling was ended after {actual:.1?}: the limit `compile.seconds` is {limit:?} of processor time")]
    CompileTime {
        /// Processor time that it may take.
        limit: Duration,
        /// After how long, by the clock, it was ended.
        actual: Duration,
    },
    /// Compiling took more memory than the operator gives it. Nothing of the component was run.
    #[error("compiling wanted more memory than the limit `compile.memory-mib`, {limit_mib} MiB")]
    CompileMemory {
        /// MiB that it may take.
        limit_mib: u64,
    },
    /// The host could not have it compiled: the component is not at fault. Try again.
    #[error("the component could not be compiled now: the process that compiles failed: {detail}")]
    Compiler {
        /// What became of it.
        detail: String,
    },
    /// It started or described itself wrongly.
    #[error("the component fails when asked to describe itself: {0}")]
    Describe(#[source] AdapterFault),
    /// It ended itself when asked what it is, and said why: its settings cannot be used, or it panicked.
    #[error("the adapter gave up when it was asked to describe itself: {complaint}")]
    Complaint {
        /// The last error that it logged, masked.
        complaint: String,
    },
    /// Settings that the adapter says it needs were not given.
    #[error("the adapter needs settings that are not given: {}", keys.join(", "))]
    MissingSettings {
        /// Their keys, in the adapter's order.
        keys: Vec<String>,
    },
}

impl LoadError {
    /// A stable name for metrics and the API, `undeclared-imports`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Limits(_) => "limits",
            Self::TooLarge { .. } => "too-large",
            Self::Malformed { .. } => "malformed",
            Self::UndeclaredImports { .. } => "undeclared-imports",
            Self::WrongContract { .. } => "wrong-contract",
            Self::Interface { .. } => "interface",
            Self::Compile { .. } => "compile",
            Self::CompileTime { .. } => "compile-time",
            Self::CompileMemory { .. } => "compile-memory",
            Self::Compiler { .. } => "compiler",
            Self::Describe(_) => "describe",
            Self::Complaint { .. } => "complaint",
            Self::MissingSettings { .. } => "missing-settings",
        }
    }
}
