//! The Sender Rewriting Scheme: reverse-paths that are ours, so that SPF holds at the next host and a late bounce,
//! which quotes the real address, does not go to the sender.
//!
//! `SRS0=HHHH=TT=domain=local@ours`, and `SRS1=HHHH=domain==rest@ours` for a path that a forwarder before us has
//! rewritten already. HHHH is a keyed hash of all that follows it, TT a day modulo 1024. (M. Wong, "Sender Rewriting
//! Scheme".)

use super::hashes::KeyedHashes;
use crate::alias::{DAY, Domain, Mailbox, Time};

/// Days for which a return path of ours is good: longer than any host tries to deliver a bounce.
const MAX_RETURN_DAYS: u64 = 32;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Rewrites a reverse-path into `ours`. The null path stays null; a path too long to carry the original inside becomes
/// the null path, which no bounce goes to.
pub(super) fn rewrite(reverse_path: &str, ours: &Domain, hashes: &KeyedHashes, now: Time) -> String {
    let Ok(mailbox) = Mailbox::parse(reverse_path) else { return String::new() };
    // Within another local part it has no quotes; what needs some does not survive there.
    let Some(local) = mailbox.bare_local() else { return String::new() };
    let domain = mailbox.domain();
    let (tag, inner) = match local.split_at_checked(5).map(|(tag, rest)| (tag.to_ascii_uppercase(), rest)) {
        Some((tag, rest)) if tag == "SRS0=" => ("SRS1", format!("{domain}=={rest}")),
        Some((tag, rest)) if tag == "SRS1=" => match rest.split_once('=') {
            Some((_hash, rest)) => ("SRS1", rest.to_owned()),
            None => return String::new(),
        },
        _ => ("SRS0", format!("{}={domain}={local}", day(now))),
    };
    // In quotes if there are dots in it that want them.
    match Mailbox::parse_path(&format!("{tag}={}={inner}@{ours}", hash(hashes, &inner))) {
        Ok(rewritten) => rewritten.as_str().to_owned(),
        Err(_) => String::new(),
    }
}

/// Whether [`rewrite`] has made this path, under this server key and not too long ago.
pub(super) fn is_ours(path: &Mailbox, hashes: &KeyedHashes, now: Time) -> bool {
    let Some(local) = path.bare_local() else { return false };
    let Some((hashed, inner)) = local.get(5..).and_then(|rest| rest.split_once('=')) else { return false };
    if !path.is_rewritten() || !hashed.eq_ignore_ascii_case(&hash(hashes, inner)) {
        return false;
    }
    let is_first = local.as_bytes().get(3) == Some(&b'0');
    let made = inner.split('=').next().unwrap_or_default();
    // What others have rewritten before has no day of ours.
    !is_first || (0..=MAX_RETURN_DAYS).any(|days| day(now.saturating_sub(days * DAY)).eq_ignore_ascii_case(made))
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
    fn only_paths_of_ours_are_ours() {
        let hashes = KeyedHashes::new(&ServerKey::new(&[7; 32]).unwrap()).unwrap();
        let is_ours =
            |path: &str, days: u64| is_ours(&Mailbox::parse_path(path).unwrap(), &hashes, 1_800_000_000 + days * DAY);
        for path in ["a.b@sender.example", "a..b@docomo.example", "SRS0=abcd=TT=first.example=user@forwarder.example"] {
            let path = rewritten(Mailbox::parse_path(path).unwrap().as_str());
            for spelled in [path.clone(), path.to_lowercase(), path.to_uppercase()] {
                assert!(is_ours(&spelled, 0) && is_ours(&spelled, 32), "{spelled}");
            }
            assert!(path.starts_with("SRS1=") || !is_ours(&path, 33), "{path}");
            assert!(!is_ours(&path.replacen("=", "=A", 1), 0) && !is_ours(&path.replacen("example", "exemple", 1), 0));
        }
        for path in
            ["a@ours.example", "SRS0=@ours.example", "SRS0==AA=b.example=x@ours.example", "SRS1=aaaa=b==x@ours.example"]
        {
            assert!(!is_ours(path, 0), "{path}");
        }
    }

    #[test]
    fn a_path_with_stray_dots_is_quoted() {
        let path = rewritten("\"a..b\"@docomo.example");
        assert!(path.starts_with("\"SRS0=") && path.ends_with("=docomo.example=a..b\"@ours.example"), "{path}");
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
