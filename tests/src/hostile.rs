//! Hostile adapters: core modules in WebAssembly text, encoded as components of the contract. Each maps a record to no event,
//! and does its worst on a batch in which a body begins with `!`.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The contract, as WIT.
const CONTRACT: &str = include_str!("../../wit/0.1.0/adapter.wit");

/// A record on which a hostile adapter does its worst.
pub const WORST: &str = "!";

/// A guest under construction.
#[derive(Clone, Debug)]
pub struct Guest {
    /// What it does on [`WORST`], in `map`, where `$records` and `$len` are its parameters and `$answer` is free.
    pub worst: String,
    /// What it does on any batch, before that.
    pub always: String,
    /// Imports of the core module.
    pub imports: String,
    /// Further items of the core module.
    pub items: String,
    /// Pages of memory to begin with.
    pub pages: u32,
    /// Further imports of the world, as `import wasi:cli/environment@0.2.0;`.
    pub world: String,
    /// A package that those are of.
    pub package: String,
    /// The version of the contract that it keeps.
    pub version: String,
    /// Core modules in WebAssembly text that are instantiated beside it.
    pub beside: Vec<String>,
}

/// The import of the log, to be called as `$log` with level, pointer and length.
pub const LOG: &str = r#"(import "qadam:adapter/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

impl Guest {
    /// One that does so on [`WORST`].
    #[must_use]
    pub fn that(worst: &str) -> Self {
        Self {
            worst: worst.to_owned(),
            always: String::new(),
            imports: String::new(),
            items: String::new(),
            pages: 2,
            world: String::new(),
            package: String::new(),
            version: "0.1.0".to_owned(),
            beside: Vec::new(),
        }
    }

    /// One that does nothing bad.
    #[must_use]
    pub fn friendly() -> Self {
        Self::that("")
    }

    /// The same with further items of the core module.
    #[must_use]
    pub fn with(mut self, items: &str) -> Self {
        self.items.push_str(items);
        self
    }

    /// Its bytes.
    #[must_use]
    pub fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let contract = CONTRACT.replace("@0.1.0", &format!("@{}", self.version));
        resolve.push_str("adapter.wit", &contract).unwrap();
        if !self.package.is_empty() {
            resolve.push_str("package.wit", &self.package).unwrap();
        }
        let Self { version, world, .. } = self;
        let text = format!("package test:guest; world guest {{ include qadam:adapter/status@{version}; {world} }}");
        let package = resolve.push_str("guest.wit", &text).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        let mut module = wat::parse_str(self.module()).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
        let mut component = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
        for module in &self.beside {
            beside(&mut component, &wat::parse_str(module).unwrap());
        }
        component
    }

    fn module(&self) -> String {
        // The description: name, version, media types, settings; each a pointer and a length.
        let (description, media_type) = (words(&[256, 7, 272, 5, 304, 1, 0, 0]), words(&[288, 10]));
        let Self { worst, always, imports, items, pages, version, .. } = self;
        format!(
            r#"(module $guest
                {imports}
                (memory (export "memory") {pages})
                (global $heap (mut i32) (i32.const 4096))
                (data (i32.const 16) "{description}")
                (data (i32.const 256) "hostile") (data (i32.const 272) "0.1.0")
                (data (i32.const 288) "text/plain") (data (i32.const 304) "{media_type}")
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
                (func $answers (param $len i32) (result i32)
                    (local $answer i32)
                    (local.set $answer (call $alloc (i32.const 8)))
                    (i32.store (local.get $answer) (call $alloc (i32.mul (local.get $len) (i32.const 48))))
                    (i32.store offset=4 (local.get $answer) (local.get $len))
                    (local.get $answer))
                (func $alloc (param $size i32) (result i32)
                    (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $size)))
                (func $refusal (param $detail i32) (param $bytes i32) (param $len i32) (result i32)
                    (local $answer i32) (local $first i32)
                    (local.set $answer (call $answers (local.get $len)))
                    (local.set $first (i32.load (local.get $answer)))
                    (i32.store8 (local.get $first) (i32.const 1))
                    (i32.store offset=24 (local.get $first) (local.get $detail))
                    (i32.store offset=28 (local.get $first) (local.get $bytes))
                    (local.get $answer))
                (func $asked (param $record i32) (param $len i32) (result i32)
                    (block $no (loop $next
                        (br_if $no (i32.eqz (local.get $len)))
                        (if (i32.eq (i32.load8_u (i32.load offset=32 (local.get $record))) (i32.const 33))
                            (then (return (i32.const 1))))
                        (local.set $record (i32.add (local.get $record) (i32.const 40)))
                        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
                        (br $next)))
                    (i32.const 0))
                {items}
                (func (export "qadam:adapter/mapping@{version}#describe") (result i32) (i32.const 16))
                (func $map (export "qadam:adapter/mapping@{version}#map")
                    (param $records i32) (param $len i32) (result i32)
                    (local $answer i32)
                    {always}
                    (if (call $asked (local.get $records) (local.get $len)) (then {worst}))
                    (call $answers (local.get $len))))"#
        )
    }
}

/// A core module of so many functions that do nothing, or of one whose compiling takes ever longer by its size.
#[must_use]
pub fn laborious(blocks: usize) -> String {
    // Every local may come from every block: the compiler keeps books of locals times blocks.
    let locals = 400;
    let mut text = String::from("(func $laborious (param $n i32)");
    text.extend((0..locals).map(|local| format!("(local $l{local} i64)")));
    for block in 0..blocks {
        let (to, from) = (block % locals, (block * 7 + 1) % locals);
        text.push_str(&format!(
            "(loop $b{block} (if (i32.and (local.get $n) (i32.const {block})) (then (local.set $l{to} (i64.add (local.get $l{from}) (i64.const {block}))))) \
             (br_if $b{block} (i64.eqz (local.get $l{from}))))"
        ));
    }
    text.push(')');
    text
}

fn words(words: &[u32]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}

/// Adds a core module to a component, and an instance of it.
fn beside(component: &mut Vec<u8>, module: &[u8]) {
    let index = sections(component).filter(|(id, _)| *id == CORE_MODULE).count();
    let index = u8::try_from(index).unwrap();
    component.push(CORE_MODULE);
    component.extend(length(module.len()));
    component.extend_from_slice(module);
    // One instance, of that module, with no arguments.
    component.extend([CORE_INSTANCE, 4, 1, 0, index, 0]);
}

const CORE_MODULE: u8 = 1;
const CORE_INSTANCE: u8 = 2;

/// The sections of a component: their ids and where they end.
pub fn sections(component: &[u8]) -> impl Iterator<Item = (u8, usize)> + '_ {
    let mut at = 8;
    std::iter::from_fn(move || {
        let id = *component.get(at)?;
        let (mut size, mut shift) = (0, 0);
        loop {
            at += 1;
            let byte = component[at];
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += 1 + size;
        Some((id, at))
    })
}

/// A length as LEB128.
fn length(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}
