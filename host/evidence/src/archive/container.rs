//! The ZIP file. What two programs could read differently is refused: two files of one name, headers that contradict each
//! other, bytes before or behind, anything that would have to be expanded.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter,
    read::{ArchiveOffset, Config, ZipReadOptions},
    write::SimpleFileOptions,
};

use super::{
    FILES_LIMIT, LIMIT, MEDIA_TYPE,
    error::ArchiveError,
    names::{self, MIMETYPE},
};

/// The end of a ZIP file without a comment: signature, counts, sizes.
const END: usize = 22;
/// How it starts.
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
/// Most bytes of a name.
const NAME_LIMIT: usize = 200;

/// The files of an archive by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl Files {
    /// A file, if it is there.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// A file that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&[u8], ArchiveError> {
        self.get(name).ok_or_else(|| ArchiveError::Missing { name: name.to_owned() })
    }
}

/// Opens an archive: bounded, each file once, and none that does not belong there. A file whose bytes were damaged is given
/// as it is, for the steps of a verification to name.
pub(crate) fn open(archive: &[u8]) -> Result<Files, ArchiveError> {
    let limited = |what, limit: usize, actual: u64| match actual > limit as u64 {
        true => Err(ArchiveError::TooLarge { what, limit: limit as u64, actual }),
        false => Ok(()),
    };
    let broken = |error: zip::result::ZipError| ArchiveError::Container(quoted(&error.to_string()));
    limited("bytes", LIMIT, archive.len() as u64)?;
    let end = archive.len().checked_sub(END).and_then(|end| archive.get(end..));
    if !end.is_some_and(|end| end.starts_with(END_SIGNATURE) && end.ends_with(&[0, 0])) {
        return Err(ArchiveError::Container("it does not end as a ZIP file without a comment does".to_owned()));
    }
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut zip = ZipArchive::with_config(config, Cursor::new(archive)).map_err(broken)?;
    limited("files", FILES_LIMIT, zip.len() as u64)?;
    zip.validate_header_consistency().map_err(broken)?;

    let mut files = Files::default();
    for index in 0..zip.len() {
        let file = zip
            .by_index_with_options(index, ZipReadOptions::new().ignore_encryption_flag(true).ignore_crc32(true))
            .map_err(broken)?;
        let name = std::str::from_utf8(file.name_raw()).unwrap_or("a name that is not UTF-8").to_owned();
        if name.len() > NAME_LIMIT || !names::belongs(&name) {
            return Err(ArchiveError::Unexpected { name: quoted(&name) });
        }
        let how = match () {
            () if file.encrypted() => Some("encrypted"),
            () if file.compression() != CompressionMethod::Stored || file.size() != file.compressed_size() => {
                Some("compressed")
            }
            () if !file.is_file() => Some("no plain file"),
            () => None,
        };
        if let Some(how) = how {
            return Err(ArchiveError::Form { name, how });
        }
        if index == 0
            && (name != MIMETYPE || file.header_start() != 0 || file.extra_data().is_some_and(|x| !x.is_empty()))
        {
            return Err(ArchiveError::Container("it does not begin with the file `mimetype`".to_owned()));
        }
        // A stored file is part of the archive, so its size was bounded with that of the archive; a claimed one is not believed.
        let claimed = file.size();
        limited("bytes claimed of a file", archive.len(), claimed)?;
        let mut bytes = Vec::new();
        file.take(claimed).read_to_end(&mut bytes).map_err(|error| ArchiveError::part(&name, error))?;
        if bytes.len() as u64 != claimed {
            return Err(ArchiveError::part(&name, format!("it has {} bytes of {claimed}", bytes.len())));
        }
        if files.0.insert(name.clone(), bytes).is_some() {
            return Err(ArchiveError::part(&name, "it stands in the archive twice"));
        }
    }
    if files.need(MIMETYPE)? != MEDIA_TYPE.as_bytes() {
        return Err(ArchiveError::part(MIMETYPE, format!("expected {MEDIA_TYPE}")));
    }
    Ok(files)
}

/// Packs files, `mimetype` first. The same files give the same bytes.
pub(crate) fn pack(files: &Files) -> Result<Vec<u8>, ArchiveError> {
    let failed = |error: String| ArchiveError::Container(error);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let first = files.0.get_key_value(MIMETYPE);
    for (name, bytes) in first.into_iter().chain(files.0.iter().filter(|(name, _)| *name != MIMETYPE)) {
        zip.start_file(name.as_str(), options).map_err(|error| failed(error.to_string()))?;
        zip.write_all(bytes).map_err(|error| failed(error.to_string()))?;
    }
    let packed = zip.finish().map_err(|error| failed(error.to_string()))?.into_inner();
    // What we write, we read.
    open(&packed)?;
    Ok(packed)
}

/// Foreign text in an error: one line, no control characters, not long.
fn quoted(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
