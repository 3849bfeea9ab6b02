//! What an adapter did wrong. A fault is never the record's refusal: the provider sees its records pending.

use std::time::Duration;

use wasmtime::{Trap, WasmBacktrace};

use crate::{guest::Budget, limits::Limits};

/// Why a whole batch gave no answer. The limits are those of [`Limits`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterFault {
    /// The adapter's code trapped: a panic, an access out of bounds, an exhausted stack, an answer that is no valid value.
    #[error("the adapter trapped: {reason}{}{}", if backtrace.is_empty() { "" } else { "; in " }, backtrace.join(" < "))]
    Trap {
        /// The cause, in the runtime's words.
        reason: String,
        /// Names of the functions, innermost first, as the component has them; none where its answer was not valid.
        backtrace: Vec<String>,
    },
    /// The batch took too long.
    #[error("the adapter did not answer within {limit:?}")]
    Deadline {
        /// Time that a batch may take.
        limit: Duration,
    },
    /// The adapter wanted more memory than it may have, and failed.
    #[error("the adapter wanted {wanted} bytes of memory, the limit is {limit}")]
    Memory {
        /// Bytes of all memories together that it may have.
        limit: u64,
        /// Bytes together that it would have had.
        wanted: u64,
    },
    /// The adapter wanted a larger table than it may have, and failed.
    #[error("the adapter wanted a table of {wanted} elements, the limit is {limit}")]
    Table {
        /// Elements that a table may have.
        limit: usize,
        /// Elements that it would have had.
        wanted: usize,
    },
    /// The component is made of more instances, memories or tables than it may be.
    #[error("the adapter is made of {actual} {what}, the limit is {limit}")]
    Parts {
        /// `instances`, `memories` or `tables`.
        what: &'static str,
        /// How many it may have.
        limit: usize,
        /// How many it had when it was ended.
        actual: usize,
    },
    /// The adapter handed more bytes to the host in one call than it may.
    #[error("the adapter's answer is larger than {limit} bytes")]
    Output {
        /// Bytes that a call may hand over.
        limit: usize,
    },
    /// The answer has another number of results than the batch has records.
    #[error("the adapter answered {actual} results for {expected} records")]
    Length {
        /// Records of the batch.
        expected: usize,
        /// Results of the answer.
        actual: usize,
    },
    /// A value that the contract does not allow.
    #[error("the adapter broke the contract: `{field}` {detail}{}", record.map(|at| format!(" (record {at} of the batch)")).unwrap_or_default())]
    Contract {
        /// Place in the batch, from 0; none where it is not about a record.
        record: Option<usize>,
        /// The field, in the contract's name.
        field: &'static str,
        /// What it is and what was expected.
        detail: String,
    },
    /// No instance could be made.
    #[error("the adapter does not start: {detail}")]
    Start {
        /// In the runtime's words.
        detail: String,
    },
}

impl AdapterFault {
    /// A stable name for metrics, the journal and the API, `deadline`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Trap { .. } => "trap",
            Self::Deadline { .. } => "deadline",
            Self::Memory { .. } => "memory",
            Self::Table { .. } => "table",
            Self::Parts { .. } => "parts",
            Self::Output { .. } => "output",
            Self::Length { .. } => "length",
            Self::Contract { .. } => "contract",
            Self::Start { .. } => "start",
        }
    }

    /// Tells what an error of the runtime means that came after the adapter had started, or before.
    pub(crate) fn of(error: &wasmtime::Error, started: bool, budget: &Budget, limits: &Limits) -> Self {
        let trap = error.downcast_ref::<Trap>();
        if trap == Some(&Trap::Interrupt) {
            return Self::Deadline { limit: limits.batch_time };
        }
        if error.chain().any(|cause| cause.to_string().contains(OUT_OF_HOSTCALL_FUEL)) {
            return Self::Output { limit: limits.output_bytes };
        }
        if let Some(fault) = error.chain().find_map(|cause| parts(&cause.to_string(), limits)) {
            return fault;
        }
        // A guest whose allocator was refused aborts with a bare `unreachable`: what was refused is the cause.
        if let Some(fault) = budget.denied() {
            return fault;
        }
        let backtrace = error.downcast_ref::<WasmBacktrace>().map(names).unwrap_or_default();
        match trap {
            Some(trap) => {
                let text = trap.to_string();
                Self::Trap { reason: text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned(), backtrace }
            }
            None if !started && backtrace.is_empty() => Self::Start { detail: text(error) },
            None => Self::Trap { reason: text(error), backtrace },
        }
    }
}

/// The runtime's error for it is a private type; a test pins these words.
const OUT_OF_HOSTCALL_FUEL: &str = "fuel allocated for hostcalls has been exhausted";

/// The runtime's words where a component has too many parts: they, too, are pinned by a test.
fn parts(text: &str, limits: &Limits) -> Option<AdapterFault> {
    let (what, actual) = text.strip_prefix("resource limit exceeded: ")?.split_once(" count too high at ")?;
    let (what, limit) = match what {
        "instance" => ("instances", limits.instances),
        "memory" => ("memories", limits.memories),
        "table" => ("tables", limits.tables),
        _ => return None,
    };
    Some(AdapterFault::Parts { what, limit, actual: actual.parse().ok()? })
}

/// How the runtime's own rendering of a backtrace begins.
const BACKTRACE: &str = "error while executing at wasm backtrace";

/// Most characters of a text that comes from a component.
const TEXT_LIMIT: usize = 300;

/// The whole chain of an error in one line, masked and cut: parts of it are the component's own names.
pub(crate) fn text(error: &wasmtime::Error) -> String {
    let causes = error.chain().map(ToString::to_string).filter(|cause| !cause.starts_with(BACKTRACE));
    let line = causes.collect::<Vec<_>>().join(": ");
    qadam_domain::mask::text(&line, TEXT_LIMIT)
}

/// The frames' names, from the adapter's own code on: Rust's way from a panic to its trap says nothing.
fn names(backtrace: &WasmBacktrace) -> Vec<String> {
    let name = |frame: &wasmtime::FrameInfo| match frame.func_name() {
        Some(name) => qadam_domain::mask::text(&format!("{:#}", rustc_demangle::demangle(name)), TEXT_LIMIT),
        None => format!("function {}", frame.func_index()),
    };
    let names: Vec<String> = backtrace.frames().iter().map(name).collect();
    let own = names.iter().position(|name| !is_of_panics(name)).unwrap_or_default();
    names.into_iter().skip(own).collect()
}

fn is_of_panics(name: &str) -> bool {
    ["__rustc::", "std::panicking::", "std::sys::backtrace::", "core::panicking::"]
        .iter()
        .any(|machinery| name.starts_with(machinery))
}
