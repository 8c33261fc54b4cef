//! The header of a message: a loop is seen however it comes, and only in the header.

use super::input::{Dictionary, every_split, words};
use tempalias::testing::is_loop;

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/header.dict")));

const ALIAS: &str = "name@example.org";

/// What is below the empty line does not count, what was seen is not forgotten, upper and lower case are one.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let looped = is_loop(&[&input], ALIAS);
    every_split(&input, |pieces| assert_eq!(is_loop(pieces, ALIAS), looped));
    assert_eq!(is_loop(&[&input.to_ascii_uppercase()], ALIAS), looped);
    let with_body = [&input[..], b"\r\n\r\nDelivered-To: name@example.org\r\n"].concat();
    // The line that the input ends with is only looked at when it is whole.
    let ended = [&input[..], b"\r\n"].concat();
    assert_eq!(is_loop(&[&with_body], ALIAS), is_loop(&[&ended], ALIAS));
    assert!(!looped || is_loop(&[&ended], ALIAS));
}
