//! The protocol of an archive, for people who print it: what is proved, by whom it was signed, when it was stamped, and what
//! each step found. In Russian, and in Kazakh, which is marked unofficial.

mod page;
mod rows;
mod words;

pub use self::words::Language;
use self::{
    page::{Page, escaped},
    words::{self as word, Word},
};
use crate::{
    document::Document,
    verdict::Verdict,
    verify::{Facts, Report},
};

/// How to check an archive with nothing but openssl: as `HOW-TO.txt` of every archive.
pub(crate) const HOW_TO: &str = include_str!("protocol/how-to.txt");

/// The protocol of a verification, as one page of HTML for A4 that needs nothing else. `event` is the event's document, where
/// the archive has one that can be read.
#[must_use]
pub fn html(event: Option<&Document>, report: &Report, language: Language) -> String {
    let say = |word: Word| word.of(language);
    let mut page = Page::new(language, say(word::TITLE));
    if let Some(unofficial) = word::UNOFFICIAL.get(language) {
        page.note(unofficial);
    }
    let facts = &report.facts;
    if facts.development {
        page.warning("development", say(word::DEVELOPMENT));
    }
    if !facts.certified {
        page.warning("not certified by the provider", say(word::NOT_CERTIFIED));
    }
    if !facts.replaced_by.is_empty() {
        page.warning("replaced", say(word::REPLACED));
    }
    page.verdict(report.verdict, say(word::verdict(report.verdict)));
    page.paragraph(say(match report.verdict {
        Verdict::Valid => word::PROVED,
        Verdict::Indeterminate => word::NOT_ALL,
        Verdict::Invalid => word::NOT_PROVED,
    }));

    if let Some(event) = event {
        let rows = rows::event(event, language).into_iter().chain(rows::others(facts, language));
        page.table(say(word::EVENT), rows.collect());
        page.table(say(word::FIELDS), rows::fields(event, language));
    }
    page.table(say(word::SIGNED), rows::signed(facts, language));
    page.table(say(word::STAMPED), rows::stamped(facts, language));
    page.raw(&steps(report, language));
    page.paragraph(say(word::CHECK_YOURSELF));
    page.code("qadam evidence verify FILE.zip --trust CA.pem");
    page.finish()
}

/// Every step, its verdict and why.
fn steps(report: &Report, language: Language) -> String {
    let say = |word: Word| word.of(language);
    let head = [word::STEP, word::FILE, word::VERDICT].map(|word| format!("<th>{}</th>", say(word))).concat();
    let rows = report.checks.iter().map(|finding| {
        let check = &finding.check;
        let reason = match check.reason.as_str() {
            "" => String::new(),
            reason => format!("<br><small lang=en>{}</small>", escaped(reason)),
        };
        format!(
            "<tr class={}><td>{}{reason}</td><td><code>{}</code></td><td>{}</td></tr>\n",
            word::class(check.verdict),
            say(word::step(check.step)),
            escaped(&finding.what),
            say(word::verdict(check.verdict)),
        )
    });
    format!("<h2>{}</h2>\n<table class=steps><tr>{head}</tr>\n{}</table>\n", say(word::STEPS), rows.collect::<String>())
}

/// What stands beside a fact that is not there.
const NONE: &str = "—";

/// Whether the facts name who sealed.
fn sealer(facts: &Facts) -> &str {
    facts.sealed_by.as_ref().map_or(NONE, |owner| owner.name.as_str())
}
