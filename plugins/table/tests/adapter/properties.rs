//! Nothing that is sent or configured ends in a panic.

use proptest::prelude::*;
use table::Mapping;

use crate::{SMALL, headed};

proptest! {
    #[test]
    fn any_bytes_are_mapped_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in ["csv", "json", "xml"] {
            let mapping = Mapping::read(&SMALL.replace("csv", format)).expect("right");
            let _ = mapping.map(&bytes);
        }
        let _ = Mapping::read(&headed("encoding = 'kz-1048'")).expect("right").map(&bytes);
    }

    #[test]
    fn any_row_is_mapped_or_refused_within_its_bytes(cells in proptest::collection::vec("(New|Done|17|02\\.03\\.2026 10:20|ж|\"|,|\n|){0,3}", 0..5)) {
        let record = format!("n,s,t\n{}", cells.join(","));
        if let Err(wrong) = Mapping::read(SMALL).expect("right").map(record.as_bytes()) {
            prop_assert!(wrong.offset().is_none_or(|at| at <= record.len() as u64), "{wrong:?}");
        }
    }

    #[test]
    fn any_mapping_is_right_or_wrong_at_a_line_of_it(lines in proptest::collection::vec("(\\[event\\]|\\[fields\\]|\\[statuses\\]|format|zone|request|status|=|'csv'|'x'|\\{|\\}| |ж){0,4}", 0..12)) {
        let text = lines.join("\n");
        if let Err(wrong) = Mapping::read(&text) {
            prop_assert!(wrong.line >= 1 && wrong.line <= lines.len().max(1), "{wrong}");
        }
    }

    #[test]
    fn one_missing_line_of_a_mapping_never_panics(which in 0..12usize) {
        let kept: Vec<&str> = SMALL.lines().enumerate().filter(|(at, _)| *at != which).map(|(_, line)| line).collect();
        if let Ok(mapping) = Mapping::read(&kept.join("\n")) {
            let _ = mapping.map(b"n,s,t\n17,New,02.03.2026 10:20");
        }
    }
}
