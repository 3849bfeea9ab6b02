//! What is refused before any of it runs, and how it is named.

use std::collections::BTreeMap;

use qadam_engine::LoadError;

use crate::guests::{ENGINE, Guest, friendly, limits, load};

fn refusal(bytes: &[u8]) -> LoadError {
    ENGINE.load(bytes, BTreeMap::new(), limits()).unwrap_err()
}

#[test]
fn a_friendly_component_says_what_it_is() {
    let component = friendly().component();
    let adapter = ENGINE.load(&component, BTreeMap::new(), limits()).unwrap();
    assert_eq!(adapter.contract(), "qadam:adapter@0.1.0");
    let digest = ring::digest::digest(&ring::digest::SHA256, &component);
    assert_eq!(adapter.component_digest().as_slice(), digest.as_ref());
    let description = adapter.description();
    assert_eq!((description.name.as_str(), description.version.as_str()), ("hostile", "0.1.0"));
    assert_eq!(description.media_types, ["text/plain"]);
}

#[test]
fn an_undeclared_import_is_refused_by_its_name() {
    let guest = Guest {
        world: "import wasi:cli/environment@0.2.0;",
        imports: r#"(import "wasi:cli/environment@0.2.0" "get-arguments" (func (param i32)))"#,
        ..friendly()
    };
    let error = load(&guest, limits()).unwrap_err();
    assert_eq!(error, LoadError::UndeclaredImports { names: vec!["wasi:cli/environment@0.2.0".to_owned()] });
    assert!(error.to_string().contains("wasi:cli/environment@0.2.0"), "{error}");
}

#[test]
fn a_component_of_another_version_is_refused_and_the_supported_one_named() {
    let contract = friendly().contract.replace("@0.1.0", "@0.9.0");
    let error = load(&Guest { contract, version: "0.9.0", ..friendly() }, limits()).unwrap_err();
    let supported = "qadam:adapter@0.1.0";
    assert_eq!(error, LoadError::WrongContract { found: "qadam:adapter@0.9.0".to_owned(), supported });
    assert_eq!(
        error.to_string(),
        "the component keeps the contract qadam:adapter@0.9.0; this host runs qadam:adapter@0.1.0"
    );
}

#[test]
fn a_component_that_maps_nothing_is_refused() {
    let error = refusal(&wat::parse_str("(component)").unwrap());
    assert!(matches!(error, LoadError::WrongContract { found, .. } if found == "none"));
}

#[test]
fn right_names_with_other_types_behind_them_are_refused() {
    let contract =
        friendly().contract.replace("write: func(level: level, message: string)", "write: func(level: level)");
    assert_ne!(contract, friendly().contract);
    let imports = r#"(import "qadam:adapter/log@0.1.0" "write" (func $log (param i32)))"#;
    let error = load(&Guest { contract, imports, ..friendly() }, limits()).unwrap_err();
    assert_eq!(error.name(), "interface");

    let contract = friendly().contract.replace("        version: string,\n", "        version: list<u8>,\n");
    assert_ne!(contract, friendly().contract);
    let error = load(&Guest { contract, ..friendly() }, limits()).unwrap_err();
    assert_eq!(error.name(), "interface");
    assert!(error.to_string().contains("`describe` has another type"), "{error}");
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    assert_eq!(refusal(b"").name(), "malformed");
    assert_eq!(refusal(b"\x7fELF").name(), "malformed");
    assert_eq!(refusal(b"(component)").name(), "malformed");
    let error = refusal(&wat::parse_str("(module)").unwrap());
    assert!(error.to_string().contains("core module"), "{error}");
}

#[test]
fn a_truncated_component_is_refused_wherever_it_ends() {
    let component = friendly().component();
    for end in 0..component.len() {
        match ENGINE.load(&component[..end], BTreeMap::new(), limits()) {
            // Between two sections the rest may be a whole component, that maps nothing.
            Err(error) => {
                assert!(matches!(error.name(), "malformed" | "wrong-contract" | "interface"), "{error} at {end}")
            }
            // Last come the names of functions, as sections that a component need not have.
            Ok(adapter) => {
                assert_eq!(component[end], 0, "it was cut at {end}");
                assert!(adapter.map(&[crate::guests::record(b"x")]).is_ok());
            }
        }
    }
}

#[test]
fn damaged_bytes_never_stop_the_host() {
    let component = friendly().component();
    let mut state = 0x2545_f491_u32;
    for _ in 0..300 {
        let mut damaged = component.clone();
        for _ in 0..2 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = state as usize % damaged.len();
            damaged[at] ^= 1 << (state >> 29);
        }
        let mut limits = crate::guests::hasty();
        limits.memory_bytes = 1 << 20;
        if let Ok(adapter) = ENGINE.load(&damaged, BTreeMap::new(), limits) {
            let _ = adapter.map(&[crate::guests::record(b"x")]);
        }
    }
}

#[test]
fn a_component_over_the_size_that_is_taken_is_refused() {
    let component = friendly().component();
    let mut limits = limits();
    limits.component_bytes = 1000;
    let error = ENGINE.load(&component, BTreeMap::new(), limits.clone()).unwrap_err();
    assert_eq!(error, LoadError::TooLarge { what: "component", limit: 1000, actual: component.len() });
    limits.component_bytes = 1 << 20;
    limits.function_bytes = 20;
    let error = ENGINE.load(&component, BTreeMap::new(), limits).unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { what: "function", limit: 20, .. }));
}

#[test]
fn a_required_setting_that_is_missing_is_named() {
    let component = Guest { needs_place: true, ..friendly() }.component();
    let error = ENGINE.load(&component, BTreeMap::new(), limits()).unwrap_err();
    assert_eq!(error, LoadError::MissingSettings { keys: vec!["place".to_owned()] });
    let settings = BTreeMap::from([("place".to_owned(), "Хоргос".to_owned())]);
    assert!(ENGINE.load(&component, settings, limits()).is_ok());
}
