//! Message content: the machine finds what RFC 5321 §4.5.2 describes, and what is dot-stuffed comes back.

use super::input::{Dictionary, every_split, words};
use tempalias::testing::{Message, dot_stuffed, read_message};

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/content.dict")));

/// The same message however it comes; the one that a search for the final dot finds; whatever is dot-stuffed ends at
/// our final dot and nowhere before.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let message = read_message(&[&input]);
    every_split(&input, |pieces| assert_eq!(read_message(pieces), message));
    assert_eq!(message.size, message.content.len() as u64);
    match searched(&input) {
        Some(found) => assert_eq!(message, found),
        None => assert_eq!(message.rest, None),
    }
    let stuffed = dot_stuffed(&[&input]);
    every_split(&input, |pieces| assert_eq!(dot_stuffed(pieces), stuffed));
    let back = read_message(&[&stuffed]);
    let end: &[u8] = if input.is_empty() || input.ends_with(b"\r\n") { b"" } else { b"\r\n" };
    assert_eq!(back.content, [&input[..], end].concat());
    assert_eq!(back.rest.as_deref(), Some(&b""[..]));
}

/// Line by line; `None` if there is no final dot.
fn searched(input: &[u8]) -> Option<Message> {
    let (mut content, mut flawed, mut rest) = (Vec::new(), false, input);
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let (line, after) = (&rest[..end], &rest[end + 2..]);
        if line == b"." {
            let size = content.len() as u64;
            return Some(Message { content, flawed, size, rest: Some(after.to_vec()) });
        }
        let line = line.strip_prefix(b".").unwrap_or(line);
        flawed |= line.iter().any(|octet| b"\r\n\0".contains(octet));
        content.extend_from_slice(line);
        content.extend_from_slice(b"\r\n");
        rest = after;
    }
}
