//! The rate limit: how much each client may create within an hour (a sliding window).
//!
//! 1. A client is an address, of IPv6 a /64. Its creations are counted in slots of five minutes, and a slot counts
//!    until all of it is more than an hour ago: within no hour are there more than the limit.
//! 2. There are windows for so many clients and no more. With each new one, a clock hand (as in the clock algorithm of
//!    page replacement) looks at the next few windows and removes those in which nothing is counted.
//! 3. If all are in use, it removes the one among those few that has used the least. So newcomers are served, whoever
//!    has used much stays limited, and the client that was removed gains no more than it had used.

use super::answer::{self, Answer};
use super::visitor::ClientAddress;
use crate::runtime::network_of;
use hyper::header::HeaderName;
use indexmap::IndexMap;
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::time::Instant;

/// Seconds in which a client may create as much as the limit says.
const WINDOW_SECONDS: u64 = 3_600;

/// Seconds of a slot.
const SLOT_SECONDS: u64 = 300;

/// Slots that an hour can touch.
const SLOTS_PER_WINDOW: usize = (WINDOW_SECONDS / SLOT_SECONDS) as usize + 1;

/// Windows at the most; with this many they take about 8 MB.
const MAX_WINDOWS: usize = 65_536;

/// Windows that the clock hand looks at, at a time.
const WINDOWS_EXAMINED: usize = 16;

const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// How a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Creations within the window.
    pub(super) limit: u32,
    /// Those that are left now.
    pub(super) remaining: u32,
    /// Seconds for which there are no more than that.
    pub(super) reset_seconds: u64,
    /// Seconds of the window.
    pub(super) window: u64,
    /// Seconds after which what was asked for would be granted.
    pub(super) wait_seconds: u64,
}

impl Allowance {
    /// Puts it on an answer (draft-ietf-httpapi-ratelimit-headers-11).
    pub(super) fn set_headers(&self, answer: &mut Answer) {
        let Self { limit, remaining, reset_seconds, window, .. } = self;
        answer::set_text(answer, RATELIMIT_POLICY, &format!("\"creations\";q={limit};w={window}"));
        answer::set_text(answer, RATELIMIT, &format!("\"creations\";r={remaining};t={reset_seconds}"));
    }
}

/// The windows of all clients, by this process's clock.
pub(super) struct RateLimiter {
    limit: Cell<u32>,
    windows: RefCell<Windows>,
    since: Instant,
}

impl RateLimiter {
    /// `limit` creations within an hour; 0 is without limit.
    pub(super) fn new(limit: u32) -> Self {
        Self { limit: limit.into(), windows: RefCell::new(Windows::new(MAX_WINDOWS)), since: Instant::now() }
    }

    /// Changes the limit; what was counted stays.
    pub(super) fn set_limit(&self, limit: u32) {
        self.limit.set(limit);
    }

    /// Whether the client is limited at all. One on this host is not: it may be a proxy that is not known as one.
    fn limit_of(&self, client: ClientAddress) -> Option<u32> {
        Some(self.limit.get()).filter(|limit| *limit > 0 && !client.is_local())
    }

    /// How the client stands; `None` if it is not limited.
    pub(super) fn allowance(&self, client: ClientAddress) -> Option<Allowance> {
        let limit = self.limit_of(client)?;
        Some(self.windows.borrow().look(network_of(client.address()), limit, self.now()))
    }

    /// Takes `cost` from what the client may create.
    ///
    /// # Errors
    /// How it stands, if there is not as much left; nothing is taken then.
    pub(super) fn take(&self, client: ClientAddress, cost: u32) -> Result<(), Allowance> {
        let Some(limit) = self.limit_of(client) else { return Ok(()) };
        self.windows.borrow_mut().take(network_of(client.address()), cost, limit, self.now())
    }

    /// Gives back what was taken for something that came to nothing by no fault of the client.
    pub(super) fn give_back(&self, client: ClientAddress, cost: u32) {
        self.windows.borrow_mut().give_back(network_of(client.address()), cost, self.now());
    }

    fn now(&self) -> u64 {
        self.since.elapsed().as_secs()
    }
}

/// The windows of all clients; callers pass the time, in seconds.
struct Windows {
    most: usize,
    by_client: IndexMap<IpAddr, SlidingWindow>,
    clock_hand: usize,
}

/// What one client has created lately.
#[derive(Clone, Copy)]
struct SlidingWindow {
    /// The slot that was shared when it was last brought up to date.
    slot: u64,
    /// By slot, round and round.
    used: [u32; SLOTS_PER_WINDOW],
}

impl Windows {
    fn new(most: usize) -> Self {
        Self { most, by_client: IndexMap::new(), clock_hand: 0 }
    }

    fn look(&self, client: IpAddr, limit: u32, now: u64) -> Allowance {
        let window = self.by_client.get(&client).copied().unwrap_or(SlidingWindow::new(now));
        window.at(now).allowance(0, limit, now)
    }

    fn take(&mut self, client: IpAddr, cost: u32, limit: u32, now: u64) -> Result<(), Allowance> {
        let window = self.by_client.get(&client).copied().unwrap_or(SlidingWindow::new(now)).at(now);
        let allowance = window.allowance(cost, limit, now);
        if cost > allowance.remaining {
            return Err(allowance);
        }
        if !self.by_client.contains_key(&client) {
            self.make_room(now);
        }
        let window = self.by_client.entry(client).insert_entry(window).into_mut();
        window.used[index(window.slot)] += cost;
        Ok(())
    }

    fn give_back(&mut self, client: IpAddr, cost: u32, now: u64) {
        if let Some(window) = self.by_client.get_mut(&client) {
            *window = window.at(now);
            let shared = &mut window.used[index(window.slot)];
            *shared = shared.saturating_sub(cost);
        }
    }

    /// Removes empty windows among the next few and, if there is still no place, the one that has used the least.
    fn make_room(&mut self, now: u64) {
        let mut least: Option<(u32, IpAddr)> = None;
        for _ in 0..WINDOWS_EXAMINED.min(self.by_client.len()) {
            if self.clock_hand >= self.by_client.len() {
                self.clock_hand = 0;
            }
            let Some((client, window)) = self.by_client.get_index(self.clock_hand) else { break };
            match window.at(now).sum() {
                // The last one moves here, and is looked at next.
                0 => drop(self.by_client.swap_remove_index(self.clock_hand)),
                sum => {
                    if least.is_none_or(|(other, _)| sum < other) {
                        least = Some((sum, *client));
                    }
                    self.clock_hand += 1;
                }
            }
        }
        if self.by_client.len() >= self.most
            && let Some((_, client)) = least
        {
            self.by_client.swap_remove(&client);
        }
    }
}

impl SlidingWindow {
    fn new(now: u64) -> Self {
        Self { slot: now / SLOT_SECONDS, used: [0; SLOTS_PER_WINDOW] }
    }

    /// The same later: what has left the window is gone.
    fn at(mut self, now: u64) -> Self {
        let slot = now / SLOT_SECONDS;
        for gone in (self.slot + 1..=slot).take(SLOTS_PER_WINDOW) {
            self.used[index(gone)] = 0;
        }
        self.slot = self.slot.max(slot);
        self
    }

    fn sum(&self) -> u32 {
        self.used.iter().fold(0, |sum, used| sum.saturating_add(*used))
    }

    /// How it stands for one who asks for `cost`; brought up to date before.
    fn allowance(&self, cost: u32, limit: u32, now: u64) -> Allowance {
        let mut sum = self.sum();
        let remaining = limit.saturating_sub(sum);
        let (mut reset_seconds, mut wait_seconds) = (None, 0);
        let oldest = (self.slot + 1).saturating_sub(SLOTS_PER_WINDOW as u64);
        for slot in oldest..=self.slot {
            let used = self.used[index(slot)];
            let leaves = ((slot + SLOTS_PER_WINDOW as u64) * SLOT_SECONDS).saturating_sub(now);
            if used > 0 {
                reset_seconds = reset_seconds.or(Some(leaves.min(WINDOW_SECONDS)));
                if u64::from(sum) + u64::from(cost) > u64::from(limit) {
                    wait_seconds = leaves;
                }
                sum = sum.saturating_sub(used);
            }
        }
        Allowance {
            limit,
            remaining,
            reset_seconds: reset_seconds.unwrap_or(WINDOW_SECONDS),
            window: WINDOW_SECONDS,
            wait_seconds,
        }
    }
}

fn index(slot: u64) -> usize {
    (slot % SLOTS_PER_WINDOW as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn client(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn as_many_as_the_limit_and_again_when_the_hour_is_over() {
        let mut windows = Windows::new(MAX_WINDOWS);
        let fresh = windows.look(client(1), 3, 10_000);
        assert_eq!((fresh.remaining, fresh.reset_seconds, fresh.wait_seconds), (3, WINDOW_SECONDS, 0));
        for left in [2, 1, 0] {
            windows.take(client(1), 1, 3, 10_000).unwrap();
            assert_eq!(windows.look(client(1), 3, 10_000).remaining, left);
        }
        let refused = windows.take(client(1), 1, 3, 10_100).unwrap_err();
        assert_eq!((refused.limit, refused.remaining, refused.window), (3, 0, WINDOW_SECONDS));
        assert!(refused.wait_seconds >= refused.reset_seconds && refused.wait_seconds <= WINDOW_SECONDS + SLOT_SECONDS);
        windows.take(client(2), 3, 3, 10_100).unwrap();
        assert!(windows.take(client(1), 1, 3, 10_100 + refused.wait_seconds - 1).is_err());
        windows.take(client(1), 3, 3, 10_100 + refused.wait_seconds).unwrap();
    }

    #[test]
    fn the_wait_is_for_what_was_asked_for() {
        let mut windows = Windows::new(MAX_WINDOWS);
        windows.take(client(1), 2, 4, 0).unwrap();
        windows.take(client(1), 2, 4, 2_000).unwrap();
        let one = windows.take(client(1), 1, 4, 2_000).unwrap_err().wait_seconds;
        let three = windows.take(client(1), 3, 4, 2_000).unwrap_err().wait_seconds;
        assert!(one < three);
        assert!(windows.take(client(1), 3, 4, 2_000 + one).is_err());
        windows.take(client(1), 3, 4, 2_000 + three).unwrap();
        assert!(windows.take(client(9), 5, 4, 0).is_err(), "more than there ever is");
    }

    #[test]
    fn what_came_to_nothing_is_given_back() {
        let mut windows = Windows::new(MAX_WINDOWS);
        windows.take(client(1), 3, 3, 0).unwrap();
        windows.give_back(client(1), 2, 0);
        windows.give_back(client(2), 2, 0);
        windows.take(client(1), 2, 3, 0).unwrap();
        assert!(windows.take(client(1), 1, 3, 0).is_err());
    }

    #[test]
    fn a_lower_limit_counts_what_was() {
        let mut windows = Windows::new(MAX_WINDOWS);
        windows.take(client(1), 5, 10, 0).unwrap();
        assert_eq!(windows.look(client(1), 3, 0).remaining, 0);
        assert!(windows.take(client(1), 1, 3, 0).is_err());
    }

    #[test]
    fn when_all_windows_are_in_use_newcomers_are_served_and_the_heavy_stay_limited() {
        let mut windows = Windows::new(1_000);
        windows.take(client(0), 10, 10, 0).unwrap();
        for number in 1..20_000 {
            windows.take(client(number), 1, 10, 0).unwrap();
            assert!(windows.by_client.len() <= 1_000);
        }
        assert!(windows.take(client(0), 1, 10, 0).is_err());
    }

    #[test]
    fn windows_are_removed_when_nothing_is_counted_in_them() {
        let mut windows = Windows::new(1_000);
        for number in 0..900 {
            windows.take(client(number), 1, 10, 0).unwrap();
        }
        for number in 1_000..1_100 {
            windows.take(client(number), 1, 10, 2 * WINDOW_SECONDS).unwrap();
        }
        assert!(windows.by_client.len() <= 200, "{}", windows.by_client.len());
    }

    proptest! {
        #[test]
        fn within_no_hour_more_than_the_limit(
            limit in 1_u32..20,
            wishes in prop::collection::vec((0_u64..1_500, 0_u32..3, 1_u32..6), 1..200),
        ) {
            let mut windows = Windows::new(MAX_WINDOWS);
            let (mut now, mut granted) = (0, Vec::new());
            for (gap, number, cost) in wishes {
                now += gap;
                let before = windows.look(client(number), limit, now);
                let outcome = windows.take(client(number), cost, limit, now);
                prop_assert_eq!(outcome.is_ok(), cost <= before.remaining);
                if outcome.is_ok() {
                    granted.push((now, number, cost));
                }
                let recent = granted.iter().filter(|(at, who, _)| *who == number && now - at <= WINDOW_SECONDS);
                let sum: u32 = recent.map(|(.., cost)| cost).sum();
                prop_assert!(sum <= limit, "{} within an hour", sum);
                let older = granted.iter().filter(|(at, who, _)| *who == number && now - at < WINDOW_SECONDS + SLOT_SECONDS);
                let sum: u32 = older.map(|(.., cost)| cost).sum();
                prop_assert!(windows.look(client(number), limit, now).remaining >= limit - sum.min(limit));
            }
        }
    }
}
