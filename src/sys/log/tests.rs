//! Values that are hostile or long, and which stream is the journal's.

use super::*;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use tracing_subscriber::registry;

/// The datagram that the journal gets when `log` logs.
fn datagram(log: impl FnOnce()) -> String {
    let (socket, journal) = UnixDatagram::pair().unwrap();
    journal.set_nonblocking(true).unwrap();
    tracing::subscriber::with_default(registry().with(Journal { role: "test", socket }), log);
    let mut octets = vec![0; 1 << 20];
    let length = journal.recv(&mut octets).expect("an event that was logged comes");
    String::from_utf8(octets[..length].to_vec()).unwrap()
}

/// The line of an event whose only field is `value`.
fn line(value: &str) -> String {
    let text = datagram(|| tracing::info!(value, "it happened"));
    let message = text.lines().find_map(|line| line.strip_prefix("MESSAGE=test: it happened value=")).unwrap();
    message.to_owned()
}

#[test]
fn values_of_a_line_are_told_apart_and_cannot_deceive_the_eye() {
    for (value, expected) in [
        ("plain", "plain"),
        ("192.0.2.1", "192.0.2.1"),
        ("it's", "it's"),
        ("müller.example", "müller.example"),
        // Quoted: what would look like several values, or like none.
        ("two words", "\"two words\""),
        ("x admin=yes", "\"x admin=yes\""),
        ("a=b", "\"a=b\""),
        ("", "\"\""),
        ("say \"x\"", "\"say \\\"x\\\"\""),
        ("back\\slash", "\"back\\\\slash\""),
        // Escaped: what is not printable.
        ("a\r\nb\u{1b}[2K", "a\\r\\nb\\u{1b}[2K"),
        ("abc\u{202e}fed", "abc\\u{202e}fed"),
        ("\u{2066}x\u{2069}\u{200f}\u{61c}", "\\u{2066}x\\u{2069}\\u{200f}\\u{61c}"),
        ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ("line\u{2028}and\u{2029}\u{85}", "line\\u{2028}and\\u{2029}\\u{85}"),
        ("no\u{a0}break", "no\\u{a0}break"),
    ] {
        assert_eq!(line(value), expected, "{value:?}");
    }
}

#[test]
fn fields_of_the_journal_are_one_line_each_without_quotes() {
    let text = datagram(|| tracing::warn!(cause = "no such file", peer = "a\nPRIORITY=0\u{202e}", "it failed"));
    let expected = "PRIORITY=4\nSYSLOG_IDENTIFIER=tempalias\nTEMPALIAS_ROLE=test\n\
                    MESSAGE=test: it failed cause=\"no such file\" peer=\"a\\nPRIORITY=0\\u{202e}\"\n\
                    TEMPALIAS_CAUSE=no such file\nTEMPALIAS_PEER=a\\nPRIORITY=0\\u{202e}\n";
    assert_eq!(text, expected);
}

/// A datagram that is longer than the socket's buffer is lost (EMSGSIZE).
#[test]
fn long_values_are_cut_and_the_event_is_not_lost() {
    let long = "é".repeat(300_000);
    let text = datagram(|| tracing::info!(a = long, b = long, c = long, d = long, e = "after", "{long}"));
    assert!(text.contains("\nTEMPALIAS_E=after\n") && text.len() < 100_000, "{}", text.len());
    let field = text.lines().find(|line| line.starts_with("TEMPALIAS_D=")).unwrap();
    assert!(field.ends_with("é…") && field.len() > 2_000, "{}", field.len());
}

#[test]
fn stderr_is_the_journals_if_journal_stream_names_it() {
    let file = tempfile::tempfile().unwrap();
    let about = file.metadata().unwrap();
    let (device, inode) = (about.dev(), about.ino());
    let is = |stream: &str| is_journal(Some(stream), &file);
    assert!(is(&format!("{device}:{inode}")));
    for other in ["", ":", "1:1", "x:y", &format!("{device}"), &format!("{device}:{}", inode + 1)] {
        assert!(!is(other), "{other:?}");
    }
    assert!(!is(&format!("{}:{inode}", device + 1)));
    assert!(!is_journal(None, &file));
    assert!(!is_journal(Some(&format!("{device}:{inode}")), File::open("/dev/null").unwrap()));
}
