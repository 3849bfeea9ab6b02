//! The file's outer form: a ZIP whose every byte follows from the names and contents of its files. So two programs that read it
//! cannot see different files in it, nothing hides between them, and a changed byte shows even where no digest covers it.
//! Files are stored, so what is not expanded cannot be a bomb.

use crate::error::PackageError;

/// Most files.
pub const FILES_LIMIT: usize = 1024;
/// Longest name, in bytes.
pub const NAME_LIMIT: usize = 200;

/// A file's name and bytes.
pub type File<'a> = (&'a str, &'a [u8]);

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// Bytes of a local header before its name.
const HEAD: usize = 30;
/// Version needed, no flags, stored, 1980-01-01: the same for all files.
const FIXED: [u8; 10] = [10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];

/// Writes the files in the order given.
///
/// # Errors
/// A name that is not allowed, or too many or too large files.
pub fn write(files: &[File<'_>]) -> Result<Vec<u8>, PackageError> {
    if files.len() > FILES_LIMIT {
        return Err(PackageError::TooManyFiles { limit: FILES_LIMIT });
    }
    let mut bytes = Vec::new();
    let mut offsets = Vec::with_capacity(files.len());
    for file in files {
        named(file.0)?;
        offsets.push(small(bytes.len())?);
        bytes.extend(head(*file)?);
        bytes.extend_from_slice(file.1);
    }
    let directory = directory(files, &offsets, bytes.len())?;
    bytes.extend(directory);
    Ok(bytes)
}

/// Reads files, in their order.
///
/// # Errors
/// Whatever is not as [`write()`] writes it.
pub fn read(bytes: &[u8]) -> Result<Vec<File<'_>>, PackageError> {
    let (mut files, mut offsets): (Vec<File<'_>>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(&LOCAL)) {
        if files.len() == FILES_LIMIT {
            return Err(PackageError::TooManyFiles { limit: FILES_LIMIT });
        }
        let form = |what| PackageError::Form { at, what };
        let size = number(bytes, at + 22).ok_or_else(|| form("is cut off"))?;
        let name_length =
            bytes.get(at + 26..).and_then(|rest| rest.first_chunk::<2>()).ok_or_else(|| form("is cut off"))?;
        let name_end = at + HEAD + usize::from(u16::from_le_bytes(*name_length));
        let name = bytes.get(at + HEAD..name_end).ok_or_else(|| form("is cut off in a name"))?;
        let name = std::str::from_utf8(name).map_err(|_| form("has a name that is not UTF-8"))?;
        named(name)?;
        let end = name_end.checked_add(size as usize).filter(|end| *end <= bytes.len());
        let content = end.and_then(|end| bytes.get(name_end..end)).ok_or_else(|| form("is cut off in a file"))?;
        if files.iter().any(|(known, _)| *known == name) {
            return Err(PackageError::Doubled { name: name.to_owned() });
        }
        if bytes.get(at..name_end) != Some(head((name, content))?.as_slice()) {
            return Err(PackageError::Damaged { name: name.to_owned() });
        }
        offsets.push(small(at)?);
        files.push((name, content));
        at = name_end + content.len();
    }
    if bytes.get(at..) != Some(directory(&files, &offsets, at)?.as_slice()) {
        return Err(PackageError::Form { at, what: "does not end with the directory of exactly its files" });
    }
    Ok(files)
}

fn head((name, content): File<'_>) -> Result<Vec<u8>, PackageError> {
    let mut head = LOCAL.to_vec();
    head.extend(FIXED);
    head.extend(measures(name, content)?);
    head.extend([0, 0]);
    head.extend_from_slice(name.as_bytes());
    Ok(head)
}

/// Checksum, size twice, length of the name.
fn measures(name: &str, content: &[u8]) -> Result<[u8; 14], PackageError> {
    let (size, mut measures) = (small(content.len())?.to_le_bytes(), [0; 14]);
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes();
    let parts = [crc32fast::hash(content).to_le_bytes(), size, size];
    let all = parts.iter().flatten().chain(&length);
    measures.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
    Ok(measures)
}

fn directory(files: &[File<'_>], offsets: &[u32], at: usize) -> Result<Vec<u8>, PackageError> {
    let mut bytes = Vec::new();
    for ((name, content), offset) in files.iter().zip(offsets) {
        bytes.extend(CENTRAL);
        bytes.extend([10, 0]);
        bytes.extend(FIXED);
        bytes.extend(measures(name, content)?);
        // No extra field, no comment, one disk, no attributes.
        bytes.extend([0; 12]);
        bytes.extend(offset.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
    }
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX).to_le_bytes();
    let size = small(bytes.len())?;
    bytes.extend(END);
    bytes.extend([0; 4]);
    bytes.extend(count);
    bytes.extend(count);
    bytes.extend(size.to_le_bytes());
    bytes.extend(small(at)?.to_le_bytes());
    bytes.extend([0; 2]);
    Ok(bytes)
}

/// Names that mean the same on every machine, and stay within the folder that they are unpacked in.
fn named(name: &str) -> Result<(), PackageError> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if name.len() <= NAME_LIMIT && name.split('/').all(plain) {
        return Ok(());
    }
    Err(PackageError::Name { name: name.chars().take(NAME_LIMIT).collect() })
}

fn small(length: usize) -> Result<u32, PackageError> {
    u32::try_from(length).map_err(|_| PackageError::TooLarge {
        what: "a part".to_owned(),
        limit: u64::from(u32::MAX),
        actual: length as u64,
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_leave_the_folder_or_differ_between_machines_are_refused() {
        for name in ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a\\b", "C:a", "при.xml", "a b", "a\0b"] {
            assert!(matches!(write(&[(name, b"")]), Err(PackageError::Name { .. })), "{name:?}");
        }
        assert!(write(&[(&"a".repeat(201), b"")]).is_err());
    }

    #[test]
    fn a_file_that_is_there_twice_is_refused() {
        let twice = write(&[("a", b"1"), ("a", b"2")]).unwrap();
        assert!(matches!(read(&twice), Err(PackageError::Doubled { name }) if name == "a"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_in_no_other_form(
            files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,8})?", proptest::collection::vec(any::<u8>(), 0..64), 0..6),
            at: prop::sample::Index, bit in 0u8..8, cut: prop::sample::Index, more in proptest::collection::vec(any::<u8>(), 1..8),
        ) {
            let files: Vec<File<'_>> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            let bytes = write(&files).unwrap();
            prop_assert_eq!(read(&bytes).unwrap(), files);
            let mut other = bytes.clone();
            other[at.index(bytes.len())] ^= 1 << bit;
            prop_assert!(read(&other).is_err());
            prop_assert!(read(&bytes[..cut.index(bytes.len())]).is_err());
            prop_assert!(read(&[bytes, more].concat()).is_err());
        }

        #[test]
        fn foreign_bytes_are_no_container_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), zip: bool) {
            let bytes = if zip { [LOCAL.to_vec(), bytes].concat() } else { bytes };
            prop_assert!(read(&bytes).is_err());
        }
    }
}
