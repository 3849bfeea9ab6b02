//! Puts an archive together.

use jiff::Timestamp;

use super::{
    Contents, FORMAT, MEDIA_TYPE,
    container::{Files, pack},
    contents::{About, RecordAbout, Sealed},
    error::ArchiveError,
    inventory::inventory,
    names::{
        self, ABOUT, EVENT, HOW_TO, MANIFEST, MAPPINGS, MIMETYPE, PROTOCOL_KK, PROTOCOL_RU, RECORD, RECORD_ABOUT,
        RECORD_SIGNATURE, REVOCATION, SALT, SIGNATURE, SUMS, TOKEN, VALUE,
    },
};
use crate::{certificate::Certificate, document::Document, manifest::Digest, protocol, seal, verify};

/// The archive of an event. The same contents give the same bytes. Its protocols leave open what hangs on whom one trusts.
///
/// # Errors
/// If a part is not what its place in the archive asks for, or all together are too large.
pub fn write(contents: &Contents) -> Result<Vec<u8>, ArchiveError> {
    write_trusting(contents, &[])
}

/// [`write()`] by a host that trusts these roots: the protocols in the archive say what every step came to with them, at the time
/// of the export. An archive of which a step fails is written all the same, and says so.
///
/// # Errors
/// As [`write()`].
pub fn write_trusting(contents: &Contents, roots: &[Certificate]) -> Result<Vec<u8>, ArchiveError> {
    let mut files = Files::default();
    let mut put = |name: String, bytes: Vec<u8>| files.0.insert(name, bytes);
    put(MIMETYPE.to_owned(), MEDIA_TYPE.into());
    let event = Document::parse(&contents.sealed.event).map_err(|error| ArchiveError::part(EVENT, error))?;
    let about = About {
        format: FORMAT.to_owned(),
        event: event.id,
        exported_at: contents.exported_at,
        development: contents.development,
    };
    put(ABOUT.to_owned(), json(ABOUT, &about)?);
    for (name, bytes) in seal_files("", &contents.sealed)? {
        put(name, bytes);
    }
    for list in &contents.revocation {
        let name = format!("{REVOCATION}{}", list.name);
        if !names::is_revocation(&list.name) || put(name.clone(), list.der.clone()).is_some() {
            return Err(ArchiveError::Unexpected { name });
        }
    }
    if let Some(record) = &contents.record {
        let about = RecordAbout {
            media_type: record.media_type.clone(),
            digest: Digest(record.digest),
            size: record.size,
            absent: record.absent.clone(),
            redactions: record.redactions.clone(),
            checks: record.checks.clone(),
        };
        put(RECORD_ABOUT.to_owned(), json(RECORD_ABOUT, &about)?);
        for (name, bytes) in [(RECORD, &record.bytes), (RECORD_SIGNATURE, &record.signature)] {
            if let Some(bytes) = bytes {
                put(name.to_owned(), bytes.clone());
            }
        }
    }
    for (number, mapping) in (1..).zip(&contents.mappings) {
        let folder = format!("{MAPPINGS}{number}-{}/", mapping.relation.as_str());
        for (name, bytes) in seal_files(&folder, &mapping.sealed)? {
            put(name, bytes);
        }
    }
    put(HOW_TO.to_owned(), protocol::HOW_TO.into());
    protocols(&mut files, &event, roots, contents.exported_at);
    pack(&files)
}

fn seal_files(folder: &str, sealed: &Sealed) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let wrong = |error: seal::SealError| ArchiveError::part(&format!("{folder}{SIGNATURE}"), error);
    let value = seal::signature_value(&sealed.signature).map_err(wrong)?;
    let token = seal::token(&sealed.signature).map_err(wrong)?;
    let files = [
        (EVENT, Some(sealed.event.clone())),
        (SALT, Some(sealed.salt.to_vec())),
        (MANIFEST, Some(sealed.manifest.clone())),
        (SIGNATURE, Some(sealed.signature.clone())),
        (VALUE, Some(value)),
        (TOKEN, token),
    ];
    Ok(files.into_iter().filter_map(|(name, bytes)| Some((format!("{folder}{name}"), bytes?))).collect())
}

/// JSON that people may read.
fn json(name: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| ArchiveError::part(name, error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The protocols of what a verification finds now, and then the digests of all files.
fn protocols(files: &mut Files, event: &Document, roots: &[Certificate], now: Timestamp) {
    let languages = [(PROTOCOL_KK, protocol::Language::Kazakh), (PROTOCOL_RU, protocol::Language::Russian)];
    let close = |files: &mut Files, pages: [Vec<u8>; 2]| {
        files.0.extend(languages.iter().zip(pages).map(|((name, _), page)| ((*name).to_owned(), page)));
        let sums = inventory(files);
        files.0.insert(SUMS.to_owned(), sums);
    };
    // They are files of the archive themselves: what is verified is the archive with empty ones.
    close(files, Default::default());
    let report = verify::report(files, roots, now);
    close(files, languages.map(|(_, language)| protocol::html(Some(event), &report, language).into_bytes()));
}
