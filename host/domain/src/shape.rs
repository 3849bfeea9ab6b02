//! A record masked so that it can be shown to the developer of an adapter: its structure stays, what it says goes.
//!
//! Letters become letters and digits digits, each of as many bytes, upper case stays upper case; marks, spaces and control characters
//! stay. Names stay too, for by them an adapter finds its way: of elements and attributes in XML, of members in JSON.

/// How far in a markup we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// What is said.
    Text,
    /// Between `<` and `>`.
    Tag,
    /// An attribute's value, in these quotes.
    Value(u8),
}

/// Masks a record. As long as it was; bytes that are no UTF-8 become `?`.
#[must_use]
pub fn shape(body: &[u8]) -> Vec<u8> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte)) {
        Some(b'<') => markup(body),
        Some(b'{' | b'[') => members(body),
        _ => masked(body),
    }
}

fn markup(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let (mut place, mut from) = (Place::Text, 0);
    for (at, byte) in body.iter().enumerate() {
        let next = match (place, byte) {
            (Place::Text, b'<') => Place::Tag,
            (Place::Tag, b'>') => Place::Text,
            (Place::Tag, b'"' | b'\'') => Place::Value(*byte),
            (Place::Value(quote), byte) if *byte == quote => Place::Tag,
            _ => continue,
        };
        let part = body.get(from..at).unwrap_or_default();
        // What is no element is said by somebody: comments, CDATA.
        let is_name = place == Place::Tag && !part.starts_with(b"<!");
        if is_name {
            out.extend_from_slice(part)
        } else {
            out.extend(masked(part))
        }
        (place, from) = (next, at);
    }
    out.extend(masked(body.get(from..).unwrap_or_default()));
    out
}

fn members(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(first) = rest.first() {
        let length = if *first == b'"' { quoted(rest) } else { 1.max(rest.iter().take_while(|b| **b != b'"').count()) };
        let (part, after) = rest.split_at(length);
        let names = *first == b'"' && after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        match (names, *first) {
            (true, _) => out.extend_from_slice(part),
            (false, b'"') => out.extend(escaped(part)),
            // Numbers; `true`, `false` and `null` are part of the structure.
            (false, _) => out.extend(part.iter().map(|byte| if byte.is_ascii_digit() { b'1' } else { *byte })),
        }
        rest = after;
    }
    out
}

/// Bytes of the string at the start, quotation marks included.
fn quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A string whose escapes stay what they are; `\u0430` becomes another letter of as many digits.
fn escaped(string: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(string.len());
    let mut rest = string;
    while !rest.is_empty() {
        match rest {
            [b'\\', b'u', a, b, c, d, after @ ..] => {
                let told = [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit());
                let kept = [b'\\', b'u', *a, *b, *c, *d];
                // Control characters are structure; halves of a pair must stay halves.
                let is_kept = !told || (*a == b'0' && *b == b'0') || a.eq_ignore_ascii_case(&b'd');
                out.extend_from_slice(if is_kept { &kept } else { b"\\u0436" });
                rest = after;
            }
            [b'\\', escape, after @ ..] => {
                out.extend_from_slice(&[b'\\', *escape]);
                rest = after;
            }
            _ => {
                let length = 1.max(rest.iter().take_while(|byte| **byte != b'\\').count());
                let (part, after) = rest.split_at(length);
                out.extend(masked(part));
                rest = after;
            }
        }
    }
    out
}

/// Every letter and digit as another.
fn masked(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for letter in chunk.valid().chars() {
            let other = match letter {
                '0'..='9' => '1',
                'a'..='z' => 'x',
                'A'..='Z' => 'X',
                letter if letter.is_ascii() || !letter.is_alphanumeric() => letter,
                letter => match (letter.len_utf8(), letter.is_uppercase()) {
                    (2, true) => 'Ж',
                    (2, false) => 'ж',
                    (3, _) => '字',
                    _ => '𝑥',
                },
            };
            out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
        }
        out.extend(chunk.invalid().iter().map(|_| b'?'));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(body: &str) -> String {
        String::from_utf8(shape(body.as_bytes())).unwrap()
    }

    #[test]
    fn names_of_xml_stay_and_what_it_says_goes() {
        let body =
            "<?xml version=\"1.0\"?><a:Заявка iin='850101199993'><b>Ержан Omarov, 12</b><!-- Ғали --></a:Заявка>";
        let masked =
            "<?xml version=\"1.1\"?><a:Заявка iin='111111111111'><b>Жжжжж Xxxxxx, 11</b><!-- Жжжж --></a:Заявка>";
        assert_eq!(told(body), masked);
    }

    #[test]
    fn names_of_json_stay_and_what_it_says_goes() {
        let body =
            r#"{"iin" : "850101199993", "n": [-1.25e3, true, null], "t\"x": "Ө\n\"A\u0424\u0000", "in": {"k":"v"}}"#;
        let masked =
            r#"{"iin" : "111111111111", "n": [-1.11e1, true, null], "t\"x": "Ж\n\"X\u0436\u0000", "in": {"x":"x"}}"#;
        assert_eq!(told(body), masked.replace("\"x\":\"x\"", "\"k\":\"x\""));
    }

    #[test]
    fn of_other_text_the_marks_stay() {
        assert_eq!(told("case-12;Ержан;2024-05-01T10:00\n"), "xxxx-11;Жжжжж;1111-11-11X11:11\n");
    }

    proptest! {
        #[test]
        fn it_is_as_long_as_it_was_and_has_no_other_digit(body in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(shape(&body).len(), body.len());
        }

        #[test]
        fn no_number_is_left_of_what_is_said(number in "[0-9]{12}", name in "[a-z]{1,8}") {
            prop_assume!(number != "111111111111");
            for body in [format!("<{name}>{number}</{name}>"), format!("{{\"{name}\":\"{number}\"}}"), number.clone()] {
                prop_assert!(!told(&body).contains(&number));
            }
        }
    }
}
