//! The golden folder of an adapter's package, read. What its files mean is said in [`qadam_package::golden`].

use std::path::{Path, PathBuf};

use qadam_package::golden::{Files, Sample, belongs};

use crate::cli::Failure;

/// All samples of a folder, in the order of their names.
pub(crate) fn samples(folder: &Path) -> Result<Vec<Sample>, Failure> {
    let files = files(folder)?;
    qadam_package::golden::samples(&files).map_err(|error| Failure::Failed(format!("{}: {error}", folder.display())))
}

/// The files of a folder and of the folders within; hidden files and notes for people left out.
pub(crate) fn files(folder: &Path) -> Result<Files, Failure> {
    if !folder.is_dir() {
        return Err(Failure::Failed(format!(
            "{} is not there: put native records into it, one a file, and run qadam adapter test --update",
            folder.display()
        )));
    }
    let mut files = Files::new();
    for (file, path) in entries(folder)? {
        if path.is_dir() {
            for (within, path) in entries(&path)?.into_iter().filter(|(_, path)| path.is_file()) {
                files.insert(format!("{file}/{within}"), read(&path)?);
            }
        } else {
            files.insert(file, read(&path)?);
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let named = |error: std::io::Error| Failure::Failed(format!("{}: {error}", folder.display()));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if belongs(&file) {
            entries.push((file, path));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_folder_and_of_those_within_are_read_and_notes_left_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("both")).unwrap();
        for file in ["a.xml", "both/b.json", "both/expected.toml", "README.md", ".hidden", "a.xml~"] {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        assert_eq!(
            files(folder.path()).unwrap().into_keys().collect::<Vec<_>>(),
            ["a.xml", "both/b.json", "both/expected.toml"]
        );
        let Err(Failure::Failed(text)) = samples(&folder.path().join("gone")) else { panic!() };
        assert!(text.contains("--update"), "{text}");
    }
}
