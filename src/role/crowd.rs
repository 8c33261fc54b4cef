//! How many sessions or connections there may be, in all and from one place.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

/// Everybody who is in.
pub struct Crowd {
    most: Cell<usize>,
    most_from_one: Cell<usize>,
    present: RefCell<Present>,
}

#[derive(Default)]
struct Present {
    all: usize,
    from: HashMap<IpAddr, usize>,
}

/// A place in the crowd, free again when dropped.
pub struct Place {
    origin: IpAddr,
    crowd: Rc<Crowd>,
}

impl Crowd {
    /// At most so many, and so many from one place.
    pub fn new(most: usize, most_from_one: usize) -> Rc<Self> {
        Rc::new(Self { most: most.into(), most_from_one: most_from_one.into(), present: RefCell::default() })
    }

    /// Changes the bounds; nobody who is in is put out.
    pub fn bound(&self, most: usize, most_from_one: usize) {
        self.most.set(most);
        self.most_from_one.set(most_from_one);
    }

    /// How many are in.
    pub fn present(&self) -> usize {
        self.present.borrow().all
    }

    /// A place for one more from `peer`, if there is one.
    pub fn admit(self: &Rc<Self>, peer: IpAddr) -> Option<Place> {
        self.admit_within(peer, self.most_from_one.get())
    }

    /// A place for one more from a proxy, who brings people from everywhere.
    pub fn admit_proxy(self: &Rc<Self>, peer: IpAddr) -> Option<Place> {
        self.admit_within(peer, usize::MAX)
    }

    fn admit_within(self: &Rc<Self>, peer: IpAddr, most_from_there: usize) -> Option<Place> {
        let origin = origin(peer);
        let mut present = self.present.borrow_mut();
        let here = present.from.get(&origin).copied().unwrap_or(0);
        if present.all >= self.most.get() || here >= most_from_there {
            return None;
        }
        present.all += 1;
        present.from.insert(origin, here + 1);
        Some(Place { origin, crowd: Rc::clone(self) })
    }
}

/// What counts as one place: an IPv4 address; of IPv6 a /64, which is what one site gets at least (RFC 6177).
pub fn origin(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut present = self.crowd.present.borrow_mut();
        present.all -= 1;
        if let Some(here) = present.from.get_mut(&self.origin) {
            *here -= 1;
            if *here == 0 {
                present.from.remove(&self.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_and_come_back() {
        let crowd = Crowd::new(3, 2);
        let at = |text: &str| text.parse::<IpAddr>().unwrap();
        let one = crowd.admit(at("2001:db8::1")).unwrap();
        let _two = crowd.admit(at("2001:db8::ffff:1")).unwrap();
        assert!(crowd.admit(at("2001:db8::2")).is_none(), "the same /64");
        let _three = crowd.admit(at("192.0.2.1")).unwrap();
        assert!(crowd.admit(at("192.0.2.2")).is_none(), "full");
        assert!(crowd.admit_proxy(at("192.0.2.2")).is_none(), "full for all");
        drop(one);
        assert!(crowd.admit(at("2001:db8::2")).is_some());
        assert_eq!(crowd.present.borrow().from.len(), 2);
        crowd.bound(9, 2);
        let _proxied = [(); 5].map(|()| crowd.admit_proxy(at("192.0.2.1")).unwrap());
        assert!(crowd.admit(at("192.0.2.1")).is_none());
    }
}
