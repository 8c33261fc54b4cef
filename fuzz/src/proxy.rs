//! PROXY protocol headers: the same however they come, within their size, and none of HTTP is taken.

use super::input::{Dictionary, words};
use std::net::{IpAddr, Ipv4Addr};
use tempalias::testing::{MAX_PROXY_HEADER, read_proxy_header};

static DICTIONARY: Dictionary = Dictionary::new(|| words(include_str!("../dictionaries/proxy.dict")));

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// A connection is looked at whenever it brings more, and never further than the longest header goes.
pub fn check(data: &[u8]) {
    let input = DICTIONARY.input(data);
    let seen = &input[..input.len().min(MAX_PROXY_HEADER)];
    let whole = read_proxy_header(seen, PROXY);
    let grown = (1..=seen.len()).map(|length| read_proxy_header(&seen[..length], PROXY)).find(|read| *read != Ok(None));
    assert_eq!(grown.unwrap_or(Ok(None)), whole);
    if let Ok(Some(header)) = whole {
        assert!(header.length <= seen.len());
        assert_eq!(header.client.to_canonical(), header.client);
        assert_eq!(read_proxy_header(&seen[..header.length], PROXY), whole);
    }
    assert!(seen.len() < MAX_PROXY_HEADER || whole != Ok(None));
}
