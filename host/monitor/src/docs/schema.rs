//! Schemas of the document: their types in a word or two, and tables of their members.

use serde_json::Value;

use super::page::{escaped, prose};

/// A type, with links to the schemas that it names.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    for any in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema.get(any).and_then(Value::as_array) {
            return parts.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    let values = schema.get("enum").and_then(Value::as_array);
    if let Some(values) = values {
        return values
            .iter()
            .map(|value| format!("<code>{}</code>", escaped(&text(value))))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let named = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().map(text).collect::<Vec<_>>().join(" or "),
        Some(name) => text(name),
        None => "anything".to_owned(),
    };
    match schema.get("items") {
        Some(items) => format!("list of {}", kind(items)),
        None => match schema.get("additionalProperties").filter(|values| values.is_object()) {
            Some(values) => format!("map to {}", kind(values)),
            None => escaped(&named),
        },
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The section of a named schema.
pub(super) fn section(name: &str, schema: &Value) -> String {
    let name = escaped(name);
    let about = prose(schema.get("description").and_then(Value::as_str).unwrap_or_default());
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let rows: String = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(member, schema)| {
            let about = prose(schema.get("description").and_then(Value::as_str).unwrap_or_default());
            let always = if required.contains(&member.as_str()) { "always" } else { "" };
            format!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{always}</td><td>{about}</td></tr>\n",
                escaped(member),
                kind(schema)
            )
        })
        .collect();
    let members = if rows.is_empty() {
        format!("<p>{}</p>\n", kind(schema))
    } else {
        format!(
            "<table>\n<thead><tr><th>Member</th><th>Type</th><th>Given</th><th>What it is</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
        )
    };
    format!("<section id=\"schema-{name}\">\n<h3>{name}</h3>\n<p>{about}</p>\n{members}</section>\n")
}
