//! The page as HTML. Well-formed as XML too, so that a test can read it strictly; every text of a source is escaped.

use qadam_domain::labels::{Label, Lang};

use super::{PLACE, parts, words};
use crate::{access::Role, docs::escaped, view::RequestView};

/// What is said above a form.
#[derive(Clone, Copy, Debug)]
pub(super) enum Saying {
    UnknownKey,
    WrongRole,
    Ended,
    NotFromHere,
    Failed,
}

impl Saying {
    const fn label(self) -> Label {
        match self {
            Self::UnknownKey => words::UNKNOWN_KEY,
            Self::WrongRole => words::WRONG_ROLE,
            Self::Ended => words::ENDED,
            Self::NotFromHere => words::NOT_FROM_HERE,
            Self::Failed => words::FAILED,
        }
    }
}

/// A page in one language.
pub(super) struct Page {
    lang: Lang,
    /// Whether a key was entered.
    entered: bool,
    /// What the same page in another language needs to be asked for again.
    again: Vec<(&'static str, String)>,
    main: String,
}

impl Page {
    /// The form for a key.
    pub(super) fn enter(lang: Lang, saying: Option<Saying>) -> Self {
        let said = saying.map(|saying| alert(saying.label().word(lang), "")).unwrap_or_default();
        let fields = format!(
            "<label for=\"key\">{}</label>\n<input id=\"key\" name=\"key\" type=\"password\" required=\"required\" \
             autocomplete=\"off\" autofocus=\"autofocus\" />\n<button>{}</button>\n<p><small>{}</small></p>\n",
            words::KEY.word(lang),
            words::ENTER.word(lang),
            words::KEY_ABOUT.word(lang)
        );
        let main = said + &form("/enter", lang, &[], &fields);
        Self { lang, entered: false, again: Vec::new(), main }
    }

    /// The form for what is looked for.
    pub(super) fn search(lang: Lang, _: Role) -> Self {
        Self { lang, entered: true, again: Vec::new(), main: search_form(lang) }
    }

    /// What was found: one request, or a list of them.
    pub(super) fn found(lang: Lang, role: Role, asked: Option<&str>, views: &[RequestView]) -> Self {
        let (shown, again) = match views {
            [] => (alert(words::NOTHING.word(lang), ""), Vec::new()),
            [only] => (parts::request(only, lang, role), vec![("id", only.id.to_string())]),
            many => (parts::list(many, lang), asked.map(|asked| ("asked", asked.to_owned())).into_iter().collect()),
        };
        Self { lang, entered: true, again, main: search_form(lang) + &shown }
    }

    /// That it did not work.
    pub(super) fn failed(lang: Lang, _: Role, detail: &str) -> Self {
        let main = search_form(lang) + &alert(words::FAILED.word(lang), detail);
        Self { lang, entered: true, again: Vec::new(), main }
    }

    pub(super) fn html(&self) -> String {
        let lang = self.lang;
        let leave = if self.entered {
            form("/leave", lang, &[], &format!("<button class=\"plain\">{}</button>\n", words::LEAVE.word(lang)))
        } else {
            String::new()
        };
        let unofficial = match words::UNOFFICIAL.word(lang) {
            "" => String::new(),
            said => format!("<footer><small>{said}</small></footer>\n"),
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\" />\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"{PLACE}/style.css\" />\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
             <nav>\n{languages}{leave}</nav>\n</header>\n<main>\n{main}</main>\n{unofficial}</body>\n</html>\n",
            code = lang.name(),
            title = words::TITLE.word(lang),
            languages = self.languages(),
            main = self.main,
        )
    }

    /// The same in the other languages. What was looked for is asked for again in a body, never in a link.
    fn languages(&self) -> String {
        Lang::ALL
            .into_iter()
            .filter(|other| *other != self.lang)
            .map(|other| {
                let name = match other {
                    Lang::Kk => "Қазақша",
                    Lang::Ru => "Русский",
                    Lang::En => "English",
                };
                if self.again.is_empty() {
                    return format!("<a href=\"{PLACE}?lang={0}\" lang=\"{0}\">{name}</a>\n", other.name());
                }
                let again: Vec<(&str, &str)> = self.again.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let button = format!("<button class=\"plain\" lang=\"{}\">{name}</button>\n", other.name());
                form("", other, &again, &button)
            })
            .collect()
    }
}

/// A form that posts to this page, with what it says unseen.
pub(super) fn form(action: &str, lang: Lang, unseen: &[(&str, &str)], fields: &str) -> String {
    let hidden = unseen.iter().copied().chain([("lang", lang.name())]);
    let hidden: String = hidden
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\" />\n", escaped(value)))
        .collect();
    format!("<form method=\"post\" action=\"{PLACE}{action}\">\n{hidden}{fields}</form>\n")
}

fn search_form(lang: Lang) -> String {
    let fields = format!(
        "<label for=\"asked\">{}</label>\n<input id=\"asked\" name=\"asked\" required=\"required\" maxlength=\"{}\" \
         autocomplete=\"off\" autofocus=\"autofocus\" />\n<button>{}</button>\n",
        words::ASKED.word(lang),
        super::ASKED,
        words::FIND.word(lang)
    );
    form("", lang, &[], &fields)
}

fn alert(said: &str, detail: &str) -> String {
    let detail = if detail.is_empty() { String::new() } else { format!(" <small>{}</small>", escaped(detail)) };
    format!("<p role=\"alert\">{said}{detail}</p>\n")
}
