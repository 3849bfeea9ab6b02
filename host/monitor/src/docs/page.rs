//! The page: what there is by subject, each call with its parameters, body, answers and a line to try it with, then the
//! schemas. Well-formed as XML too, so that a test can read it strictly.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::{kind, section};

/// One call of the API.
struct Call<'a> {
    method: String,
    path: &'a str,
    operation: &'a Value,
}

/// The page of a document.
pub(super) fn page(document: &Value) -> String {
    let info = |name: &str| document.pointer(&format!("/info/{name}")).and_then(Value::as_str).unwrap_or_default();
    let mut tags: BTreeMap<&str, Vec<Call<'_>>> = BTreeMap::new();
    for (path, methods) in members(document.get("paths")) {
        for (method, operation) in members(Some(methods)) {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or("other");
            tags.entry(tag).or_default().push(Call { method: method.to_uppercase(), path, operation });
        }
    }
    let (mut contents, mut calls) = (String::new(), String::new());
    for (tag, of_tag) in &tags {
        let items: String = of_tag
            .iter()
            .map(|call| {
                format!("<li><a href=\"#{}\"><b>{}</b> {}</a></li>\n", call.anchor(), call.method, escaped(call.path))
            })
            .collect();
        contents.push_str(&format!("<li>{}\n<ul>\n{items}</ul>\n</li>\n", escaped(tag)));
        calls.push_str(&format!("<h2>{}</h2>\n", escaped(tag)));
        calls.extend(of_tag.iter().map(Call::section));
    }
    let schemas: String =
        members(document.pointer("/components/schemas")).map(|(name, schema)| section(name, schema)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<title>{title} API {version}</title>\n\
         <link rel=\"stylesheet\" href=\"/docs/style.css\" />\n</head>\n<body>\n<header>\n<h1>{title} API {version}</h1>\n\
         <p>{about} The same for machines: <a href=\"/openapi.json\">openapi.json</a>.</p>\n\
         <p>Calls carry a key, <code>Authorization: Bearer qk_…</code>, that an operator makes with \
         <code>qadam key new</code>; each says which roles may. Errors are <a href=\"#schema-Problem\">problems</a> \
         (RFC 9457), cursors are opaque. The lines to try a call with take the host from <code>$QADAM_URL</code> and the \
         key from <code>$QADAM_KEY</code>.</p>\n</header>\n<nav>\n<ul>\n{contents}<li><a href=\"#schemas\">schemas</a></li>\n</ul>\n</nav>\n\
         <main>\n{calls}<h2 id=\"schemas\">Schemas</h2>\n{schemas}</main>\n</body>\n</html>\n",
        title = escaped(info("title")),
        version = escaped(info("version")),
        about = prose(info("description")),
    )
}

impl Call<'_> {
    /// `get-v1-requests-id`.
    fn anchor(&self) -> String {
        let words = self.path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        std::iter::once(self.method.to_lowercase().as_str()).chain(words).collect::<Vec<_>>().join("-")
    }

    fn said(&self, name: &str) -> &str {
        self.operation.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn section(&self) -> String {
        format!(
            "<section id=\"{anchor}\">\n<h3><b class=\"{class}\">{method}</b> {path}</h3>\n<p>{summary}</p>\n<p>{about}</p>\n\
             {parameters}{body}{answers}<pre><code>{try_it}</code></pre>\n</section>\n",
            anchor = self.anchor(),
            class = self.method.to_lowercase(),
            method = self.method,
            path = escaped(self.path),
            summary = prose(self.said("summary")),
            about = prose(self.said("description")),
            parameters = self.parameters(),
            body = self.body(),
            answers = self.answers(),
            try_it = escaped(&self.try_it()),
        )
    }

    fn parameters(&self) -> String {
        let listed = self.operation.get("parameters").and_then(Value::as_array);
        let rows: String = listed
            .into_iter()
            .flatten()
            .map(|parameter| {
                let said = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
                let needed = if parameter.get("required") == Some(&Value::Bool(true)) { ", needed" } else { "" };
                let kind = parameter.get("schema").map(kind).unwrap_or_default();
                let (name, about) = (escaped(said("name")), prose(said("description")));
                format!(
                    "<tr><td><code>{name}</code></td><td>{}{needed}</td><td>{kind}</td><td>{about}</td></tr>\n",
                    said("in")
                )
            })
            .collect();
        if rows.is_empty() {
            return rows;
        }
        let head = "<thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>What it is</th></tr></thead>";
        format!("<table>\n{head}\n<tbody>\n{rows}</tbody>\n</table>\n")
    }

    fn body(&self) -> String {
        let Some(body) = self.operation.get("requestBody") else { return String::new() };
        let about = prose(body.get("description").and_then(Value::as_str).unwrap_or_default());
        format!("<p>Body: {} {about}</p>\n", contents(body))
    }

    fn answers(&self) -> String {
        let rows: String = members(self.operation.get("responses"))
            .map(|(status, answer)| {
                let about = prose(answer.get("description").and_then(Value::as_str).unwrap_or_default());
                format!("<tr><td>{}</td><td>{} {about}</td></tr>\n", escaped(status), contents(answer))
            })
            .collect();
        format!("<table>\n<thead><tr><th>Status</th><th>Answer</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
    }

    /// A line of shell that makes the call.
    fn try_it(&self) -> String {
        let path: String = self
            .path
            .split('/')
            .map(|part| {
                part.strip_prefix('{')
                    .and_then(|part| part.strip_suffix('}'))
                    .map_or(part.to_owned(), str::to_uppercase)
            })
            .collect::<Vec<_>>()
            .join("/");
        let stream = if self.path.ends_with("/stream") { " -N" } else { "" };
        let method = if self.method == "GET" { String::new() } else { format!(" -X {}", self.method) };
        let key = " -H \"Authorization: Bearer $QADAM_KEY\"";
        let content = self.operation.pointer("/requestBody/content").and_then(Value::as_object);
        let json = content.is_some_and(|content| content.contains_key("application/json"));
        let body = match content {
            None => String::new(),
            Some(_) if json => " -H 'Content-Type: application/json' -d @body.json".to_owned(),
            Some(_) => " --data-binary @FILE".to_owned(),
        };
        format!("curl{stream}{method}{key}{body} \"$QADAM_URL{path}\"")
    }
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The media types of a body, with their schemas.
fn contents(body: &Value) -> String {
    let shown = members(body.get("content")).map(|(media, content)| {
        let kind = content.get("schema").map(kind).unwrap_or_default();
        format!("{kind} <small>{}</small>", escaped(media))
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Text for HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A doc comment for HTML: what stands between back-quotes is code.
pub(super) fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd one out stays as it is.
    let paired = pieces.len() % 2 == 1;
    let piece = |(place, piece): (usize, &&str)| match (place % 2, paired) {
        (1, true) => format!("<code>{}</code>", escaped(piece)),
        (1, false) => format!("`{}", escaped(piece)),
        _ => escaped(piece),
    };
    pieces.iter().enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_comment_holds_becomes_text_and_code_and_never_markup() {
        assert_eq!(prose("`a<b>` & \"c\""), "<code>a&lt;b&gt;</code> &amp; &quot;c&quot;");
        assert_eq!(prose("one ` alone"), "one ` alone");
        assert_eq!(prose("<script>"), "&lt;script&gt;");
    }
}
