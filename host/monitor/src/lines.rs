//! Batches: lines, and parts of a multipart body. What frames a record is not part of it: a byte order mark before the
//! first line, line ends, blank lines.

use axum::http::HeaderValue;
use bytes::Bytes;

use crate::{intake::SIGNATURE, problem::Problem};

/// Records of a body of lines, each with its line number from 1.
pub(crate) fn lines(body: &Bytes) -> Result<Vec<(u64, Bytes)>, Problem> {
    let start = match body.as_ref() {
        [0xEF, 0xBB, 0xBF, ..] => 3,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            let detail = "the batch is UTF-16, in which lines cannot be told apart; send UTF-8, or any encoding with one-byte \
                          line ends such as windows-1251";
            return Err(Problem::bad("utf-16", detail));
        }
        _ => 0,
    };
    let mut records = Vec::new();
    let mut from = start;
    let mut number = 0;
    while from < body.len() {
        let rest = body.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        number += 1;
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.iter().all(u8::is_ascii_whitespace) {
            records.push((number, body.slice(from..from + line.len())));
        }
        from += length + 1;
    }
    Ok(records)
}

/// A part of a multipart body.
pub(crate) struct Part {
    pub(crate) content_type: Option<String>,
    pub(crate) signature: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

/// Records of a multipart body, each with its own media type, and perhaps its signature.
pub(crate) async fn parts(body: Bytes, boundary: String) -> Result<Vec<Part>, Problem> {
    let wrong = |error: multer::Error| Problem::bad("multipart", format!("the multipart body cannot be read: {error}"));
    let stream = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let mut multipart = multer::Multipart::new(stream, boundary);
    let mut records = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(wrong)? {
        let content_type = field.content_type().map(ToString::to_string);
        let signature = field.headers().get(SIGNATURE).cloned();
        records.push(Part { content_type, signature, body: field.bytes().await.map_err(wrong)? });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &'static [u8]) -> Vec<(u64, Vec<u8>)> {
        lines(&Bytes::from_static(body)).unwrap().into_iter().map(|(n, line)| (n, line.to_vec())).collect()
    }

    #[test]
    fn line_ends_blank_lines_and_a_byte_order_mark_are_not_part_of_a_record() {
        let wanted = vec![(1, b"a".to_vec()), (4, b"b c".to_vec())];
        assert_eq!(split(b"a\n\n\nb c\n"), wanted);
        assert_eq!(split(b"\xEF\xBB\xBFa\r\n \r\n\t\r\nb c"), wanted);
        assert_eq!(split(b""), []);
        assert_eq!(split(b"\n\n"), []);
    }

    #[test]
    fn other_encodings_pass_byte_for_byte_and_utf_16_is_refused() {
        assert_eq!(split(b"\xCA\xC0\xC7\n"), [(1, b"\xCA\xC0\xC7".to_vec())]);
        assert!(lines(&Bytes::from_static(b"\xFF\xFEa\0\n\0")).is_err());
    }
}
