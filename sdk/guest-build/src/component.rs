//! From a core module to a component file.

use std::fs;
use std::path::Path;

use wit_component::{ComponentEncoder, DecodedWasm};

use crate::Error;

/// Encodes and validates the component and writes it, unless the file holds the same bytes. Gives its size, whether the
/// file was written, and the contract that it keeps.
///
/// It is encoded each time (milliseconds): a comparison of the bytes cannot be fooled by the times of files.
pub(crate) fn write(module: &Path, output: &Path) -> Result<(u64, bool, String), Error> {
    let core = fs::read(module).map_err(Error::file("read", module))?;
    let encode = || ComponentEncoder::default().validate(true).module(&core)?.encode();
    let not_a_component = |source| Error::NotAComponent { module: module.to_owned(), source };
    let component = encode().map_err(|error| not_a_component(error.into()))?;
    let Some(contract) = contract(&component) else {
        return Err(not_a_component("it does not export qadam:adapter/mapping".into()));
    };
    let changed = fs::read(output).ok().as_ref() != Some(&component);
    if changed {
        replace(output, &component)?;
    }
    Ok((component.len() as u64, changed, contract))
}

/// The contract, by the name under which the mapping is exported. A library that exports nothing makes a valid component
/// too: an empty one.
fn contract(component: &[u8]) -> Option<String> {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(component) else { return None };
    let exports = resolve.worlds.get(world).into_iter().flat_map(|world| world.exports.keys());
    let mut names = exports.map(|name| resolve.name_world_key(name));
    names.find_map(|name| Some(format!("qadam:adapter@{}", name.strip_prefix("qadam:adapter/mapping@")?)))
}

/// Readers of the file see the old bytes or the new ones. Our caller's lock keeps other builds from the temporary file.
fn replace(output: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    let temporary = output.with_added_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, bytes).map_err(Error::file("write", &temporary))?;
    fs::rename(&temporary, output).map_err(Error::file("replace", output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_is_no_adapter_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (module, output) = (folder.path().join("plain.wasm"), folder.path().join("out.wasm"));
        for bytes in [&b"not wasm"[..], b"\0asm\x01\0\0\0"] {
            fs::write(&module, bytes).expect("written");
            let error = write(&module, &output).expect_err("no adapter").to_string();
            assert!(error.contains("plain.wasm") && error.contains("export_adapter!"), "{error}");
            assert!(!output.exists());
        }
    }

    #[test]
    fn the_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("made/on/the/way.wasm");
        replace(&output, b"first").expect("written");
        replace(&output, b"second").expect("replaced");
        assert_eq!(fs::read(&output).expect("read"), b"second");
        assert_eq!(fs::read_dir(output.parent().expect("folder")).expect("listed").count(), 1);
    }
}
