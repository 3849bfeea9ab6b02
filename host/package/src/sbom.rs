//! The list of what an adapter was made of: CycloneDX, made from the `Cargo.lock` it was built with.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::PackageError;

/// Checks that it is a list of parts in a form that tools read: CycloneDX or SPDX.
///
/// # Errors
/// If it is none.
pub fn check(bytes: &[u8]) -> Result<(), PackageError> {
    let wrong = |reason: String| PackageError::Sbom { reason };
    let value: Value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
    let is_cyclone = text("bomFormat") == "CycloneDX" && text("specVersion").starts_with("1.");
    if is_cyclone || text("spdxVersion").starts_with("SPDX-") {
        return Ok(());
    }
    Err(wrong("it is neither CycloneDX (`bomFormat`, `specVersion`) nor SPDX (`spdxVersion`)".to_owned()))
}

/// CycloneDX 1.5 of a package and all that its lock file says it depends on. Equal lock files give equal bytes.
///
/// # Errors
/// If the lock file cannot be read, or does not have the package.
pub fn from_lock(lock: &str, package: &str) -> Result<Vec<u8>, PackageError> {
    let wrong = |reason: String| PackageError::Sbom { reason };
    let lock: Lock = toml::from_str(lock).map_err(|error| wrong(format!("Cargo.lock: {error}")))?;
    let root = lock.package.iter().find(|one| one.name == package && one.source.is_none());
    let root = root.ok_or_else(|| wrong(format!("Cargo.lock has no package {package}")))?;
    let mut of_name: BTreeMap<&str, Vec<&Locked>> = BTreeMap::new();
    lock.package.iter().for_each(|one| of_name.entry(&one.name).or_default().push(one));
    let mut reached: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut parts: BTreeMap<(&str, &str), &Locked> = BTreeMap::new();
    let mut next = VecDeque::from([root]);
    while let Some(one) = next.pop_front() {
        if !reached.insert((&one.name, &one.version)) {
            continue;
        }
        if !std::ptr::eq(one, root) {
            parts.insert((&one.name, &one.version), one);
        }
        for dependency in &one.dependencies {
            // `name`, `name version` or `name version (source)`: as much as tells it from others.
            let mut words = dependency.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next());
            let named = of_name.get(name).into_iter().flatten();
            next.extend(named.filter(|one| version.is_none_or(|version| one.version == version)));
        }
    }
    let reference = |one: &Locked| format!("pkg:cargo/{}@{}", one.name, one.version);
    let component = |one: &Locked| {
        let mut part = json!({
            "type": "library", "bom-ref": reference(one), "name": one.name, "version": one.version, "purl": reference(one),
        });
        if let (Some(checksum), Some(members)) = (&one.checksum, part.as_object_mut()) {
            members.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
        }
        part
    };
    let bom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": component(root) },
        "components": parts.values().map(|one| component(one)).collect::<Vec<_>>(),
    });
    serde_json::to_vec_pretty(&bom).map_err(|error| wrong(error.to_string()))
}

/// One component of which nothing more is known than its name and version: what is packed from a bare file.
///
/// # Errors
/// None that could be expected.
pub fn alone(name: &str, version: &str) -> Result<Vec<u8>, PackageError> {
    let bom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": { "type": "library", "name": name, "version": version } },
        "components": [],
    });
    serde_json::to_vec_pretty(&bom).map_err(|error| PackageError::Sbom { reason: error.to_string() })
}

/// How many parts a list names, if that can be told.
#[must_use]
pub fn parts(bytes: &[u8]) -> Option<usize> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    value.get("components").or_else(|| value.get("packages"))?.as_array().map(Vec::len)
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4
[[package]]
name = "archive"
version = "0.1.0"
dependencies = ["sdk", "csv 1.4.0"]
[[package]]
name = "sdk"
version = "0.2.0"
dependencies = ["csv 1.4.0"]
[[package]]
name = "csv"
version = "1.4.0"
source = "registry+https://registry.example/index"
checksum = "aa"
[[package]]
name = "csv"
version = "0.9.0"
source = "registry+https://registry.example/index"
checksum = "bb"
[[package]]
name = "wasmtime"
version = "48.0.0"
"#;

    #[test]
    fn it_names_what_the_package_depends_on_and_nothing_else_of_the_workspace() {
        let bytes = from_lock(LOCK, "archive").unwrap();
        check(&bytes).unwrap();
        let bom: Value = serde_json::from_slice(&bytes).unwrap();
        let purls: Vec<&str> =
            bom["components"].as_array().unwrap().iter().map(|one| one["purl"].as_str().unwrap()).collect();
        assert_eq!(purls, ["pkg:cargo/csv@1.4.0", "pkg:cargo/sdk@0.2.0"]);
        assert_eq!(bom["components"][0]["hashes"][0]["content"], "aa");
        assert_eq!(bom["metadata"]["component"]["purl"], "pkg:cargo/archive@0.1.0");
        assert!(
            !String::from_utf8(bytes.clone()).unwrap().contains("registry.example"),
            "where it came from is not told"
        );
        assert_eq!(bytes, from_lock(LOCK, "archive").unwrap());
    }

    #[test]
    fn what_is_no_list_of_parts_is_refused() {
        for text in ["", "{}", "[]", r#"{"bomFormat":"CycloneDX"}"#] {
            assert!(check(text.as_bytes()).is_err(), "{text}");
        }
        check(br#"{"spdxVersion":"SPDX-2.3","packages":[]}"#).unwrap();
        check(&alone("a", "1").unwrap()).unwrap();
        assert!(from_lock(LOCK, "other").unwrap_err().to_string().contains("no package other"));
        assert!(from_lock("[", "other").is_err());
    }
}
