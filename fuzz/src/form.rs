//! Bodies of forms: a form says what the JSON object with the same texts says.

use super::input::{Dictionary, words};
use std::fmt::Write as _;
use tempalias::testing::read_body;

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/form.dict")));

/// A form that is UTF-8 is always read, and as its JSON would be.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    if input.trim_ascii_start().starts_with(b"{") {
        return;
    }
    let form = read_body(false, &input);
    if pairs(&input).iter().any(|(name, value)| name.contains('\u{fffd}') || value.contains('\u{fffd}')) {
        assert!(form.is_err(), "{form:?}");
        return;
    }
    assert!(form.is_ok(), "{form:?}");
    let members: Vec<String> = pairs(&input)
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| format!("{}:{}", quoted(&name), quoted(&value)))
        .collect();
    assert_eq!(read_body(true, format!("{{{}}}", members.join(",")).as_bytes()), form);
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5.1).
fn pairs(input: &[u8]) -> Vec<(String, String)> {
    let parts = input.split(|&octet| octet == b'&').filter(|part| !part.is_empty());
    let pair = |part: &[u8]| {
        let equals = part.iter().position(|&octet| octet == b'=');
        let (name, value) = equals.map_or((part, &b""[..]), |at| (&part[..at], &part[at + 1..]));
        (decoded(name), decoded(value))
    };
    parts.map(pair).collect()
}

fn decoded(text: &[u8]) -> String {
    let (mut octets, mut at) = (Vec::new(), 0);
    while let Some(&octet) = text.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|two| octet == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        octets.push(match digits {
            Some(two) => u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap(),
            None if octet == b'+' => b' ',
            None => octet,
        });
        at += if digits.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    text.encode_utf16().for_each(|unit| write!(json, "\\u{unit:04x}").unwrap());
    json + "\""
}
