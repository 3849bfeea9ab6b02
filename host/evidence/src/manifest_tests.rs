use proptest::prelude::*;

use super::*;

fn manifest() -> impl Strategy<Value = Manifest> {
    let digest = || any::<[u8; 32]>().prop_map(Digest);
    let place = (2..u64::MAX, digest()).prop_map(|(number, previous)| (number, Some(previous)));
    let place = prop_oneof![Just((1, None)), place];
    let sealed_at = (0..4_000_000_000_i64, 0..1_000_000_000_i32);
    let lineage = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec((1..9_u32, 0..9_u64), 1..4).prop_map(|steps| {
            let mut at = Epoch { epoch: 0, first: 1 };
            let step = |(epoch, first): (u32, u64)| {
                at = Epoch { epoch: at.epoch + epoch, first: at.first + first };
                at
            };
            steps.into_iter().map(step).collect()
        }),
    ];
    (
        ".{0,40}",
        "[a-z][a-z0-9-]{0,39}",
        place,
        lineage,
        sealed_at,
        any::<bool>(),
        prop::collection::vec(digest(), 0..20),
    )
        .prop_map(
            |(destination, provider, (number, previous), lineage, (second, nanosecond), certified, events)| Manifest {
                format: Format::V1,
                destination,
                provider: provider.parse().unwrap(),
                number,
                previous,
                lineage,
                sealed_at: Timestamp::new(second, nanosecond).unwrap(),
                certified,
                events,
            },
        )
}

proptest! {
    #[test]
    fn a_manifest_is_read_back(manifest in manifest()) {
        prop_assert_eq!(Manifest::parse(&manifest.to_bytes()).unwrap(), manifest);
    }

    #[test]
    fn no_changed_byte_gives_the_same_manifest(manifest in manifest(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = manifest.to_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(read) = Manifest::parse(&bytes) {
            prop_assert_ne!(&read, &manifest);
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = Manifest::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_digest_is_read_back_and_nothing_else_is(bytes in any::<[u8; 32]>(), text in ".{0,70}") {
        let digest = Digest(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        prop_assert_eq!(digest.to_string().to_uppercase().parse::<Digest>().is_ok(), digest.to_string().bytes().all(|letter| letter.is_ascii_digit()));
        if let Ok(read) = text.parse::<Digest>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}

const WRITTEN: &str = concat!(
    r#"{"format":"qadam-manifest/1","destination":"iiscon","provider":"permits","number":2,"#,
    r#""previous":"0101010101010101010101010101010101010101010101010101010101010101","#,
    r#""sealed_at":"2026-11-02T05:00:00Z","certified":false,"#,
    r#""events":["0202020202020202020202020202020202020202020202020202020202020202"]}"#,
);

#[test]
fn these_are_the_bytes_that_are_signed() {
    let manifest = Manifest::parse(WRITTEN.as_bytes()).unwrap();
    assert_eq!(manifest.to_bytes(), WRITTEN.as_bytes());
    assert_eq!(manifest.previous, Some(Digest([1; 32])));
    assert_eq!(manifest.events, [Digest([2; 32])]);
}

#[test]
fn a_store_has_what_its_lineage_names_and_epochs_must_ascend() {
    let lineage = [Epoch { epoch: 1, first: 1 }, Epoch { epoch: 7, first: 101 }];
    assert!(has(&lineage, 7, 1, 100) && has(&lineage, 7, 7, 101));
    assert!(!has(&lineage, 7, 1, 101), "recorded after the backup, before the restore");
    assert!(!has(&lineage, 7, 7, 100) && !has(&lineage, 7, 9, 101));
    assert!(has(&[], 3, 3, 5) && !has(&[], 3, 4, 5), "without a lineage a store has its own epoch alone");
    let told = |lineage: &str| WRITTEN.replacen("\"sealed_at\"", &format!("\"lineage\":{lineage},\"sealed_at\""), 1);
    let read = Manifest::parse(told(r#"[{"epoch":1,"first":1},{"epoch":7,"first":101}]"#).as_bytes()).unwrap();
    assert_eq!(read.lineage, lineage);
    let wrong = Manifest::parse(told(r#"[{"epoch":7,"first":1},{"epoch":1,"first":101}]"#).as_bytes()).unwrap_err();
    assert!(wrong.to_string().contains("must ascend"), "{wrong}");
    assert!(Manifest::parse(told("[]").as_bytes()).is_err(), "an empty one is not written");
}

#[test]
fn what_says_the_same_otherwise_or_more_is_refused() {
    let refused = |from: &str, to: &str| {
        let changed = WRITTEN.replacen(from, to, 1);
        assert_ne!(changed, WRITTEN);
        Manifest::parse(changed.as_bytes()).unwrap_err().to_string()
    };
    let blank = WRITTEN.find("2,\"previous").unwrap();
    assert!(refused("\"number\":2", "\"number\": 2").contains(&format!("byte {blank} differs")));
    assert!(refused("\"number\":2", "\"number\":2,\"number\":2").contains("duplicate field"));
    assert!(refused("\"number\":2", "\"number\":2,\"more\":2").contains("unknown field `more`"));
    assert!(refused("\"number\":2,", "").contains("missing field `number`"));
    assert!(refused("\"number\":2", "\"number\":1").contains("exactly the first has no predecessor"));
    assert!(refused("manifest/1", "manifest/2").contains("qadam-manifest/1"));
    assert!(refused("05:00:00Z", "05:00:00.000Z").contains("differs"));
    assert!(refused("0202", "0A02").contains("64 digits"));
    assert!(refused("\"iiscon\"", &format!("\"{}\"", "x".repeat(201))).contains("201 bytes"));
}

#[test]
fn a_digest_of_an_event_is_that_of_salt_and_event_together() {
    let whole: Vec<u8> = [&[7; 16][..], b"an event"].concat();
    assert_eq!(event_digest(&[7; 16], b"an event"), digest_of(&whole));
    assert_ne!(event_digest(&[8; 16], b"an event"), digest_of(&whole));
    // As `printf '' | sha256sum` says.
    assert_eq!(digest_of(b"").to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
