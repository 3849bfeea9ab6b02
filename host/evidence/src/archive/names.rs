//! The names of the files. Only these can stand in an archive.

pub(crate) const MIMETYPE: &str = "mimetype";
pub(crate) const ABOUT: &str = "META-INF/archive.json";
pub(crate) const SUMS: &str = "META-INF/SHA256SUMS";
pub(crate) const EVENT: &str = "event.json";
pub(crate) const SALT: &str = "salt";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.p7s";
pub(crate) const VALUE: &str = "manifest.sig";
pub(crate) const TOKEN: &str = "manifest.tst";
pub(crate) const REVOCATION: &str = "revocation/";
pub(crate) const RECORD: &str = "record/native";
pub(crate) const RECORD_ABOUT: &str = "record/record.json";
pub(crate) const RECORD_SIGNATURE: &str = "record/signature.p7s";
pub(crate) const MAPPINGS: &str = "mappings/";
pub(crate) const PROTOCOL_KK: &str = "protocol.kk.html";
pub(crate) const PROTOCOL_RU: &str = "protocol.ru.html";
pub(crate) const HOW_TO: &str = "HOW-TO.txt";

/// The files of one seal, at the top or in the folder of a mapping.
pub(crate) const SEAL: [&str; 6] = [EVENT, SALT, MANIFEST, SIGNATURE, VALUE, TOKEN];
/// What every archive has.
pub(crate) const ALWAYS: [&str; 11] =
    [MIMETYPE, ABOUT, SUMS, EVENT, SALT, MANIFEST, SIGNATURE, VALUE, PROTOCOL_KK, PROTOCOL_RU, HOW_TO];

/// Whether a file of that name belongs into an archive.
pub(crate) fn belongs(name: &str) -> bool {
    ALWAYS.contains(&name)
        || [TOKEN, RECORD, RECORD_ABOUT, RECORD_SIGNATURE].contains(&name)
        || name.strip_prefix(REVOCATION).is_some_and(is_revocation)
        || folder_of(name).is_some_and(|(_, file)| SEAL.contains(&file))
}

/// Whether a file in `revocation/` may be called so.
pub(crate) fn is_revocation(name: &str) -> bool {
    let stem = name.strip_suffix(".crl").or_else(|| name.strip_suffix(".ocsp"));
    stem.is_some_and(|stem| {
        (1..=80).contains(&stem.len())
            && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    })
}

/// Folder and file of a name under `mappings/`: `mappings/1-earlier/` and `salt`.
pub(crate) fn folder_of(name: &str) -> Option<(&str, &str)> {
    let (folder, file) = name.strip_prefix(MAPPINGS)?.split_once('/')?;
    let (number, relation) = folder.split_once('-')?;
    let counted = (1..=3).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && !number.starts_with('0')
        && ["earlier", "later"].contains(&relation);
    // The folder with its slashes on both ends.
    counted.then(|| name.split_at(MAPPINGS.len() + folder.len() + 1)).filter(|(_, rest)| *rest == file)
}
