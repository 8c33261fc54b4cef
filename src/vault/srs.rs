//! The Sender Rewriting Scheme: reverse-paths that are ours, so that SPF holds at the next host and a late bounce,
//! which quotes the real address, does not go to the sender.
//!
//! `SRS0=HHHH=TT=domain=local@ours`, and `SRS1=HHHH=domain==rest@ours` for a path that a forwarder before us has
//! rewritten already. HHHH is a keyed hash of all that follows it, TT a day modulo 1024. (M. Wong, "Sender Rewriting
//! Scheme".)

use super::hashes::KeyedHashes;
use crate::alias::{DAY, Domain, MAX_MAILBOX_OCTETS, Mailbox, Time};

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Rewrites a reverse-path into `ours`. The null path stays null; a path too long to carry the original inside becomes
/// the null path, which no bounce goes to.
pub(super) fn rewrite(reverse_path: &str, ours: &Domain, hashes: &KeyedHashes, now: Time) -> String {
    let Ok(mailbox) = Mailbox::parse(reverse_path) else { return String::new() };
    let (local, domain) = (mailbox.local(), mailbox.domain());
    let (tag, inner) = match local.split_at_checked(5).map(|(tag, rest)| (tag.to_ascii_uppercase(), rest)) {
        Some((tag, rest)) if tag == "SRS0=" => ("SRS1", format!("{domain}=={rest}")),
        Some((tag, rest)) if tag == "SRS1=" => match rest.split_once('=') {
            Some((_hash, rest)) => ("SRS1", rest.to_owned()),
            None => return String::new(),
        },
        _ => ("SRS0", format!("{}={domain}={local}", day(now))),
    };
    let rewritten = format!("{tag}={}={inner}@{ours}", hash(hashes, &inner));
    // A quoted local part does not survive inside another local part.
    if rewritten.len() > MAX_MAILBOX_OCTETS || Mailbox::parse(&rewritten).is_err() { String::new() } else { rewritten }
}

fn hash(hashes: &KeyedHashes, text: &str) -> String {
    hashes.srs(&text.to_lowercase()).iter().map(|octet| symbol(*octet)).collect()
}

fn day(now: Time) -> String {
    let day = now / DAY % 1024;
    [symbol((day >> 5) as u8), symbol(day as u8)].iter().collect()
}

fn symbol(bits: u8) -> char {
    BASE32[usize::from(bits & 31)] as char
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::keys::ServerKey;

    fn rewritten(path: &str) -> String {
        let hashes = KeyedHashes::new(&ServerKey::new(&[7; 32]).unwrap()).unwrap();
        rewrite(path, &Domain::parse("ours.example").unwrap(), &hashes, 1_800_000_000)
    }

    #[test]
    fn paths() {
        assert_eq!(rewritten(""), "");
        let once = rewritten("a.b@sender.example");
        assert!(once.starts_with("SRS0=") && once.ends_with("=sender.example=a.b@ours.example"), "{once}");
        let twice = rewritten("SRS0=abcd=TT=first.example=user@forwarder.example");
        assert!(
            twice.starts_with("SRS1=")
                && twice.ends_with("=forwarder.example==abcd=TT=first.example=user@ours.example"),
            "{twice}"
        );
        let thrice = rewritten("SRS1=wxyz=forwarder.example==abcd=TT=first.example=user@second.example");
        assert!(
            thrice.starts_with("SRS1=")
                && thrice.ends_with("=forwarder.example==abcd=TT=first.example=user@ours.example"),
            "{thrice}"
        );
        assert_eq!(rewritten(&format!("{}@sender.example", "a".repeat(230))), "");
        assert_eq!(rewritten("\"a b\"@sender.example"), "");
    }

    #[test]
    fn any_local_part_is_rewritten_or_given_up() {
        for local in
            ["\u{e9}\u{e9}==x", "SRSx==y", "==\u{e9}", "SRS1=", "SRS0=", "\u{2709}\u{2709}\u{2709}", "SRS\u{e9}="]
        {
            let new = rewritten(&format!("{local}@a.example"));
            assert!(new.is_empty() || new.ends_with("@ours.example"), "{local}: {new}");
        }
        assert!(rewritten("SRSx==y@a.example").starts_with("SRS0="));
    }
}
