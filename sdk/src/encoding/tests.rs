use proptest::prelude::*;

use super::*;

/// `bytes([n]).decode('kz1048')` of Python 3.11 for n from 0x80 on.
const KZ_1048: &str = "\
    0402 0403 201A 0453 201E 2026 2020 2021 20AC 2030 0409 2039 040A 049A 04BA 040F \
    0452 2018 2019 201C 201D 2022 2013 2014 .... 2122 0459 203A 045A 049B 04BB 045F \
    00A0 04B0 04B1 04D8 00A4 04E8 00A6 00A7 0401 00A9 0492 00AB 00AC 00AD 00AE 04AE \
    00B0 00B1 0406 0456 04E9 00B5 00B6 00B7 0451 2116 0493 00BB 04D9 04A2 04A3 04AF \
    0410 0411 0412 0413 0414 0415 0416 0417 0418 0419 041A 041B 041C 041D 041E 041F \
    0420 0421 0422 0423 0424 0425 0426 0427 0428 0429 042A 042B 042C 042D 042E 042F \
    0430 0431 0432 0433 0434 0435 0436 0437 0438 0439 043A 043B 043C 043D 043E 043F \
    0440 0441 0442 0443 0444 0445 0446 0447 0448 0449 044A 044B 044C 044D 044E 044F \
";

/// `bytes([n]).decode('ptcp154')` of Python 3.11 for n from 0x80 on.
const PTCP154: &str = "\
    0496 0492 04EE 0493 201E 2026 04B6 04AE 04B2 04AF 04A0 04E2 04A2 049A 04BA 04B8 \
    0497 2018 2019 201C 201D 2022 2013 2014 04B3 04B7 04A1 04E3 04A3 049B 04BB 04B9 \
    00A0 040E 045E 0408 04E8 0498 04B0 00A7 0401 00A9 04D8 00AB 00AC 04EF 00AE 049C \
    00B0 04B1 0406 0456 0499 04E9 00B6 00B7 0451 2116 04D9 00BB 0458 04AA 04AB 049D \
    0410 0411 0412 0413 0414 0415 0416 0417 0418 0419 041A 041B 041C 041D 041E 041F \
    0420 0421 0422 0423 0424 0425 0426 0427 0428 0429 042A 042B 042C 042D 042E 042F \
    0430 0431 0432 0433 0434 0435 0436 0437 0438 0439 043A 043B 043C 043D 043E 043F \
    0440 0441 0442 0443 0444 0445 0446 0447 0448 0449 044A 044B 044C 044D 044E 044F \
";

/// What a list of code points says of each byte from 0x80 on.
fn listed(points: &str) -> Vec<Option<char>> {
    points.split_whitespace().map(|point| u32::from_str_radix(point, 16).ok().and_then(char::from_u32)).collect()
}

fn decoded(encoding: Encoding, byte: u8) -> Option<char> {
    let bytes = [b'a', b'a', byte];
    let text = encoding.decode(&bytes).ok()?;
    text.as_str().chars().last()
}

#[test]
fn the_kazakh_code_pages_are_those_of_python() {
    for (encoding, points) in [(Encoding::Kz1048, KZ_1048), (Encoding::Ptcp154, PTCP154)] {
        let listed = listed(points);
        assert_eq!(listed.len(), 128);
        for (byte, wanted) in (0x80..=0xFF).zip(listed) {
            assert_eq!(decoded(encoding, byte), wanted, "{byte:#x} of {}", encoding.name());
        }
    }
}

#[test]
fn windows_1251_is_that_of_encoding_rs_but_for_the_byte_that_means_nothing() {
    for byte in 0..=0xFF {
        let known = encoding_rs::WINDOWS_1251.decode_without_bom_handling(&[byte]).0.chars().next();
        let wanted = if byte == 0x98 { None } else { known };
        assert_eq!(decoded(Encoding::Windows1251, byte), wanted, "{byte:#x}");
    }
}

#[test]
fn all_kazakh_letters_are_in_kz_1048_and_not_in_windows_1251() {
    let letters = "ӘәҒғҚқҢңӨөҰұҮүҺһ";
    for encoding in [Encoding::Kz1048, Encoding::Ptcp154] {
        let bytes = encoding.encode(letters).expect("has them");
        assert_eq!(encoding.decode(&bytes).expect("decodes").as_str(), letters);
    }
    assert_eq!(Encoding::Windows1251.encode("Ғали"), Err('Ғ'));
    assert_eq!(Encoding::Windows1251.encode("І"), Ok(vec![0xB2]));
}

#[test]
fn every_label_is_known_in_any_case_and_others_are_not() {
    for encoding in Encoding::ALL {
        assert_eq!(Encoding::named(&encoding.name().to_uppercase()), Some(encoding));
    }
    assert_eq!(Encoding::named("STRK1048-2002"), Some(Encoding::Kz1048));
    assert_eq!(Encoding::named("PT154"), Some(Encoding::Ptcp154));
    assert_eq!(Encoding::named("koi8-r"), None);
}

fn xml(body: &[u8]) -> Result<String, RecordError> {
    Text::of_xml(body).map(|text| text.as_str().to_owned())
}

#[test]
fn utf8_is_read_with_and_without_mark_and_declaration() {
    assert_eq!(xml("Әлия".as_bytes()), Ok("Әлия".to_owned()));
    assert_eq!(xml("\u{FEFF}Әлия".as_bytes()), Ok("Әлия".to_owned()));
    let declared = "<?xml version='1.0' encoding='utf-8'?><trace/>";
    assert_eq!(xml(declared.as_bytes()), Ok(declared.to_owned()));
}

#[test]
fn declared_code_pages_are_read() {
    let body = b" <?xml version=\"1.0\" encoding=\"Windows-1251\"?>\xC0\xFF\xA8\xB9\x80";
    assert_eq!(xml(body).map(|text| text.ends_with("?>АяЁ№Ђ")), Ok(true));
    let body = b"<?xml version=\"1.0\" encoding = 'KZ-1048' ?>\xAA\xBC\xA3\xA1\x8D\x8E";
    assert_eq!(xml(body).map(|text| text.ends_with("?>ҒәӘҰҚҺ")), Ok(true));
}

#[test]
fn the_mark_is_believed_before_the_declaration_and_the_settings() {
    let body = "\u{FEFF}<?xml version='1.0' encoding='windows-1251'?>Ә";
    assert_eq!(xml(body.as_bytes()).map(|text| text.ends_with('Ә')), Ok(true));
    assert_eq!(Encoding::Kz1048.decode("\u{FEFF}Ә".as_bytes()).expect("decodes").as_str(), "Ә");
}

#[test]
fn other_encodings_are_refused_by_name() {
    let refused = xml(b"<?xml version='1.0' encoding='KOI8-R'?><trace/>");
    let expected = RecordError::malformed("encoding", "the encoding KOI8-R is not read; send UTF-8").at(0);
    assert_eq!(refused, Err(expected));
    for wide in [&b"\xFF\xFE<\0"[..], b"\xFE\xFF\0<", b"<\0t\0", b"\0<\0t"] {
        assert!(matches!(xml(wide), Err(RecordError::Malformed(_))));
        for encoding in Encoding::ALL {
            assert!(encoding.decode(wide).is_err(), "{}", encoding.name());
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    assert_eq!(xml(b"<trace \xC0\xC1").map_err(|error| error.offset()), Err(Some(7)));
    assert_eq!(xml(b"\xEF\xBB\xBFab\xFF").map_err(|error| error.offset()), Err(Some(5)));
    let body = b"<?xml version='1.0' encoding='windows-1251'?>\x98";
    assert_eq!(xml(body).map_err(|error| error.offset()), Err(Some(body.len() as u64 - 1)));
}

#[test]
fn a_place_in_the_text_is_found_in_the_bytes() {
    let body = b"<?xml version='1.0' encoding='windows-1251'?>\xC0\xC0!";
    let text = Text::of_xml(body).expect("decodes");
    let place = text.as_str().find('!').expect("stands there");
    assert_eq!(text.locate(RecordError::malformed("trace", "").at(place)).offset(), Some(body.len() as u64 - 1));
    let marked = Text::of_xml("\u{FEFF}Ә!".as_bytes()).expect("decodes");
    assert_eq!(marked.locate(RecordError::malformed("trace", "").at(2)).offset(), Some(5));
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_to_the_same(letters in proptest::collection::vec(any::<u8>(), 2..60), which in 0..4usize) {
        let encoding = Encoding::ALL[which];
        // Any text that the encoding has: what its own bytes mean.
        if let Ok(text) = encoding.decode(&letters) {
            let bytes = encoding.encode(text.as_str()).expect("was decoded from it");
            let mark = letters.len() - bytes.len();
            prop_assert_eq!(&letters[mark..], &bytes[..]);
            for (place, _) in text.as_str().char_indices() {
                prop_assert!(text.offset(place) < letters.len());
            }
        }
    }

    #[test]
    fn any_text_is_encoded_or_its_first_foreign_letter_is_named(text in "\\PC{0,20}", which in 0..4usize) {
        let encoding = Encoding::ALL[which];
        match encoding.encode(&text) {
            Ok(bytes) if bytes.len() > 2 && !text.starts_with('\u{FEFF}') => {
                let decoded = encoding.decode(&bytes).expect("was encoded");
                prop_assert_eq!(decoded.as_str(), text);
            }
            Ok(_) => {}
            Err(foreign) => prop_assert!(text.contains(foreign)),
        }
    }
}
