//! The README says what the code does.

const README: &str = include_str!("../../README.md");

#[test]
fn the_embedded_tables_stand_in_the_readme_as_they_are() {
    for table in [
        include_str!("../../src/statuses.txt"),
        include_str!("../../src/sources.txt"),
        include_str!("../../src/channels.txt"),
    ] {
        for row in table.lines().filter(|line| line.contains('=') && !line.starts_with('#')) {
            let (name, value) = row.split_once(" = ").expect("is a row");
            let rows = README.lines().filter(|line| line.starts_with('|') && line.contains(&format!("`{value}`")));
            assert!(rows.into_iter().any(|line| line.contains(&format!("`{name}`"))), "{row}");
        }
    }
}
