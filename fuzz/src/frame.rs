//! Frames between processes: whatever one that has been taken over sends, it means what encoding it again says, or
//! nothing.

use super::input::{Dictionary, words};
use tempalias::testing::FRAMES;

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/frame.dict")));

/// The first octet chooses the door. Octets as they are, are a frame with its length; words are one without.
pub fn check(data: &[u8]) {
    let Some((&door, data)) = data.split_first() else { return };
    let (name, recode) = FRAMES[usize::from(door) % FRAMES.len()];
    let mut input = DICTIONARY.input(data);
    if input != data {
        let length = u16::try_from(input.len()).unwrap().to_le_bytes();
        input.splice(..0, length);
    }
    let Ok(Some((length, again))) = recode(&input) else { return };
    assert_eq!(length, 2 + usize::from(u16::from_le_bytes([input[0], input[1]])), "{name}");
    assert_eq!(recode(&again), Ok(Some((again.len(), again.clone()))), "{name}");
    // What follows does not matter, and before its end it is no frame.
    assert_eq!(recode(&input[..length]), Ok(Some((length, again))), "{name}");
    for cut in [0, 1, 2, length / 2, length - 1].into_iter().filter(|&cut| cut < length) {
        assert_eq!(recode(&input[..cut]), Ok(None), "{name}");
    }
}
