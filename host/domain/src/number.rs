//! Identification numbers (IIN, BIN) and how valid they are. The answer is graded, never a yes or no: the official test
//! certificates fail the checksum, and since 2013 an IIN need not match its holder's birth date.

use serde::{Deserialize, Serialize};

/// What a number is, by its fifth digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberKind {
    /// Individual identification number ("ИИН"): the fifth digit starts a day, 0 to 3.
    Iin,
    /// Business identification number ("БИН"): the fifth digit is a type of entity, 4 to 6.
    Bin,
    /// Neither.
    Unknown,
}

/// What was found wrong or odd about a number. A finding is a flag; only the strict policy refuses for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Not twelve digits.
    NotTwelveDigits,
    /// The check digit is not the one that the rules give.
    CheckDigit,
    /// No check digit exists for the first eleven digits, so the number was never issued.
    Unassignable,
    /// The date part is no date. Not a reason to refuse: the rules let it differ from the birth date.
    Date,
    /// The fifth digit fits neither an IIN nor a BIN.
    Kind,
}

/// A number's kind and what was found about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// What it is.
    pub kind: NumberKind,
    /// What was found; empty for a well-formed number. Well-formed is no proof that the number exists.
    pub findings: Vec<Finding>,
}

impl Grade {
    /// Grades a number. Never fails: an odd number is a fact about the record.
    #[must_use]
    pub fn of(number: &str) -> Self {
        let Some(digits) = digits(number) else {
            return Self { kind: NumberKind::Unknown, findings: vec![Finding::NotTwelveDigits] };
        };
        let [y1, y2, m1, m2, d1, d2, century, .., check] = digits;
        let kind = match d1 {
            0..=3 => NumberKind::Iin,
            4..=6 => NumberKind::Bin,
            _ => NumberKind::Unknown,
        };
        let mut findings = Vec::new();
        match check_digit(&digits) {
            Some(expected) if expected == check => {}
            Some(_) => findings.push(Finding::CheckDigit),
            None => findings.push(Finding::Unassignable),
        }
        let year = i16::from(y1 * 10 + y2);
        let month = i8::try_from(m1 * 10 + m2).unwrap_or(0);
        let dated = match kind {
            NumberKind::Iin => {
                // 7th digit: 1, 2 the 19th century; 3, 4 the 20th; 5, 6 the 21st; 0 is not said, so any century will do.
                let centuries: &[i16] = match century {
                    1 | 2 => &[1800],
                    3 | 4 => &[1900],
                    5 | 6 => &[2000],
                    _ => &[1800, 1900, 2000],
                };
                let day = i8::try_from(d1 * 10 + d2).unwrap_or(0);
                centuries.iter().any(|century| jiff::civil::Date::new(century + year, month, day).is_ok())
            }
            NumberKind::Bin => (1..=12).contains(&month),
            NumberKind::Unknown => {
                findings.push(Finding::Kind);
                true
            }
        };
        if !dated {
            findings.push(Finding::Date);
        }
        Self { kind, findings }
    }

    /// Whether the strict policy takes it: twelve digits, the right check digit, a known kind. The date is not asked for.
    #[must_use]
    pub fn is_strictly_valid(&self) -> bool {
        self.findings.iter().all(|finding| *finding == Finding::Date)
    }
}

fn digits(number: &str) -> Option<[u8; 12]> {
    let bytes: [u8; 12] = number.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then(|| bytes.map(|b| b - b'0'))
}

/// The check digit of the first eleven digits (Resolution of 11 June 2003 No. 565): weights 1 to 11 modulo 11, and where
/// that gives 10, weights 3 to 11, 1, 2; where that too gives 10, none exists.
fn check_digit(digits: &[u8; 12]) -> Option<u8> {
    let sum = |first: u32| -> u32 {
        digits.iter().take(11).zip(0u32..).map(|(digit, i)| u32::from(*digit) * ((first - 1 + i) % 11 + 1)).sum::<u32>()
            % 11
    };
    [sum(1), sum(3)].into_iter().find(|sum| *sum < 10).and_then(|sum| u8::try_from(sum).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_synthetic_numbers_are_well_formed() {
        for iin in ["850101199993", "850101199983", "850228298198", "991231599997", "991231699993", "960229599998"] {
            assert_eq!(Grade::of(iin), Grade { kind: NumberKind::Iin, findings: vec![] }, "{iin}");
        }
        for bin in ["990140999995", "990141999990", "990152998192", "990163999990"] {
            assert_eq!(Grade::of(bin), Grade { kind: NumberKind::Bin, findings: vec![] }, "{bin}");
        }
    }

    #[test]
    fn a_prefix_without_check_digit_is_unassignable_with_every_last_digit() {
        for prefix in ["85010119928", "99014099941"] {
            for last in 0..10 {
                assert_eq!(Grade::of(&format!("{prefix}{last}")).findings, [Finding::Unassignable]);
            }
        }
    }

    #[test]
    fn the_official_test_number_is_flagged_not_rejected() {
        let grade = Grade::of("123456789011");
        assert_eq!(grade.kind, NumberKind::Bin, "its fifth digit makes it look like a BIN");
        assert_eq!(grade.findings, [Finding::CheckDigit, Finding::Date]);
    }

    #[test]
    fn an_iin_with_another_date_is_still_strictly_valid() {
        let grade = Grade::of("850231299993");
        assert!(grade.findings.contains(&Finding::Date));
        assert!(Grade { kind: NumberKind::Iin, findings: vec![Finding::Date] }.is_strictly_valid());
    }

    #[test]
    fn anything_but_twelve_ascii_digits_is_named() {
        for text in ["", "85010119999", "8501011999930", "85010119999x", "８５０１０１１９９９９３"] {
            assert_eq!(Grade::of(text).findings, [Finding::NotTwelveDigits], "{text}");
        }
    }
}
