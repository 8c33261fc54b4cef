//! What proxies write down: whatever a visitor writes first is never nearer than what the proxy adds.

use super::input::{Dictionary, words};
use std::net::{IpAddr, Ipv4Addr};
use tempalias::testing::{NamedHop, forwarded_hops, x_forwarded_hops};

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/forwarded.dict")));

const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 200));

/// Lines of a header, by LF. A proxy adds itself to the last one or on a line of its own.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let lines: Vec<&[u8]> = input.split(|&octet| octet == b'\n').collect();
    let Some(hops) = forwarded_hops(&lines) else { return };
    let own_line = forwarded_hops(&[&lines[..], &[b"for=192.0.2.200;proto=https"]].concat()).unwrap();
    assert_eq!(own_line[0], (Some(OWN), Some(true)));
    assert_eq!(own_line[1..], hops);
    let last = lines[lines.len() - 1];
    let added = [last, b", for=192.0.2.200"].concat();
    let added = forwarded_hops(&[&lines[..lines.len() - 1], &[&added]].concat()).unwrap();
    assert!(matches!(added[0].0, None | Some(OWN)), "{added:?}");
    let x_hops = x_forwarded_hops(&lines, &[]).unwrap();
    let x_added = [last, b",192.0.2.200"].concat();
    let x_added = x_forwarded_hops(&[&lines[..lines.len() - 1], &[&x_added]].concat(), &lines).unwrap();
    // What is not text makes its whole line one that names nobody.
    let text = last.iter().all(|octet| matches!(octet, b' '..=b'~' | b'\t'));
    assert_eq!(x_added[0].0, text.then_some(OWN));
    hops.iter().chain(&x_hops).for_each(canonical);
}

fn canonical(hop: &NamedHop) {
    assert!(hop.0.is_none_or(|address| address.to_canonical() == address), "{hop:?}");
}
