//! Who a visitor is: the peer of the connection, or whom a proxy that is trusted names.
//!
//! 1. The peer of a connection is who connected, or whom the PROXY protocol names ([`super::proxy_protocol`]).
//! 2. If that is no proxy which is trusted, it is the client, and what its headers say of others means nothing.
//! 3. Else the lists that proxies write are walked from the nearest hop over those that are trusted to the first
//!    that is not: that is the client. A hop without an address ends the walk: the client is hidden behind the last.
//! 4. `Forwarded` and `X-Forwarded-For` must agree where there are both. A proxy that writes one passes the other on
//!    as the visitor made it up, and nobody knows which it is: then the client is disputed. It is counted like one
//!    that is hidden, and refused if either of the two is on a block list.

use super::context::WebContext;
use super::forwarded::{self, Hop, X_FORWARDED_FOR};
use hyper::header::{FORWARDED, HeaderMap};
use ipnet::IpNet;
use std::cell::Cell;
use std::net::IpAddr;
use tracing::warn;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PeerInfo {
    /// Who has connected, perhaps to a proxy.
    pub(super) peer: IpAddr,
    /// Whether a proxy says that it was over TLS.
    pub(super) secure: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAddress {
    /// This address.
    Known(IpAddr),
    /// Somebody behind this proxy, which does not say who.
    Hidden(IpAddr),
    /// Somebody behind this proxy, of whom two stories are told.
    Disputed(IpAddr, [Option<IpAddr>; 2]),
}

/// Whose request it is, and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visitor {
    pub(super) client: ClientAddress,
    /// Whether the visitor speaks TLS with a proxy in front of us.
    pub(super) secure: bool,
}

/// What has been logged: each of these once in the life of the process.
#[derive(Default)]
pub(super) struct LoggedOnce {
    stranger: Cell<bool>,
    contradiction: Cell<bool>,
    not_proxied: Cell<bool>,
}

impl LoggedOnce {
    /// A trusted proxy does not speak the PROXY protocol.
    pub(super) fn not_proxied(&self, proxy: IpAddr) {
        if !self.not_proxied.replace(true) {
            warn!(
                %proxy,
                "a trusted proxy does not begin with a PROXY protocol header, its connections are closed: have it \
                 send one (HAProxy: send-proxy-v2; nginx: proxy_protocol on), or set web.proxy_protocol = false"
            );
        }
    }
}

impl ClientAddress {
    /// Somebody on this host itself.
    pub(super) fn is_local(self) -> bool {
        matches!(self, Self::Known(address) if address.is_loopback())
    }

    /// Where it is counted.
    pub(super) fn address(self) -> IpAddr {
        let (Self::Known(address) | Self::Hidden(address) | Self::Disputed(address, _)) = self;
        address
    }

    /// What may be its address, if others can know it: not one of this host, or of a network that has no name in the
    /// world.
    pub(super) fn public_addresses(self) -> impl Iterator<Item = IpAddr> {
        let named = match self {
            Self::Known(address) => [Some(address), None],
            Self::Hidden(_) => [None, None],
            Self::Disputed(_, named) => named,
        };
        named.into_iter().flatten().filter(|&address| !is_near(address))
    }

    fn known(self) -> Option<IpAddr> {
        match self {
            Self::Known(address) => Some(address),
            Self::Hidden(_) | Self::Disputed(..) => None,
        }
    }
}

impl WebContext {
    /// Whose request that came over a connection from `peer_info` has these headers.
    pub(super) fn visitor(&self, peer_info: PeerInfo, headers: &HeaderMap) -> Visitor {
        let trusted = &self.settings.trusted_proxies;
        if trusts(trusted, peer_info.peer) {
            let (visitor, contradicted) = walked(headers, peer_info, trusted);
            if contradicted && !self.logged_once.contradiction.replace(true) {
                warn!(
                    proxy = %peer_info.peer,
                    "a request has Forwarded and X-Forwarded-For, and they disagree: one of them is made up by the \
                     visitor; have the proxy remove the one that it does not set"
                );
            }
            return visitor;
        }
        if is_near(peer_info.peer)
            && (headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED))
            && !self.logged_once.stranger.replace(true)
        {
            warn!(
                peer = %peer_info.peer,
                "a peer that is not trusted says for whom it speaks, and is not believed: if it is your proxy, add it \
                 to web.trusted_proxies"
            );
        }
        Visitor { client: ClientAddress::Known(peer_info.peer), secure: peer_info.secure }
    }
}

/// Whether `address` is a proxy that is believed.
pub(super) fn trusts(trusted: &[IpNet], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Whether an address is of this host or of a network that others have, too.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // The last is RFC 6598's, between a provider and its customers.
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified() || shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified(),
    }
}

/// Whom the trusted peer of `peer_info` speaks for, and whether its headers contradict each other.
fn walked(headers: &HeaderMap, peer_info: PeerInfo, trusted: &[IpNet]) -> (Visitor, bool) {
    let by = |hops: Vec<Hop>| walk(&hops, peer_info.peer, trusted);
    let found = (by(forwarded::forwarded(headers)), by(forwarded::x_forwarded(headers)));
    let (client, secure) = match found {
        ((Some(one), _), (Some(other), _)) if one != other => {
            let client = ClientAddress::Disputed(peer_info.peer, [one.known(), other.known()]);
            return (Visitor { client, secure: peer_info.secure }, true);
        }
        ((one, secure), (other, also_secure)) => (one.or(other), secure.or(also_secure)),
    };
    let client = client.unwrap_or(ClientAddress::Known(peer_info.peer));
    (Visitor { client, secure: secure.unwrap_or(peer_info.secure) }, false)
}

/// The client at the end of the walk, if there is anything to walk over, and whether it came over TLS.
fn walk(hops: &[Hop], peer: IpAddr, trusted: &[IpNet]) -> (Option<ClientAddress>, Option<bool>) {
    let mut last = peer;
    for hop in hops {
        match hop.node {
            None => return (Some(ClientAddress::Hidden(last)), hop.secure),
            Some(node) if trusts(trusted, node) => last = node,
            Some(node) => return (Some(ClientAddress::Known(node)), hop.secure),
        }
    }
    // Only proxies, the farthest of which is then the client.
    hops.last().map_or((None, None), |hop| (Some(ClientAddress::Known(last)), hop.secure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderName;

    fn seen(fields: &[(&str, &str)]) -> (Visitor, bool) {
        let trusted: Vec<IpNet> =
            ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1/32"].map(|network| network.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        walked(&headers, PeerInfo { peer: "10.0.0.1".parse().unwrap(), secure: false }, &trusted)
    }

    fn known(address: &str) -> ClientAddress {
        ClientAddress::Known(address.parse().unwrap())
    }

    fn hidden(address: &str) -> ClientAddress {
        ClientAddress::Hidden(address.parse().unwrap())
    }

    #[test]
    fn the_walk_ends_at_the_first_that_is_not_trusted() {
        for (value, expected) in [
            ("192.0.2.1", known("192.0.2.1")),
            ("203.0.113.9, 192.0.2.1", known("192.0.2.1")),
            ("203.0.113.9, 192.0.2.1, 10.9.9.9, 2001:db8::5", known("192.0.2.1")),
            ("192.0.2.1, unknown, 10.9.9.9", hidden("10.9.9.9")),
            ("192.0.2.1, nonsense", hidden("10.0.0.1")),
            ("10.1.1.1, 10.2.2.2", known("10.1.1.1")),
            ("127.0.0.1, 192.0.2.1", known("192.0.2.1")),
            ("::ffff:192.0.2.1, ::ffff:10.1.1.1", known("192.0.2.1")),
            ("", known("10.0.0.1")),
        ] {
            assert_eq!(seen(&[("x-forwarded-for", value)]).0.client, expected, "{value}");
        }
        assert_eq!(seen(&[]).0.client, known("10.0.0.1"));
        let forwarded = "for=203.0.113.9, for=\"[2001:db9::1]:99\";proto=https, for=10.1.1.1;proto=http";
        let visitor = Visitor { client: known("2001:db9::1"), secure: true };
        assert_eq!(seen(&[("forwarded", forwarded)]), (visitor, false));
    }

    #[test]
    fn two_lists_that_disagree_are_no_list() {
        let (one, other) = (("forwarded", "for=192.0.2.1;proto=https"), ("x-forwarded-for", "192.0.2.2"));
        let named = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().ok());
        let client = ClientAddress::Disputed("10.0.0.1".parse().unwrap(), named);
        assert_eq!(seen(&[one, other]), (Visitor { client, secure: false }, true));
        assert_eq!(client.address(), hidden("10.0.0.1").address());
        assert_eq!(client.public_addresses().map(Some).collect::<Vec<_>>(), named);
        let same = ("x-forwarded-for", "203.0.113.1, 192.0.2.1");
        assert_eq!(seen(&[one, same]), (Visitor { client: known("192.0.2.1"), secure: true }, false));
        assert_eq!(seen(&[("forwarded", ""), other]).0.client, known("192.0.2.2"));
    }

    #[test]
    fn who_is_hidden_is_nobody_of_this_host() {
        assert!(known("127.0.0.1").is_local() && known("::1").is_local());
        assert!(!hidden("127.0.0.1").is_local() && !known("192.0.2.1").is_local());
        for near in [
            "127.0.0.1",
            "10.1.1.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert_eq!(known(near).public_addresses().next(), None, "{near}");
        }
        for far in ["192.0.2.1", "100.128.0.1", "2001:db8::1"] {
            assert_eq!(known(far).public_addresses().next(), far.parse().ok(), "{far}");
            assert_eq!(hidden(far).public_addresses().next(), None);
        }
    }
}
