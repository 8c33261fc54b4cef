//! JSON bodies: read alike whatever they are called and however they are spaced.

use super::input::{Dictionary, words};
use tempalias::testing::read_body;

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/json.dict")));

/// Blanks around it mean nothing; what begins with a brace is JSON under any content type; the error is one line.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let read = read_body(true, &input);
    let spaced = read_body(true, &[b" \r\n\t", &input[..], b"\n "].concat());
    assert_eq!(spaced.as_ref().ok(), read.as_ref().ok());
    if input.trim_ascii_start().starts_with(b"{") {
        assert_eq!(read_body(false, &input), read);
    }
    if let Err(what) = read {
        assert!(!what.is_empty() && !what.contains(['\r', '\n']), "{what:?}");
    }
}
