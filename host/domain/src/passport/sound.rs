//! Whether a passport is sound by itself.

use std::collections::BTreeSet;

use super::{Names, Passport, PassportError, Term, Unit};

/// Longest code, in characters.
const CODE_LIMIT: usize = 64;
/// Longest name or title, in characters.
const NAME_LIMIT: usize = 2_000;
/// Most aliases of a service.
const ALIASES_LIMIT: usize = 100;

pub(super) fn check(passport: &Passport) -> Result<(), PassportError> {
    let wrong = |field: &'static str, what: String| {
        // What is wrong may be the code itself, so not all of it is repeated.
        Err(PassportError::Field { code: passport.code.chars().take(CODE_LIMIT).collect(), field, what })
    };
    let ours = |field| move |what| (field, what);
    let found = text(&passport.code, CODE_LIMIT)
        .map_err(ours("code"))
        .and_then(|()| names(&passport.names).map_err(ours("names")))
        .and_then(|()| names(&passport.provider.names).map_err(ours("provider.names")))
        .and_then(|()| bin(&passport.provider.bin).map_err(ours("provider.bin")))
        .and_then(|()| passport.provider.parent.as_deref().map_or(Ok(()), bin).map_err(ours("provider.parent")))
        .and_then(|()| text(&passport.act.title, NAME_LIMIT).map_err(ours("act.title")))
        .and_then(|()| term(passport.term).map_err(ours("term")))
        .and_then(|()| aliases(passport).map_err(ours("aliases")))
        .and_then(|()| budgets(passport).map_err(ours("budgets")));
    if let Err((field, what)) = found {
        return wrong(field, what);
    }
    if passport.version == 0 {
        return wrong("version", "is 0; the first is 1".into());
    }
    if let Some(until) = passport.valid_until.filter(|until| *until < passport.valid_from) {
        return wrong("valid-until", format!("is {until}, before valid-from, {}", passport.valid_from));
    }
    if let Some(office) = passport.counting.office.filter(|office| office.closes <= office.opens) {
        return wrong(
            "counting.office",
            format!("closes at {}, not after it opens, at {}", office.closes, office.opens),
        );
    }
    Ok(())
}

fn text(text: &str, limit: usize) -> Result<(), String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err("is empty".into())
    } else if text.trim() != text || text.chars().any(char::is_control) {
        Err("has spaces around it or control characters in it".into())
    } else if length > limit {
        Err(format!("has {length} characters, the limit is {limit}"))
    } else {
        Ok(())
    }
}

fn names(names: &Names) -> Result<(), String> {
    [Some(&names.ru), names.kk.as_ref(), names.en.as_ref()]
        .into_iter()
        .flatten()
        .try_for_each(|name| text(name, NAME_LIMIT))
}

fn bin(bin: &str) -> Result<(), String> {
    let digits = bin.len() == 12 && bin.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(()) } else { Err(format!("has {} characters, a BIN has twelve digits", bin.chars().count())) }
}

fn term(term: Term) -> Result<(), String> {
    let limit = term.unit.limit();
    if (1..=limit).contains(&term.amount) {
        Ok(())
    } else {
        Err(format!("is {term}; 1 to {limit} {} can be reckoned with", term.unit.name()))
    }
}

fn aliases(passport: &Passport) -> Result<(), String> {
    let aliases = &passport.aliases;
    if aliases.len() > ALIASES_LIMIT {
        return Err(format!("are {}, the limit is {ALIASES_LIMIT}", aliases.len()));
    }
    aliases.iter().try_for_each(|alias| {
        text(&alias.code, CODE_LIMIT).map_err(|what| format!("have a code that {what}"))?;
        match (alias.from, alias.until) {
            (Some(from), Some(until)) if until < from => {
                Err(format!("have `{}` until {until}, before it begins, on {from}", alias.code))
            }
            _ => Ok(()),
        }
    })
}

fn budgets(passport: &Passport) -> Result<(), String> {
    let mut stages = BTreeSet::new();
    for budget in &passport.budgets {
        if !stages.insert(budget.stage) {
            return Err(format!("have `{}` twice", budget.stage.name()));
        }
        term(budget.within).map_err(|what| format!("have `{}`, which {what}", budget.stage.name()))?;
    }
    // Only like can be added to like; hours are so many minutes.
    let plain = |term: Term| match term.unit {
        Unit::Hours => (Unit::Minutes, term.amount.saturating_mul(60)),
        unit => (unit, term.amount),
    };
    let (unit, whole) = plain(passport.term);
    let parts = passport.budgets.iter().map(|budget| plain(budget.within)).filter(|part| part.0 == unit);
    let sum = parts.fold(0, |sum: u32, part| sum.saturating_add(part.1));
    if sum > whole {
        return Err(format!("add up to {sum} {}, more than the term of {}", unit.name(), passport.term));
    }
    Ok(())
}
