//! A page of HTML for A4, in one file: no script, no font, no picture from elsewhere.

use super::words::{Language, class};
use crate::verdict::Verdict;

const STYLE: &str = "@page{size:A4;margin:18mm 16mm}\
*{box-sizing:border-box}\
body{font:11pt/1.4 'Noto Sans','DejaVu Sans',Arial,sans-serif;color:#111;max-width:178mm;margin:8mm auto;padding:0 4mm}\
h1{font-size:16pt;margin:0 0 3mm}\
h2{font-size:12pt;margin:6mm 0 2mm;break-after:avoid}\
table{border-collapse:collapse;width:100%;table-layout:fixed}\
td,th{border:.3mm solid #999;padding:1.2mm 2mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
tr{break-inside:avoid}\
th[scope=row]{width:38%;font-weight:normal;background:#f4f4f4}\
.steps th:nth-child(2){width:30%}.steps th:nth-child(3){width:20%}\
.warning{border:.8mm solid #b00;padding:2mm 3mm;margin:2mm 0;font-weight:bold}\
.result{border:.8mm solid;padding:2mm 3mm;margin:3mm 0;font-size:13pt;font-weight:bold}\
.valid.result{color:#060}.invalid.result,tr.invalid td{color:#b00;font-weight:bold}\
.indeterminate.result,tr.indeterminate td{color:#850}\
.note,small{color:#555;font-size:9pt;font-weight:normal}\
code{font-family:'DejaVu Sans Mono',monospace;font-size:9pt}\
@media print{body{margin:0;padding:0;max-width:none}}";

pub(super) struct Page(String);

impl Page {
    pub(super) fn new(language: Language, title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<!DOCTYPE html>\n<html lang={}>\n<head>\n<meta charset=utf-8>\n\
             <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=viewport content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<h1>{title}</h1>\n",
            language.code(),
        ))
    }

    pub(super) fn note(&mut self, text: &str) {
        self.raw(&format!("<p class=note>{}</p>\n", escaped(text)));
    }

    /// A mark that nobody may overlook, in the words that are searched for and in the page's language.
    pub(super) fn warning(&mut self, mark: &str, text: &str) {
        self.raw(&format!("<p class=warning><span lang=en>{}</span>: {}</p>\n", escaped(mark), escaped(text)));
    }

    pub(super) fn verdict(&mut self, verdict: Verdict, text: &str) {
        self.raw(&format!("<p class=\"{} result\">{}</p>\n", class(verdict), escaped(text)));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.raw(&format!("<p>{}</p>\n", escaped(text)));
    }

    pub(super) fn code(&mut self, text: &str) {
        self.raw(&format!("<p><code>{}</code></p>\n", escaped(text)));
    }

    /// Names and values. An empty table is left out.
    pub(super) fn table(&mut self, title: &str, rows: Vec<(String, String)>) {
        if rows.is_empty() {
            return;
        }
        self.raw(&format!("<h2>{}</h2>\n<table>\n", escaped(title)));
        for (name, value) in rows {
            self.raw(&format!("<tr><th scope=row>{}</th><td>{}</td></tr>\n", escaped(&name), escaped(&value)));
        }
        self.raw("</table>\n");
    }

    /// HTML as it stands.
    pub(super) fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    pub(super) fn finish(mut self) -> String {
        self.raw("</body>\n</html>\n");
        self.0
    }
}

/// Text as it may stand in HTML, between tags and in attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters, and those that turn the direction of what follows: a page shows what is there.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            other if other.is_control() && !other.is_whitespace() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}
