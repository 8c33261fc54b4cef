//! How many sessions or connections there may be, in all and from one place.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

/// Everybody who is in.
pub struct ConnectionLimits {
    max: Cell<usize>,
    max_per_network: Cell<usize>,
    open: RefCell<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    from: HashMap<IpAddr, usize>,
}

/// A place in the limits, free again when dropped.
pub struct ConnectionPermit {
    network: IpAddr,
    limits: Rc<ConnectionLimits>,
}

impl ConnectionLimits {
    /// At max so many, and so many from one place.
    pub fn new(max: usize, max_per_network: usize) -> Rc<Self> {
        Rc::new(Self { max: max.into(), max_per_network: max_per_network.into(), open: RefCell::default() })
    }

    /// Changes the bounds; nobody who is in is put out.
    pub fn set(&self, max: usize, max_per_network: usize) {
        self.max.set(max);
        self.max_per_network.set(max_per_network);
    }

    /// How many are in.
    pub fn open(&self) -> usize {
        self.open.borrow().all
    }

    /// A place for one more from `peer`, if there is one.
    pub fn try_acquire(self: &Rc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        self.try_acquire_up_to(peer, self.max_per_network.get())
    }

    /// A place for one more from a proxy, who brings people from everywhere.
    pub fn try_acquire_for_proxy(self: &Rc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        self.try_acquire_up_to(peer, usize::MAX)
    }

    fn try_acquire_up_to(self: &Rc<Self>, peer: IpAddr, max_from_network: usize) -> Option<ConnectionPermit> {
        let network = network_of(peer);
        let mut open = self.open.borrow_mut();
        let here = open.from.get(&network).copied().unwrap_or(0);
        if open.all >= self.max.get() || here >= max_from_network {
            return None;
        }
        open.all += 1;
        open.from.insert(network, here + 1);
        Some(ConnectionPermit { network, limits: Rc::clone(self) })
    }
}

/// What counts as one place: an IPv4 address; of IPv6 a /64, which is what one site gets at least (RFC 6177).
pub fn network_of(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.limits.open.borrow_mut();
        open.all -= 1;
        if let Some(here) = open.from.get_mut(&self.network) {
            *here -= 1;
            if *here == 0 {
                open.from.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_and_come_back() {
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
        assert_eq!(limits.open.borrow().from.len(), 2);
        limits.set(9, 2);
        let _proxied = [(); 5].map(|()| limits.try_acquire_for_proxy(at("192.0.2.1")).unwrap());
        assert!(limits.try_acquire(at("192.0.2.1")).is_none());
    }
}
