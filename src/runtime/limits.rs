//! Connection limits: how many connections may be open at the same time, in all and from one network.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

/// The limits on open connections of one process, and the count of those that are open.
pub struct ConnectionLimits {
    max: Cell<usize>,
    max_per_network: Cell<usize>,
    open: RefCell<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    total: usize,
    /// By [`network_of`] the peer; networks without a connection are not in it.
    per_network: HashMap<IpAddr, usize>,
}

/// The permit for one open connection; dropping it makes room for another.
pub struct ConnectionPermit {
    network: IpAddr,
    limits: Rc<ConnectionLimits>,
}

impl ConnectionLimits {
    /// Allows `max` connections in all, and `max_per_network` of them from one network ([`network_of`]).
    pub fn new(max: usize, max_per_network: usize) -> Rc<Self> {
        Rc::new(Self { max: max.into(), max_per_network: max_per_network.into(), open: RefCell::default() })
    }

    /// Changes both limits. Connections that are open stay open, even above the new limits.
    pub fn set(&self, max: usize, max_per_network: usize) {
        self.max.set(max);
        self.max_per_network.set(max_per_network);
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.open.borrow().total
    }

    /// A permit for a connection from `peer`; `None` if a limit is reached.
    pub fn try_acquire(self: &Rc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        self.try_acquire_up_to(peer, self.max_per_network.get())
    }

    /// A permit for a connection from a trusted proxy. Only the limit on all connections applies: the proxy's visitors
    /// come from many networks.
    pub fn try_acquire_for_proxy(self: &Rc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        self.try_acquire_up_to(peer, usize::MAX)
    }

    fn try_acquire_up_to(self: &Rc<Self>, peer: IpAddr, max_per_network: usize) -> Option<ConnectionPermit> {
        let network = network_of(peer);
        let mut open = self.open.borrow_mut();
        let from_network = open.per_network.get(&network).copied().unwrap_or(0);
        if open.total >= self.max.get() || from_network >= max_per_network {
            return None;
        }
        open.total += 1;
        open.per_network.insert(network, from_network + 1);
        Some(ConnectionPermit { network, limits: Rc::clone(self) })
    }
}

/// The network that a limit per network counts `peer` to: an IPv4 address alone, an IPv6 address with its /64, which
/// is the least that one site gets (RFC 6177).
pub fn network_of(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.limits.open.borrow_mut();
        open.total -= 1;
        if let Some(from_network) = open.per_network.get_mut(&self.network) {
            *from_network -= 1;
            if *from_network == 0 {
                open.per_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_limited_and_come_back() {
        let limits = ConnectionLimits::new(3, 2);
        let at = |text: &str| text.parse::<IpAddr>().unwrap();
        let one = limits.try_acquire(at("2001:db8::1")).unwrap();
        let _two = limits.try_acquire(at("2001:db8::ffff:1")).unwrap();
        assert!(limits.try_acquire(at("2001:db8::2")).is_none(), "the same /64");
        let _three = limits.try_acquire(at("192.0.2.1")).unwrap();
        assert!(limits.try_acquire(at("192.0.2.2")).is_none(), "full");
        assert!(limits.try_acquire_for_proxy(at("192.0.2.2")).is_none(), "full for all");
        drop(one);
        assert!(limits.try_acquire(at("2001:db8::2")).is_some());
        assert_eq!(limits.open.borrow().per_network.len(), 2);
        limits.set(9, 2);
        let _proxied = [(); 5].map(|()| limits.try_acquire_for_proxy(at("192.0.2.1")).unwrap());
        assert!(limits.try_acquire(at("192.0.2.1")).is_none());
    }
}
