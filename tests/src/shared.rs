//! Records that nobody here wrote, in a folder beside the project that users do not have.

use std::{io::Read as _, path::PathBuf};

/// A file of the shared data. Without it a test reports itself skipped; in CI that is a failure.
#[must_use]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("QADAM_SHARED").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| crate::components::workspace().join("../shared"));
    let path = folder.join("data").join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} must be there in CI", path.display());
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// The lines of the municipality's log, or none where it is not there.
#[must_use]
pub fn permits() -> Option<Vec<String>> {
    let packed = std::fs::File::open(data("permits.xml-lines.gz")?).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
    Some(text.lines().map(ToOwned::to_owned).collect())
}
