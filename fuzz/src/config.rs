//! The configuration: every text is one that the daemon starts with, or has faults that are told with their lines.

use super::input::{Dictionary, words};
use tempalias::testing::read_config;

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/config.dict")));

/// It is usable if it has no fault; each note is one line about a line there is; it does not differ from itself.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let text = String::from_utf8_lossy(&input);
    let read = read_config(&text);
    assert_eq!(read.usable, read.faults.is_empty(), "{read:?}");
    assert!(read.differs.is_empty(), "{read:?}");
    let last = text.split('\n').count();
    for (line, what) in read.faults.iter().chain(&read.warnings) {
        assert!(line.is_none_or(|line| (1..=last).contains(&line)), "{line:?} of {last}: {what}");
        assert!(!what.is_empty() && !what.contains('\n'), "{what:?}");
    }
    assert_eq!(read_config(&text), read);
}
