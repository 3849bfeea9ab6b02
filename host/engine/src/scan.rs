//! What a component asks for and offers, read from its bytes before anything of it is compiled or run.

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::{
    CONTRACT,
    error::LoadError,
    limits::{Limits, within},
};

/// What an adapter may import.
const DECLARED: [&str; 3] = ["qadam:adapter/config@0.1.0", "qadam:adapter/log@0.1.0", "qadam:adapter/types@0.1.0"];
/// What it must export.
pub(crate) const MAPPING: &str = "qadam:adapter/mapping@0.1.0";

/// Refuses what is no component, is too much to compile, keeps another contract or imports what is not declared.
pub(crate) fn check(component: &[u8], limits: &Limits) -> Result<(), LoadError> {
    let names = Names::read(component, limits)?;
    let others = names.contracts().filter(|contract| *contract != CONTRACT).collect::<Vec<_>>();
    if !others.is_empty() || !names.exports.contains(&MAPPING) {
        let found = if others.is_empty() { "none".to_owned() } else { listed(others).join(", ") };
        return Err(LoadError::WrongContract { found, supported: CONTRACT });
    }
    let undeclared = names.imports.iter().copied().filter(|name| !DECLARED.contains(name)).collect::<Vec<_>>();
    if undeclared.is_empty() { Ok(()) } else { Err(LoadError::UndeclaredImports { names: listed(undeclared) }) }
}

/// Reads every byte and checks it against the features that the host takes.
pub(crate) fn validate(component: &[u8]) -> Result<(), LoadError> {
    let features = WasmFeatures::WASM2
        .difference(WasmFeatures::GC_TYPES)
        .union(WasmFeatures::RELAXED_SIMD)
        .union(WasmFeatures::EXTENDED_CONST)
        .union(WasmFeatures::COMPONENT_MODEL);
    Validator::new_with_features(features).validate_all(component).map(drop).map_err(malformed)
}

/// Top-level names of a component.
#[derive(Default)]
struct Names<'a> {
    imports: Vec<&'a str>,
    exports: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn read(component: &'a [u8], limits: &Limits) -> Result<Self, LoadError> {
        let mut names = Self::default();
        let mut functions = 0_usize;
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(malformed)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    let detail = "this is a core module; it must be encoded as a component".to_owned();
                    return Err(LoadError::Malformed { detail, offset: 0 });
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        names.imports.push(import.map_err(malformed)?.name.name);
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        names.exports.push(export.map_err(malformed)?.name.name);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    functions += 1;
                    within("functions", functions, limits.functions)?;
                    within("function", body.as_bytes().len(), limits.function_bytes)?;
                }
                _ => {}
            }
        }
        Ok(names)
    }

    /// Versions of our contract that it mentions, `qadam:adapter@0.9.0`.
    fn contracts(&self) -> impl Iterator<Item = String> {
        self.imports.iter().chain(&self.exports).filter_map(|name| {
            let (package, rest) = name.split_once('/')?;
            let version = rest.split_once('@').map_or("", |(_, version)| version);
            (package == "qadam:adapter").then(|| format!("{package}@{version}"))
        })
    }
}

/// Most names listed in an error.
const NAMES_LIMIT: usize = 30;

fn listed<T: AsRef<str>>(names: Vec<T>) -> Vec<String> {
    let mut names: Vec<_> = names.iter().map(|name| qadam_domain::mask::text(name.as_ref(), 200)).collect();
    names.sort();
    names.dedup();
    names.truncate(NAMES_LIMIT);
    names
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn malformed(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Malformed { detail: qadam_domain::mask::text(error.message(), 300), offset: error.offset() }
}
