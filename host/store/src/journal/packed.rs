//! Facts and bodies on disk: as LZ4 blocks, each with the bytes it unpacks to before it, where that is shorter. Each is
//! packed alone, so that one can be erased, and read, without any other.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use super::frame::LIMIT;

/// What is shorter is left as it is.
const LEAST: usize = 48;

/// Packs, if that makes it shorter.
pub(crate) fn pack(plain: &[u8]) -> Option<Vec<u8>> {
    if plain.len() < LEAST {
        return None;
    }
    let mut packed = vec![0; 4 + get_maximum_output_size(plain.len())];
    let (length, block) = packed.split_first_chunk_mut::<4>()?;
    *length = u32::try_from(plain.len()).ok()?.to_le_bytes();
    let used = 4 + compress_into(plain, block).ok()?;
    if used >= plain.len() {
        return None;
    }
    packed.truncate(used);
    Some(packed)
}

/// Unpacks; none where it is no such block.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, block) = packed.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > LIMIT {
        return None;
    }
    let mut plain = vec![0; length];
    (decompress_into(block, &mut plain).ok()? == length).then_some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_back(plain in proptest::collection::vec(0u8..4, 0..5000)) {
            match pack(&plain) {
                Some(packed) => {
                    prop_assert!(packed.len() < plain.len());
                    prop_assert_eq!(unpack(&packed), Some(plain));
                }
                None => prop_assert!(plain.len() < 500, "so few different bytes can be packed"),
            }
        }

        #[test]
        fn what_does_not_get_shorter_is_left_alone(plain in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert!(pack(&plain).is_none_or(|packed| packed.len() < plain.len()));
        }

        #[test]
        fn foreign_bytes_unpack_to_nothing_or_something_but_never_panic(
            length in 0u32..10_000,
            block in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let packed = [&length.to_le_bytes()[..], &block].concat();
            prop_assert!(unpack(&packed).is_none_or(|plain| plain.len() == length as usize));
            let _ = unpack(&block);
        }
    }
}
