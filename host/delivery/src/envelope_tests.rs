use proptest::prelude::*;

use super::*;

fn disclosed() -> impl Strategy<Value = Disclosed> {
    let id = (any::<u32>(), any::<u64>(), any::<u16>()).prop_map(|(epoch, seq, index)| EventId { epoch, seq, index });
    (id, any::<[u8; 16]>(), any::<String>()).prop_map(|(id, salt, document)| Disclosed {
        index: 0,
        id,
        salt,
        document: document.into(),
    })
}

fn parts() -> impl Strategy<Value = Parts> {
    let events = proptest::collection::vec((1_u16..100, disclosed()), 1..20).prop_map(|events| {
        let mut index = 0;
        let placed = events.into_iter().map(|(step, event)| {
            index += step;
            Disclosed { index, ..event }
        });
        Parts::Events(placed.collect())
    });
    prop_oneof![9 => events, 1 => Just(Parts::Stamp)]
}

prop_compose! {
    fn sending()(
        epoch in any::<u32>(),
        seq in any::<u64>(),
        number in 1_u64..,
        manifest in any::<String>(),
        signature in proptest::collection::vec(any::<u8>(), 0..300),
        development in any::<bool>(),
        parts in parts(),
    ) -> Sending {
        Sending {
            message: MessageId { epoch, seq },
            destination: "monitoring".parse().unwrap(),
            provider: "permits".parse().unwrap(),
            number,
            digest: manifest::digest_of(manifest.as_bytes()).0,
            manifest: manifest.into(),
            signature: signature.into(),
            stamped: false,
            development,
            parts,
            attempt: 1,
            round: 0,
        }
    }
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read(sending in sending()) {
        let bytes = Envelope::of(&sending);
        let read = Envelope::parse(&bytes).unwrap();
        prop_assert_eq!(
            (read.message, &read.destination, &read.provider, read.number, read.development),
            (sending.message, &sending.destination, &sending.provider, sending.number, sending.development)
        );
        prop_assert_eq!((&read.manifest, &read.signature), (&sending.manifest, &sending.signature));
        prop_assert_eq!(read.digest().0, sending.digest);
        prop_assert_eq!(read.events(), sending.events());
        prop_assert_eq!(matches!(read.parts, Parts::Stamp), matches!(sending.parts, Parts::Stamp));
        prop_assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn foreign_bytes_are_refused_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Envelope::parse(&bytes);
    }

    #[test]
    fn an_envelope_with_a_byte_changed_is_refused_or_read_whole(
        sending in sending(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = Envelope::of(&sending).to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Envelope::parse(&bytes) {
            prop_assert!(Envelope::parse(&read.to_bytes()).is_ok());
        }
    }

    #[test]
    fn a_part_of_an_envelope_is_none(sending in sending(), at in any::<prop::sample::Index>()) {
        let bytes = Envelope::of(&sending);
        prop_assert!(Envelope::parse(&bytes[..at.index(bytes.len())]).is_err());
    }
}

const WHOLE: &str = r#"{"format":"qadam-message/1","message":"msg_000000800000000000g0","destination":"monitoring","provider":"permits","number":7,"manifest":"{}","signature":"AAAA","development":true,"events":[{"index":3,"event":"evt_00000080000000000000000","salt":"00112233445566778899aabbccddeeff","document":"{}"},{"index":4,"event":"evt_00000080000000000000002","salt":"00112233445566778899aabbccddeeff","document":"{}"}]}"#;

#[test]
fn what_is_no_envelope_is_named_without_its_content() {
    let message = MessageId { epoch: 1, seq: 1 };
    let event = EventId { epoch: 1, seq: 0, index: 0 };
    let other = EventId { epoch: 1, seq: 0, index: 1 };
    let whole = WHOLE
        .replace("msg_000000800000000000g0", &message.to_string())
        .replace("evt_00000080000000000000000", &event.to_string())
        .replace("evt_00000080000000000000002", &other.to_string());
    assert!(Envelope::parse(whole.as_bytes()).is_ok(), "{:?}", Envelope::parse(whole.as_bytes()));
    for (from, to, named) in [
        ("qadam-message/1", "qadam-message/2", "format"),
        (r#""number":7"#, r#""number":0"#, "number"),
        (r#""number":7"#, r#""number":-7"#, "does not belong there"),
        (r#""AAAA""#, r#""AAA""#, "base64"),
        (r#""development":true"#, r#""development":true,"more":1"#, "does not belong there"),
        (r#""development":true"#, r#""development":true,"stamp":true"#, "comes alone"),
        (r#""index":4"#, r#""index":3"#, "place 1"),
        ("8899aabbccddeeff", "8899AABBCCDDEEFF", "salt"),
        ("00112233", "001122", "salt"),
        (r#""document":"{}""#, r#""document":{}"#, "does not belong there"),
        ("}]}", "}]} x", "not JSON"),
    ] {
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole);
        let error = Envelope::parse(changed.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(named), "{to}: {error}");
    }
    let none = format!("{}]}}", whole.split(r#"{"index""#).next().unwrap());
    assert!(Envelope::parse(none.as_bytes()).unwrap_err().to_string().contains("events are missing"));
    let secret = whole.replace(r#""permits""#, r#""Secret Name""#);
    assert!(!Envelope::parse(secret.as_bytes()).unwrap_err().to_string().contains("Secret"));
    let long = vec![b' '; SIZE_LIMIT + 1];
    assert_eq!(Envelope::parse(&long).unwrap_err(), EnvelopeError::TooLong { bytes: SIZE_LIMIT + 1 });
}
