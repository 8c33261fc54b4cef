//! The header fields put above a message (RFC 5321 §4.4, RFC 9228).

use crate::alias::AliasAddress;
use jiff::Timestamp;
use std::io::Write as _;
use std::net::IpAddr;

/// What `Received` tells.
pub(super) struct Hop<'a> {
    /// The client's name for itself.
    pub(super) helo: &'a str,
    /// Where it really is.
    pub(super) peer: IpAddr,
    /// Our name.
    pub(super) hostname: &'a str,
    /// `SMTP`, `ESMTP` (RFC 3848) or `UTF8SMTP` (RFC 6531 §4.3).
    pub(super) protocol: &'a str,
    /// Of this message, as in the log.
    pub(super) id: &'a str,
}

/// Appends `Received`, and `Delivered-To` when there is one recipient: with several it would tell
/// each of the others.
pub(super) fn write(hop: &Hop<'_>, only: Option<&AliasAddress>, now: Timestamp, out: &mut Vec<u8>) {
    let Hop { helo, peer, hostname, protocol, id } = hop;
    let tag = if peer.is_ipv6() { "IPv6:" } else { "" };
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    // Writing to a Vec cannot fail.
    let _ = write!(
        out,
        "Received: from {helo} ([{tag}{peer}])\r\n\tby {hostname} with {protocol} id {id};\r\n\t{date}\r\n"
    );
    if let Some(alias) = only {
        let _ = write!(out, "Delivered-To: {alias}\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop() {
        let hop = Hop {
            helo: "client.example",
            peer: "2001:db8::1".parse().unwrap(),
            hostname: "mx.example.org",
            protocol: "ESMTP",
            id: "1.2",
        };
        let mut out = Vec::new();
        write(&hop, None, Timestamp::from_second(784_111_777).unwrap(), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Received: from client.example ([IPv6:2001:db8::1])\r\n\tby mx.example.org with ESMTP id 1.2;\r\n\tSun, 06 Nov 1994 08:49:37 +0000\r\n"
        );
    }
}
