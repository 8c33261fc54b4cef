//! Command lines: they are those that a search for LF finds, however the stream comes. An LF alone is an error at once;
//! what comes up to the next CRLF belongs to the same bad line.

use super::input::{Dictionary, every_split, words};
use tempalias::testing::{LineFault, MAX_COMMAND_LINE_OCTETS, command_lines};

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/line.dict")));

/// Lines are found where they end, and only whole ones; what is wrong with them is told, whatever comes when.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let expected = searched(&input);
    every_split(&input, |pieces| assert_eq!(command_lines(pieces), expected));
}

fn searched(input: &[u8]) -> Vec<Result<Vec<u8>, LineFault>> {
    let (mut found, mut rest, mut is_bad) = (Vec::new(), input, false);
    while let Some(lf) = rest.iter().position(|octet| *octet == b'\n') {
        let (line, is_ended) = match rest[..lf].strip_suffix(b"\r") {
            Some(line) => (line, true),
            None => (&rest[..lf], false),
        };
        // Of a bad line, what comes before its CRLF was told.
        if !(is_bad && is_ended) {
            found.push(match line {
                _ if line.len() > MAX_COMMAND_LINE_OCTETS => Err(LineFault::TooLong),
                _ if !is_ended || line.iter().any(|octet| b"\r\0".contains(octet)) => Err(LineFault::Discipline),
                _ => Ok(line.to_vec()),
            });
        }
        is_bad = !is_ended;
        rest = &rest[lf + 1..];
    }
    found
}
