//! The rows of a record, and the values of their cells, whatever the format.

use std::borrow::Cow;

use qadam_sdk::json::Find as _;
use qadam_sdk::xml::{Find as _, Name};
use qadam_sdk::{RecordError, csv, json, xml};

use crate::mapping::Shape;

/// Where a value stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// As the mapping names it.
    pub(crate) name: String,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    /// A column.
    Column,
    /// A pointer into a JSON row.
    Pointer(String),
    /// Names of elements on the way down from an XML row, and the attribute at the end.
    Path { elements: Vec<String>, attribute: Option<String> },
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'r> {
    Csv(csv::Row<'r>),
    Json(&'r json::Value),
    Xml(xml::Node<'r, 'r>),
}

/// A value, not blank, with the byte at which it stands, or its row where that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value<'r> {
    pub(crate) text: Cow<'r, str>,
    pub(crate) offset: Option<usize>,
}

impl Cell {
    /// A column, which must be among those that are known beforehand.
    pub(crate) fn csv(name: &str, columns: Option<&[String]>) -> Result<Self, String> {
        let name = name.trim();
        if name.is_empty() {
            return Err("the column has no name".to_owned());
        }
        match columns {
            Some(columns) if columns.iter().all(|column| column != name) => {
                Err(format!("`{name}` is none of the columns: {}", columns.join(", ")))
            }
            _ => Ok(Self { name: name.to_owned(), at: At::Column }),
        }
    }

    /// A member of an object by its name, or a pointer, `/request/number`.
    pub(crate) fn json(name: &str) -> Result<Self, String> {
        let pointer = match name {
            "" => return Err("the member has no name".to_owned()),
            pointer if pointer.starts_with('/') => pointer.to_owned(),
            member => format!("/{}", member.replace('~', "~0").replace('/', "~1")),
        };
        Ok(Self { name: name.to_owned(), at: At::Pointer(pointer) })
    }

    /// A path below the row, `request/number`, `request/@id` or `@id`. Namespaces do not matter.
    pub(crate) fn xml(name: &str) -> Result<Self, String> {
        let mut elements: Vec<&str> = name.split('/').collect();
        let attribute = match elements.last().and_then(|last| last.strip_prefix('@')) {
            Some(attribute) => {
                elements.pop();
                Some(attribute.to_owned())
            }
            None => None,
        };
        let named = elements.iter().copied().chain(attribute.as_deref());
        if named.clone().any(|step| step.is_empty() || step.contains(['@', ':', '*']) || step.trim() != step) {
            return Err(format!(
                "`{name}` is no path; expected names such as request/number or request/@id, without prefixes"
            ));
        }
        let elements = elements.into_iter().map(str::to_owned).collect();
        Ok(Self { name: name.to_owned(), at: At::Path { elements, attribute } })
    }

    /// A path to elements.
    pub(crate) fn xml_elements(name: &str) -> Result<Self, String> {
        match Self::xml(name)? {
            Self { at: At::Path { attribute: Some(_), .. }, .. } => {
                Err(format!("`{name}` is an attribute; rows are elements"))
            }
            cell => Ok(cell),
        }
    }
}

/// Gives the rows of a text, one after another.
pub(crate) fn each(
    text: &str,
    shape: &Shape,
    mut row: impl FnMut(Row<'_>) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    match shape {
        Shape::Csv(format) => {
            let table = csv::Table::read(text, format)?;
            if table.rows().next().is_none() {
                return Err(RecordError::malformed("CSV", "the record has a header and no row"));
            }
            table.rows().try_for_each(|found| row(Row::Csv(found)))
        }
        Shape::Json(rows) => {
            let value = json::value(text)?;
            let found = match rows {
                None => Some(&value),
                Some(Cell { at: At::Pointer(pointer), .. }) => value.pointer(pointer),
                Some(_) => None,
            };
            match found {
                Some(json::Value::Array(list)) if !list.is_empty() => {
                    list.iter().try_for_each(|found| object(found, &mut row))
                }
                Some(found) => object(found, &mut row),
                None => Err(RecordError::malformed(rows.as_ref().map_or("", |cell| &cell.name), "there are no rows")),
            }
        }
        Shape::Xml(rows) => {
            let document = xml::parse(text)?;
            match rows {
                None => row(Row::Xml(document.root_element())),
                Some(cell) => {
                    let found = elements(document.root_element(), cell);
                    if found.is_empty() {
                        return Err(
                            RecordError::malformed(&*cell.name, "there are no such elements below the root").at(0)
                        );
                    }
                    found.into_iter().try_for_each(|found| row(Row::Xml(found)))
                }
            }
        }
    }
}

fn object(value: &json::Value, row: &mut impl FnMut(Row<'_>) -> Result<(), RecordError>) -> Result<(), RecordError> {
    if value.is_object() { row(Row::Json(value)) } else { Err(RecordError::malformed("JSON", "the row is no object")) }
}

fn elements<'r>(root: xml::Node<'r, 'r>, cell: &Cell) -> Vec<xml::Node<'r, 'r>> {
    let At::Path { elements, .. } = &cell.at else { return Vec::new() };
    let path: Vec<Name<'_>> = elements.iter().map(|name| Name::any(name)).collect();
    root.find_all(&path)
}

impl<'r> Row<'r> {
    /// The value of a cell; none where it is missing or blank.
    pub(crate) fn value(&self, cell: &Cell) -> Result<Option<Value<'r>>, RecordError> {
        match (self, &cell.at) {
            (Self::Csv(row), _) => {
                let text = row.text(&cell.name)?;
                Ok(text.map(|text| Value { text: text.into(), offset: Some(row.offset()) }))
            }
            (Self::Json(row), At::Pointer(pointer)) => {
                Ok(row.text_at(pointer)?.map(|text| Value { text, offset: None }))
            }
            (Self::Xml(row), At::Path { elements, attribute }) => {
                let path: Vec<Name<'_>> = elements.iter().map(|name| Name::any(name)).collect();
                let found = match attribute {
                    None => row.text_at(&path),
                    Some(attribute) => row.find(&path).and_then(|element| element.attribute_text(attribute)),
                };
                Ok(found.map(|found| Value { text: found.text, offset: Some(found.offset) }))
            }
            // A mapping's cells are of its own shape.
            _ => Ok(None),
        }
    }

    /// The same error with the row's place, unless it has one.
    pub(crate) fn located(&self, error: RecordError) -> RecordError {
        match self {
            _ if error.offset().is_some() => error,
            Self::Csv(row) => error.at(row.offset()),
            Self::Xml(row) => error.at(row.range().start),
            Self::Json(_) => error,
        }
    }
}
