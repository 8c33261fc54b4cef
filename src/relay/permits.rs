//! Permits: how many connections of a route may be in use at the same time, and who gets the next one.
//!
//! 1. Whoever asks belongs to groups: the client's network, within it the client's address, and the recipient's domain.
//!    Notifications of our own are a group beside the clients' networks.
//! 2. A group may take another connection as long as it holds at most [`MAX_HELD_PER_FREE`] times as many as are still
//!    free: one group leaves some free for all others, and *k* greedy groups leave 1 of 1 + 8 *k*. An address may take
//!    as many within what its network may still take. A network that holds none is let into a domain's group for longer:
//!    one network must not keep all others from the domain that most people have their mailboxes at.
//! 3. Of those that wait and may take one, the next is the one whose network holds the fewest, then whose address does,
//!    then who has waited for longest. Each fourth time it is whoever has waited for longest, so that networks which
//!    come and go do not keep out a network that holds some.
//! 4. A reload may change how many there are. Permits given out stay good; too many of them are not given out again.

use crate::alias::RealAddress;
use crate::wire::relay_smtp::ClientNetwork;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};

/// How many times as many connections as are free a group may hold.
const MAX_HELD_PER_FREE: usize = 8;

/// The same of a domain's group, for a network that holds none.
const MAX_HELD_PER_FREE_FOR_NEWCOMERS: usize = 32;

/// Each so many grants, the oldest waiter is served, whoever it is.
const GRANTS_PER_OLDEST: u32 = 4;

/// Whom a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Requester {
    /// The sender's; `None` for notifications of our own.
    pub(super) client: Option<ClientNetwork>,
    /// The recipient's domain, by [`DomainHasher`].
    pub(super) domain: u64,
}

/// Tells domains apart without keeping them: only a redeemed ticket's transaction holds a real address.
#[derive(Default)]
pub(super) struct DomainHasher(RandomState);

impl DomainHasher {
    /// Equal for addresses of the same domain.
    pub(super) fn domain_of(&self, target: &RealAddress) -> u64 {
        self.0.hash_one(target.domain())
    }
}

/// The permits of one route.
pub(super) struct Permits {
    limit: usize,
    in_use: usize,
    /// Permits given out, by group; groups without any are not in it.
    networks: HashMap<Option<u64>, usize>,
    addresses: HashMap<Option<ClientNetwork>, usize>,
    domains: HashMap<u64, usize>,
    grants: u32,
}

impl Permits {
    pub(super) fn new(limit: usize) -> Self {
        let (networks, addresses, domains) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { limit, in_use: 0, networks, addresses, domains, grants: 0 }
    }

    /// Changes how many there may be. Shares are shares of it.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// How many are given out.
    pub(super) fn in_use(&self) -> usize {
        self.in_use
    }

    /// How many are not given out.
    pub(super) fn free(&self) -> usize {
        self.limit.saturating_sub(self.in_use)
    }

    /// Whether the requester may take one now.
    pub(super) fn is_eligible(&self, requester: &Requester) -> bool {
        let (held_by_network, free) = (self.held_by_network(requester), self.free());
        let for_network = room(held_by_network, free, MAX_HELD_PER_FREE);
        let per_free = if held_by_network == 0 { MAX_HELD_PER_FREE_FOR_NEWCOMERS } else { MAX_HELD_PER_FREE };
        room(self.held_by_address(requester), for_network, MAX_HELD_PER_FREE) > 0
            && room(held(&self.domains, &requester.domain), free, per_free) > 0
    }

    /// Which of the waiters, the oldest first, is served next; `None` if none may take one. Those that are `None` have
    /// one already.
    pub(super) fn next<'w>(&self, waiters: impl Iterator<Item = Option<&'w Requester>>) -> Option<usize> {
        if self.free() == 0 {
            return None;
        }
        let waiters = waiters.enumerate().filter_map(|(number, requester)| Some((number, requester?)));
        let mut eligible = waiters.filter(|(_, requester)| self.is_eligible(requester));
        let next = if self.grants % GRANTS_PER_OLDEST == GRANTS_PER_OLDEST - 1 {
            eligible.next()
        } else {
            // The first of those that are equal.
            eligible.min_by_key(|(_, requester)| (self.held_by_network(requester), self.held_by_address(requester)))
        };
        next.map(|(number, _)| number)
    }

    /// Gives one out.
    pub(super) fn take(&mut self, requester: &Requester) {
        self.in_use += 1;
        self.grants = self.grants.wrapping_add(1);
        add(&mut self.networks, requester.network());
        add(&mut self.addresses, requester.client);
        add(&mut self.domains, requester.domain);
    }

    /// Takes one back.
    pub(super) fn give_back(&mut self, requester: &Requester) {
        self.in_use -= 1;
        subtract(&mut self.networks, requester.network());
        subtract(&mut self.addresses, requester.client);
        subtract(&mut self.domains, requester.domain);
    }

    /// How many the requester's network has.
    pub(super) fn held_by_network(&self, requester: &Requester) -> usize {
        held(&self.networks, &requester.network())
    }

    fn held_by_address(&self, requester: &Requester) -> usize {
        held(&self.addresses, &requester.client)
    }
}

impl Requester {
    fn network(&self) -> Option<u64> {
        self.client.map(|client| client.network)
    }
}

/// How many more a group may take that holds so many while so many are free, if it may hold `per_free` times as many:
/// each that it takes is one more held and one less free.
fn room(held: usize, free: usize, per_free: usize) -> usize {
    match per_free.saturating_mul(free).checked_sub(held) {
        Some(ahead) if free > 0 => free.min(ahead / (per_free + 1) + 1),
        _ => 0,
    }
}

fn held<K: Hash + Eq>(groups: &HashMap<K, usize>, group: &K) -> usize {
    groups.get(group).copied().unwrap_or(0)
}

fn add<K: Hash + Eq>(groups: &mut HashMap<K, usize>, group: K) {
    *groups.entry(group).or_default() += 1;
}

fn subtract<K: Hash + Eq>(groups: &mut HashMap<K, usize>, group: K) {
    if let Some(held) = groups.get_mut(&group) {
        *held -= 1;
        if *held == 0 {
            groups.remove(&group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `10.network.address`, to a domain.
    fn requester(network: u64, address: u64, domain: u64) -> Requester {
        Requester { client: Some(ClientNetwork { network, address: network << 8 | address }), domain }
    }

    /// Takes as many as it may; how many that were.
    fn take_all(permits: &mut Permits, requester: Requester) -> usize {
        let mut taken = 0;
        while permits.is_eligible(&requester) {
            permits.take(&requester);
            taken += 1;
        }
        taken
    }

    /// The limit; what one address gets, the rest of its network, another network, and a third.
    #[test]
    fn a_group_leaves_some_for_others() {
        for (limit, expected) in [
            (100, [80, 9, 9, 2]),
            (20, [17, 1, 2, 0]),
            (10, [9, 0, 1, 0]),
            (5, [5, 0, 0, 0]),
            (2, [2, 0, 0, 0]),
            (1, [1, 0, 0, 0]),
        ] {
            let mut permits = Permits::new(limit);
            let asking = [requester(1, 1, 1), requester(1, 2, 2), requester(2, 1, 3), requester(3, 1, 4)];
            let taken = asking.map(|requester| take_all(&mut permits, requester));
            assert_eq!(taken, expected, "of {limit}");
            assert_eq!(permits.in_use(), taken.iter().sum::<usize>());
        }
    }

    #[test]
    fn many_networks_to_one_domain_leave_some_for_other_domains() {
        let mut permits = Permits::new(100);
        let taken: usize = (0..100).map(|network| take_all(&mut permits, requester(network, 1, 1))).sum();
        assert_eq!(taken, 97);
        assert!(permits.is_eligible(&requester(200, 1, 2)));
        let notification = Requester { client: None, domain: 3 };
        assert!(permits.is_eligible(&notification));
    }

    /// The domain that most people have their mailboxes at.
    #[test]
    fn one_network_does_not_keep_others_from_its_recipients_domain() {
        let mut permits = Permits::new(100);
        let taken: usize = [1, 2].map(|address| take_all(&mut permits, requester(1, address, 1))).into_iter().sum();
        assert_eq!(taken, 89);
        assert_eq!(take_all(&mut permits, requester(2, 1, 1)), 1);
        assert_eq!(take_all(&mut permits, requester(3, 1, 1)), 1);
    }

    /// Of 100 that are allowed, the host takes 20.
    #[test]
    fn shares_are_of_what_the_host_takes() {
        let mut permits = Permits::new(100);
        permits.set_limit(20);
        assert_eq!(take_all(&mut permits, requester(1, 1, 1)), 17);
        assert!(permits.is_eligible(&requester(2, 1, 2)));
        permits.set_limit(100);
        assert_eq!(permits.free(), 83);
    }

    #[test]
    fn whoever_holds_the_fewest_is_next_and_each_fourth_time_the_oldest() {
        let mut permits = Permits::new(100);
        let (greedy, neighbour, other) = (requester(1, 1, 1), requester(1, 2, 1), requester(2, 1, 1));
        let notification = Requester { client: None, domain: 1 };
        let next = |permits: &Permits, waiters: &[Requester]| permits.next(waiters.iter().map(Some));
        permits.take(&greedy);
        assert_eq!(next(&permits, &[greedy, greedy]), Some(0));
        assert_eq!(next(&permits, &[greedy, neighbour, neighbour]), Some(1));
        assert_eq!(next(&permits, &[greedy, neighbour, other, notification]), Some(2));
        permits.take(&other);
        assert_eq!(next(&permits, &[greedy, other, notification]), Some(2));
        permits.take(&notification);
        assert_eq!(next(&permits, &[greedy, neighbour]), Some(0), "the fourth grant");
        permits.take(&greedy);
        assert_eq!(next(&permits, &[greedy, neighbour]), Some(1));
        assert_eq!(next(&permits, &[]), None);
    }

    #[test]
    fn the_limit_changes_while_permits_are_out() {
        let one = requester(1, 1, 1);
        let mut permits = Permits::new(2);
        permits.take(&one);
        permits.take(&one);
        permits.set_limit(1);
        assert_eq!((permits.in_use(), permits.free()), (2, 0));
        permits.give_back(&one);
        assert_eq!(permits.next([Some(&one)].into_iter()), None, "one is still out, and one is the limit");
        permits.set_limit(3);
        assert_eq!(permits.next([Some(&one)].into_iter()), Some(0));
        permits.give_back(&one);
        assert!(permits.networks.is_empty() && permits.addresses.is_empty() && permits.domains.is_empty());
    }
}
