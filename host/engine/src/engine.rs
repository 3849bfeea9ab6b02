//! The engine: one runtime for all adapters, laid out for a number of concurrent batches.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails,
    component::Linker,
};

use crate::{
    bindings::StatusPre,
    cache::Cache,
    compiler::{Compiler, CompilerCommand},
    digest::Digest,
    error::EngineError,
    fault,
    gate::Gate,
    guest,
    guest::Guest,
    limits, ticker,
};

/// How an engine is laid out.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Folder for compiled code, for this host alone: made with mode 0700, and what it holds is authenticated. None
    /// compiles at each load.
    pub cache_dir: Option<PathBuf>,
    /// What compiles, in processes of their own. None compiles on the thread that loads, without limits of time and memory.
    pub compiler: Option<CompilerCommand>,
    /// Batches that run at once; further calls wait. From 1 to 1000, default 16.
    pub instances: usize,
    /// How often time is counted for the deadlines. Default 10 ms.
    pub tick: Duration,
    /// Bytes of the calling thread's stack that an adapter may use. Default 512 KiB.
    pub stack_bytes: usize,
    /// Whether to keep a pool of places for instances (4 GiB of address space for each memory, no memory until used).
    /// Where the machine does not give the address space, instances are made on demand anyway. Default true.
    pub pooled: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            cache_dir: None,
            compiler: None,
            instances: 16,
            tick: Duration::from_millis(10),
            stack_bytes: 512 << 10,
            pooled: true,
        }
    }
}

/// Compiles and runs adapters. Clones are the same engine; it lives as long as a clone or an adapter does.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) runtime: wasmtime::Engine,
    pub(crate) linker: Linker<Guest>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) cache: Option<Cache>,
    pub(crate) compiler: Option<Compiler>,
    /// Compiled code that some adapter holds: another one of the same component takes it, whatever its settings.
    pub(crate) held: Mutex<BTreeMap<Digest, Weak<StatusPre<Guest>>>>,
    pub(crate) tick: Duration,
    pooled: bool,
}

impl Engine {
    /// Makes an engine and starts the one thread that ticks for it. A cache folder that cannot be used is logged and
    /// done without.
    ///
    /// # Errors
    /// If the configuration makes no sense, or the runtime does not start on this machine.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        if !(1..=1000).contains(&config.instances) {
            return Err(wrong("instances", &config.instances, "1 to 1000"));
        }
        if config.tick < Duration::from_millis(1) {
            return Err(wrong("tick", &config.tick, "1 ms or more"));
        }
        if !(64 << 10..=16 << 20).contains(&config.stack_bytes) {
            return Err(wrong("stack_bytes", &config.stack_bytes, "64 KiB to 16 MiB"));
        }
        let (runtime, pooled) = runtime(&config)?;
        let mut linker = Linker::new(&runtime);
        guest::link(&mut linker).map_err(|error| EngineError::Runtime { detail: fault::text(&error) })?;
        ticker::start(runtime.weak(), config.tick).map(drop).map_err(EngineError::Ticker)?;
        let cache = config.cache_dir.and_then(|folder| Cache::open(folder, &runtime));
        let compiler = config.compiler.map(Compiler::new);
        let gate = Arc::new(Gate::new(config.instances));
        let (held, tick) = (Mutex::default(), config.tick);
        Ok(Self { inner: Arc::new(Inner { runtime, linker, gate, cache, compiler, held, tick, pooled }) })
    }

    /// Ends what is being compiled in other processes: a host that stops does not wait for it. What serves goes on.
    pub fn close(&self) {
        if let Some(compiler) = &self.inner.compiler {
            compiler.close();
        }
    }

    /// Whether instances come from a pool; false where the machine did not give the address space for it.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.inner.pooled
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("pooled", &self.inner.pooled).finish_non_exhaustive()
    }
}

fn wrong(field: &'static str, actual: &dyn std::fmt::Debug, expected: &'static str) -> EngineError {
    EngineError::Config { field, actual: format!("{actual:?}"), expected }
}

/// A runtime with a pool, or without one where the pool's address space is not to be had.
fn runtime(config: &EngineConfig) -> Result<(wasmtime::Engine, bool), EngineError> {
    let mut settings = settings(config);
    if config.pooled {
        settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config.instances)));
        match wasmtime::Engine::new(&settings) {
            Ok(runtime) => return Ok((runtime, true)),
            Err(error) => tracing::warn!(error = fault::text(&error), "no pool of instances; they are made on demand"),
        }
        settings.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    }
    match wasmtime::Engine::new(&settings) {
        Ok(runtime) => Ok((runtime, false)),
        Err(error) => Err(EngineError::Runtime { detail: fault::text(&error) }),
    }
}

/// A runtime that compiles for those that [`Engine::new`] makes, and runs nothing.
pub(crate) fn compiling() -> Result<wasmtime::Engine, String> {
    wasmtime::Engine::new(&settings(&EngineConfig::default())).map_err(|error| fault::text(&error))
}

fn settings(config: &EngineConfig) -> Config {
    let mut settings = Config::new();
    settings
        .wasm_component_model(true)
        .concurrency_support(false)
        // Deadlines: epochs, which cost less than fuel.
        .epoch_interruption(true)
        // A run can be repeated bit for bit.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .shared_memory(false)
        // What no adapter's toolchain needs. Threads, GC and exceptions are not even built in.
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        // Whole 32-bit memories are reserved, so that no bounds check is needed and none ever moves.
        .memory_reservation(4 << 30)
        .memory_may_move(false)
        .memory_init_cow(true)
        .max_wasm_stack(config.stack_bytes)
        // One core a component: the others map meanwhile.
        .parallel_compilation(false)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    settings
}

/// Room for so many component instances, each as large as any limits allow. No page of one batch is ever kept for the
/// next: nothing stays resident, and the pagemap scan, which once let pages through, is off.
fn pool(instances: usize) -> PoolingAllocationConfig {
    let instances = u32::try_from(instances).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(limits::MOST_INSTANCES))
        .total_memories(instances.saturating_mul(limits::MOST_MEMORIES))
        .total_tables(instances.saturating_mul(limits::MOST_TABLES))
        .max_core_instances_per_component(limits::MOST_INSTANCES)
        .max_memories_per_component(limits::MOST_MEMORIES)
        .max_tables_per_component(limits::MOST_TABLES)
        .max_memories_per_module(limits::MOST_MEMORIES)
        .max_tables_per_module(limits::MOST_TABLES)
        .table_elements(limits::MOST_TABLE_ELEMENTS)
        .max_component_instance_size(16 << 20)
        .max_core_instance_size(4 << 20)
        .linear_memory_keep_resident(0)
        .table_keep_resident(0)
        .pagemap_scan(Enabled::No);
    pool
}
