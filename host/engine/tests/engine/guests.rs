//! Guests: core modules in WebAssembly text, encoded as components of the contract.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use qadam_engine::{Adapter, Engine, EngineConfig, Limits, LoadError, Mapped, NativeInput};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

const CONTRACT: &str = include_str!("../../../../wit/0.1.0/adapter.wit");

/// A guest under construction. As it starts it answers each record with no event.
#[derive(Clone)]
pub(crate) struct Guest<'a> {
    /// Body of `map`, with `$records` and `$len`.
    pub(crate) map: &'static str,
    /// What runs before `describe` answers.
    pub(crate) describe: &'static str,
    /// Imports of the core module.
    pub(crate) imports: &'static str,
    /// Further items of the core module.
    pub(crate) items: &'a str,
    /// Pages of memory to begin with.
    pub(crate) pages: u32,
    /// Whether it says that it needs the setting `place`.
    pub(crate) needs_place: bool,
    /// Import of a whole further interface in the world.
    pub(crate) world: &'static str,
    /// The contract, as WIT.
    pub(crate) contract: String,
    /// Its version.
    pub(crate) version: &'static str,
}

/// The friendly one.
pub(crate) fn friendly() -> Guest<'static> {
    Guest {
        map: "(call $answers (local.get $len))",
        describe: "",
        imports: "",
        items: "",
        pages: 2,
        needs_place: false,
        world: "",
        contract: CONTRACT.to_owned(),
        version: "0.1.0",
    }
}

/// One that answers `map` in that way.
pub(crate) fn mapping(map: &'static str) -> Guest<'static> {
    Guest { map, ..friendly() }
}

/// One that refuses each record with an offset that counts the calls which its memory remembers, plus a number.
pub(crate) fn counting(map: &'static str) -> Guest<'static> {
    Guest {
        map,
        items: "
            (global $calls (mut i32) (i32.const 0))
            (func $count (param $len i32) (param $plus i32) (result i32)
                (local $answer i32)
                (i32.store (i32.const 900) (i32.add (i32.load (i32.const 900)) (i32.const 1)))
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (local.set $answer (call $refusals (local.get $len)))
                (i32.store offset=40 (i32.load (local.get $answer))
                    (i32.add (local.get $plus)
                        (i32.mul (i32.load (i32.const 900)) (global.get $calls))))
                (local.get $answer))",
        ..friendly()
    }
}

impl Guest<'_> {
    /// Its bytes.
    pub(crate) fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        resolve.push_str("adapter.wit", &self.contract).unwrap();
        if !self.world.is_empty() {
            let wasi = "package wasi:cli@0.2.0; interface environment { get-arguments: func() -> list<string>; }";
            resolve.push_str("wasi.wit", wasi).unwrap();
        }
        let world = format!(
            "package test:guest; world guest {{ include qadam:adapter/status@{}; {} }}",
            self.version, self.world
        );
        let package = resolve.push_str("guest.wit", &world).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        let mut module = wat::parse_str(self.module()).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn module(&self) -> String {
        // The description: name, version, media types, settings; each a pointer and a length.
        let settings = u32::from(self.needs_place);
        let description = words(&[256, 7, 272, 5, 304, 1, 352, settings]);
        let (media_type, setting) = (words(&[288, 10]), words(&[320, 5, 1, 336, 5]));
        let Self { map, describe, imports, items, pages, version, .. } = self;
        format!(
            r#"(module $guest
                {imports}
                (memory (export "memory") {pages})
                (global $heap (mut i32) (i32.const 4096))
                (data (i32.const 16) "{description}")
                (data (i32.const 256) "hostile") (data (i32.const 272) "0.1.0")
                (data (i32.const 288) "text/plain") (data (i32.const 304) "{media_type}")
                (data (i32.const 320) "place") (data (i32.const 336) "where") (data (i32.const 352) "{setting}")
                (func $realloc (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
                    (local $at i32)
                    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                    (global.set $heap (i32.add (local.get $at) (local.get $size)))
                    (block $enough (loop $more
                        (br_if $enough
                            (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
                        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                        (br $more)))
                    (local.get $at))
                (func $alloc (param $size i32) (result i32)
                    (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $size)))
                (func $answers (param $len i32) (result i32)
                    (local $answer i32)
                    (local.set $answer (call $alloc (i32.const 8)))
                    (i32.store (local.get $answer) (call $alloc (i32.mul (local.get $len) (i32.const 48))))
                    (i32.store offset=4 (local.get $answer) (local.get $len))
                    (local.get $answer))
                (func $refusals (param $len i32) (result i32)
                    (local $answer i32) (local $at i32) (local $end i32)
                    (local.set $answer (call $answers (local.get $len)))
                    (local.set $at (i32.load (local.get $answer)))
                    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $len) (i32.const 48))))
                    (loop $next
                        (i32.store8 (local.get $at) (i32.const 1))
                        (i32.store8 offset=32 (local.get $at) (i32.const 1))
                        (local.set $at (i32.add (local.get $at) (i32.const 48)))
                        (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
                    (local.get $answer))
                {items}
                (func (export "qadam:adapter/mapping@{version}#describe") (result i32)
                    {describe}
                    (i32.const 16))
                (func $map (export "qadam:adapter/mapping@{version}#map")
                    (param $records i32) (param $len i32) (result i32)
                    {map}))"#
        )
    }
}

fn words(words: &[u32]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}

/// One engine for the tests that need nothing special of it.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(EngineConfig::default()).unwrap());

pub(crate) fn limits() -> Limits {
    Limits { batch_time: Duration::from_secs(60), ..Limits::default() }
}

/// Limits with little time, for guests that never end.
pub(crate) fn hasty() -> Limits {
    Limits { batch_time: Duration::from_millis(100), ..Limits::default() }
}

pub(crate) fn load(guest: &Guest<'_>, limits: Limits) -> Result<Adapter, LoadError> {
    ENGINE.load(&guest.component(), BTreeMap::new(), limits)
}

pub(crate) fn record(body: &[u8]) -> NativeInput<'_> {
    NativeInput { id: "rec_1", content_type: "text/plain", received_at: jiff::Timestamp::UNIX_EPOCH, body }
}

/// The offset in the first refusal: what a counting guest answers.
pub(crate) fn count(mapped: &Mapped) -> u64 {
    mapped.outcomes[0].as_ref().unwrap_err().offset.unwrap()
}
