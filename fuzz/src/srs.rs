//! The Sender Rewriting Scheme: a path of ours that is a mailbox and fits, or none.

use super::input::{Dictionary, words};
use tempalias::testing::{ParsedCommand, SenderRewriter, parse_command};

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/srs.dict")));

thread_local! {
    static REWRITER: SenderRewriter = SenderRewriter::new().unwrap_or_else(|_| panic!("the cryptography works"));
}

/// The first two octets are the day. What is rewritten is a mailbox of ours; again, it is an `SRS1` path; after that
/// it stays as it is. A path that is plain and short is not given up.
pub fn check(data: &[u8]) {
    let Some((&[a, b], data)) = data.split_first_chunk() else { return };
    let now = u64::from(u16::from_le_bytes([a, b])) * 86_400;
    let input = DICTIONARY.input(data);
    let path = String::from_utf8_lossy(&input);
    let rewrite = |path: &str| REWRITER.with(|rewriter| rewriter.rewrite(path, now));
    let once = rewrite(&path);
    assert_eq!(rewrite(&path), once);
    if once.is_empty() {
        let tagged = path.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("SRS1="));
        assert!(!is_mailbox(&path) || path.len() > 200 || path.contains(['"', '[']) || tagged, "{path:?}");
        return;
    }
    is_ours(&once, &["SRS0=", "SRS1="]);
    assert!(is_mailbox(&path), "{path:?}");
    let twice = rewrite(&once);
    if !twice.is_empty() {
        is_ours(&twice, &["SRS1="]);
        assert_eq!(rewrite(&twice), twice);
    }
}

fn is_ours(path: &str, tags: &[&str]) {
    assert!(path.len() <= 254 && path.ends_with("@ours.example"), "{path:?}");
    assert!(tags.iter().any(|tag| path.starts_with(tag)), "{path:?}");
    assert!(is_mailbox(path), "{path:?}");
}

fn is_mailbox(path: &str) -> bool {
    let command = format!("MAIL FROM:<{path}> SMTPUTF8");
    parse_command(command.as_bytes()) == Ok(ParsedCommand::Mail(path.to_owned(), None, false, true)) && !path.is_empty()
}
