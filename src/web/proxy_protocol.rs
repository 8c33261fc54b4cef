//! The PROXY protocol (HAProxy's `proxy-protocol.txt`): what a trusted proxy says before HTTP begins.
//!
//! 1. Octets are looked at before they are taken, so that none of HTTP is: a header ends where its first version
//!    has a line end, or its second says.
//! 2. It must come within the time and the size that it may have; a connection without one is closed.
//! 3. A connection that the proxy makes for itself (`LOCAL`, `UNKNOWN`), or for whom no address is given, is the
//!    proxy's own.

use super::visitor::PeerInfo;
use proxy_header::{ParseConfig, ProxyHeader, SslInfo};
use std::io;
use std::net::IpAddr;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Octets of a header of the first version at the most, its line end among them (§2.1).
const MAX_V1_OCTETS: usize = 107;

/// Octets of a header at the most: what the smallest segment of TCP over IPv4 holds, so that it comes in one (§2).
pub(super) const MAX_HEADER_OCTETS: usize = 536;

const V1_SIGNATURE: &[u8] = b"PROXY ";
const V2_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Of the second version: its signature, version and command, family, and the length of the rest.
const V2_FIXED_OCTETS: usize = 16;

/// Version 2, command `LOCAL`.
const V2_LOCAL_COMMAND: u8 = 0x20;

/// Not a header that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProxyHeaderError;

/// Takes the header from a connection on which nothing else was read. Who connected is the proxy, `peer`.
///
/// # Errors
/// Of the socket; [`io::ErrorKind::InvalidData`] when it is not a header.
pub(super) async fn take(stream: &mut TcpStream, peer: IpAddr) -> io::Result<PeerInfo> {
    let mut buffer = [0; MAX_HEADER_OCTETS];
    let mut taken = 0;
    loop {
        let seen = taken + stream.peek(&mut buffer[taken..]).await?;
        if seen == taken {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bad = |ProxyHeaderError| io::Error::from(io::ErrorKind::InvalidData);
        let whole = end(&buffer[..seen]).map_err(bad)?;
        let to = whole.unwrap_or(seen);
        stream.read_exact(&mut buffer[taken..to]).await?;
        taken = to;
        if whole.is_some() {
            return line(&buffer[..taken], peer).map_err(bad);
        }
    }
}

/// Where the header ends that `seen` begins with, once that is there.
pub(super) fn end(seen: &[u8]) -> Result<Option<usize>, ProxyHeaderError> {
    let begins = |signature: &[u8]| seen.iter().zip(signature).all(|(one, other)| one == other);
    if begins(V1_SIGNATURE) {
        let line = &seen[..seen.len().min(MAX_V1_OCTETS)];
        return match line.windows(2).position(|pair| pair == b"\r\n") {
            Some(at) => Ok(Some(at + 2)),
            None if line.len() < MAX_V1_OCTETS => Ok(None),
            None => Err(ProxyHeaderError),
        };
    }
    if !begins(V2_SIGNATURE) {
        return Err(ProxyHeaderError);
    }
    match seen.get(V2_FIXED_OCTETS - 2..V2_FIXED_OCTETS) {
        None => Ok(None),
        Some(length) => match V2_FIXED_OCTETS + usize::from(length[0]) * 256 + usize::from(length[1]) {
            end if end > MAX_HEADER_OCTETS => Err(ProxyHeaderError),
            end => Ok((seen.len() >= end).then_some(end)),
        },
    }
}

/// What a whole header says.
pub(super) fn line(header: &[u8], peer: IpAddr) -> Result<PeerInfo, ProxyHeaderError> {
    // What else such a header holds is to be ignored, its family too (§2.2).
    if header.get(V2_SIGNATURE.len()) == Some(&V2_LOCAL_COMMAND) && header.starts_with(V2_SIGNATURE) {
        return Ok(PeerInfo { peer, secure: false });
    }
    let (said, length) = ProxyHeader::parse(header, ParseConfig::default()).map_err(|_| ProxyHeaderError)?;
    if length != header.len() {
        return Err(ProxyHeaderError);
    }
    let client = said.proxied_address().map_or(peer, |addresses| addresses.source.ip().to_canonical());
    Ok(PeerInfo { peer: client, secure: said.ssl().as_ref().is_some_and(SslInfo::client_ssl) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROXY: [u8; 4] = [10, 0, 0, 1];

    /// Reads `octets` as a connection would bring them, `step` at a time; the line, and what is left for HTTP.
    fn read(octets: &[u8], step: usize) -> Result<Option<(PeerInfo, usize)>, ProxyHeaderError> {
        let mut seen = 0;
        while seen < octets.len() {
            seen = (seen + step).min(octets.len()).min(MAX_HEADER_OCTETS);
            if let Some(end) = end(&octets[..seen])? {
                return line(&octets[..end], PROXY.into()).map(|line| Some((line, octets.len() - end)));
            }
            if seen == MAX_HEADER_OCTETS {
                break;
            }
        }
        Ok(None)
    }

    fn second(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [V2_SIGNATURE, &[command, family], &length, rest].concat()
    }

    const FOUR: [u8; 12] = [192, 0, 2, 1, 10, 0, 0, 1, 0x1f, 0x90, 0, 80];

    fn six(source: &str) -> Vec<u8> {
        let source: std::net::Ipv6Addr = source.parse().unwrap();
        [&source.octets()[..], &[0; 16], &[1, 2, 0, 80]].concat()
    }

    /// A TLV: type and value.
    fn extra(kind: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[kind], &length[..], value].concat()
    }

    #[test]
    fn headers_of_both_versions_however_they_come() {
        for (header, expected) in [
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 80\r\n".to_vec(), "192.0.2.1"),
            (b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n".to_vec(), "2001:db8::1"),
            (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n".to_vec(), "192.0.2.1"),
            (b"PROXY UNKNOWN\r\n".to_vec(), "10.0.0.1"),
            (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".to_vec(), "10.0.0.1"),
            (second(0x21, 0x11, &FOUR), "192.0.2.1"),
            (second(0x21, 0x21, &six("2001:db8::1")), "2001:db8::1"),
            (second(0x21, 0x21, &six("::ffff:192.0.2.1")), "192.0.2.1"),
            (second(0x21, 0x11, &[&FOUR[..], &extra(4, &[0; 300])].concat()), "192.0.2.1"),
            (second(0x21, 0x00, &[]), "10.0.0.1"),
            (second(0x21, 0x31, &[0; 216]), "10.0.0.1"),
            (second(0x20, 0x00, &[]), "10.0.0.1"),
            (second(0x20, 0x11, &[]), "10.0.0.1"),
            (second(0x20, 0x11, &FOUR), "10.0.0.1"),
            (second(0x20, 0xff, &[7; 9]), "10.0.0.1"),
        ] {
            let sent = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
            for step in [1, 2, 3, 7, 16, sent.len()] {
                let (line, left) = read(&sent, step).unwrap().unwrap();
                assert_eq!((line.peer.to_string().as_str(), left), (expected, 16), "{}", header.escape_ascii());
            }
        }
    }

    #[test]
    fn tls_is_told_by_the_second_version() {
        let tls = |flags| extra(0x20, &[flags, 0, 0, 0, 0]);
        for (flags, secure) in [(1, true), (7, true), (0, false)] {
            let header = second(0x21, 0x11, &[&FOUR[..], &extra(2, b"example.org"), &tls(flags)].concat());
            assert_eq!(read(&header, 1).unwrap().unwrap().0.secure, secure);
        }
        // A tail that is no TLV tells nothing.
        let header = second(0x21, 0x11, &[&FOUR[..], &[0x20, 0xff, 0xff]].concat());
        assert!(!read(&header, 99).unwrap().unwrap().0.secure);
    }

    #[test]
    fn what_is_no_header_is_found_out_at_once() {
        for bad in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"POST / HTTP/1.1\r\n",
            b"PROXY\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 56324\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 80 9\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 65536\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
            b"PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n",
            b"PROXY TCP5 192.0.2.1 10.0.0.1 1 2\r\n",
            b"PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n",
            b"PROXY  TCP4 192.0.2.1 10.0.0.1 1 2\r\n",
            b"PROXY \r\n",
            b"proxy UNKNOWN\r\n",
            b"\r\n\r\n\0\r\nQUIT\r",
            &second(0x31, 0x11, &FOUR),
            &second(0x22, 0x11, &FOUR),
            &second(0x21, 0x41, &FOUR),
            &second(0x21, 0x13, &FOUR),
            &second(0x21, 0x11, &FOUR[..11]),
            &second(0x21, 0x21, &FOUR),
            &second(0x21, 0x11, &[0; MAX_HEADER_OCTETS]),
            &[b"PROXY UNKNOWN ", &[b'x'; 107][..], b"\r\n"].concat(),
        ] {
            for step in [1, bad.len()] {
                assert_eq!(read(bad, step), Err(ProxyHeaderError), "{}", bad.escape_ascii());
            }
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(rest: Vec<u8>, text in "[ -~\r\n]{0,120}", command: u8, family: u8) {
            let first = [V1_SIGNATURE, text.as_bytes()].concat();
            let first_with_end = [&first[..], b"\r\n"].concat();
            let seconds = second(command, family, &rest);
            for octets in [&rest, &first, &first_with_end, &seconds, &[V2_SIGNATURE, &rest].concat()] {
                let by_octet = read(octets, 1);
                let at_once = read(octets, octets.len().max(1));
                prop_assert_eq!(by_octet, at_once);
            }
        }
    }
}
