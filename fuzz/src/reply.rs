//! Replies of a server: one is whole or is not, and what follows it does not change it.

use super::input::{Dictionary, words};
use tempalias::testing::read_response;

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/reply.dict")));

/// How many shorter inputs are tried.
const MAX_CUTS: usize = 16;

/// It begins to be whole with its last octet; what is no reply does not become one; codes are in their ranges.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let whole = read_response(&input);
    let followed = [&input[..], b"250 2.0.0 OK\r\n"].concat();
    let shorter = (0..input.len()).step_by(input.len() / MAX_CUTS + 1);
    match whole {
        Ok(Some(response)) => {
            assert!((200..600).contains(&response.code), "{response:?}");
            assert_eq!(u16::from(response.enhanced.0), response.code / 100);
            assert!(response.enhanced.1 <= 999 && response.enhanced.2 <= 999, "{response:?}");
            assert_eq!(input[response.length - 1], b'\n');
            assert_eq!(read_response(&followed), whole);
            assert_eq!(read_response(&input[..response.length]), whole);
            for cut in shorter.chain([response.length - 1]).filter(|&cut| cut < response.length) {
                assert_eq!(read_response(&input[..cut]), Ok(None), "{cut}");
            }
        }
        Ok(None) => shorter.for_each(|cut| assert_eq!(read_response(&input[..cut]), Ok(None), "{cut}")),
        Err(_) => {
            assert_eq!(read_response(&followed), whole);
            for cut in shorter {
                assert!(!matches!(read_response(&input[..cut]), Ok(Some(_))), "{cut}");
            }
        }
    }
}
