//! Command lines: they are those that a search for CRLF finds, however the stream comes.

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
    let (mut found, mut rest) = (Vec::new(), input);
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let line = &rest[..end];
        found.push(match line {
            _ if line.len() > MAX_COMMAND_LINE_OCTETS => Err(LineFault::TooLong),
            _ if line.iter().any(|octet| b"\r\n\0".contains(octet)) => Err(LineFault::Discipline),
            _ => Ok(line.to_vec()),
        });
        rest = &rest[end + 2..];
    }
    found
}
