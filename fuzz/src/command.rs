//! Commands: what is understood comes back when it is written down again, what is not has a permanent reply.

use super::input::{Dictionary, words};
use tempalias::testing::{ParsedCommand, alias_of, parse_command, read_response};

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/command.dict")));

/// Where aliases live: in ASCII, and where a domain is longer in lower case.
const DOMAINS: [&str; 2] = ["b.example", "\u{130}.example"];

/// Paths come back; a verb is one in any case; blanks at the end mean nothing; nothing that is let through could end a
/// line or a comment of a header.
pub fn check(data: &[u8]) {
    let line = DICTIONARY.input(data);
    let parsed = parse_command(&line);
    let end_of_verb = line.iter().position(|octet| b" \t".contains(octet)).unwrap_or(line.len());
    let mut shouted = line.clone();
    shouted[..end_of_verb].make_ascii_uppercase();
    assert_eq!(parse_command(&shouted), parsed);
    assert_eq!(parse_command(&[&line[..], b" \t"].concat()), parsed);
    match parsed {
        Ok(ParsedCommand::Hello(name)) => {
            assert!((1..=255).contains(&name.len()));
            assert!(name.bytes().all(|octet| octet.is_ascii_graphic() && !b"()<>@,;\\\"".contains(&octet)), "{name:?}");
        }
        Ok(ParsedCommand::Mail(path, size, eight_bit, utf8)) => {
            assert!(utf8 || path.is_ascii());
            assert!(path.is_empty() || is_mailbox(&path), "{path:?}");
            let size_parameter = size.map_or_else(String::new, |octets| format!(" SIZE={octets}"));
            let body = if eight_bit { " BODY=8BITMIME" } else { "" };
            let extension = if utf8 { " SMTPUTF8" } else { "" };
            let again = format!("MAIL FROM:<{path}>{size_parameter}{body}{extension}");
            assert_eq!(parse_command(again.as_bytes()), Ok(ParsedCommand::Mail(path, size, eight_bit, utf8)));
        }
        Ok(ParsedCommand::Rcpt(Some(path))) => {
            assert!(is_mailbox(&path), "{path:?}");
            for domain in DOMAINS {
                // One that did not decode would make smtp hostile to the vault.
                let alias = alias_of(&path, domain);
                assert!(alias.as_ref().is_none_or(|(_, decodes)| *decodes), "{alias:?}");
            }
            let again = format!("RCPT TO:<{path}>");
            assert_eq!(parse_command(again.as_bytes()), Ok(ParsedCommand::Rcpt(Some(path))));
        }
        Ok(ParsedCommand::Rcpt(None) | ParsedCommand::Other) => {}
        Err(reply) => {
            let response = read_response(&reply).unwrap().unwrap();
            assert!((500..=555).contains(&response.code) && response.enhanced.0 == 5, "{response:?}");
            assert_eq!(response.length, reply.len());
        }
    }
}

fn is_mailbox(path: &str) -> bool {
    path.len() <= 254 && path.contains('@') && !path.bytes().any(|octet| octet.is_ascii_control())
}
