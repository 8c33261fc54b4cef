//! Block lists in the DNS (DNSBL, RFC 5782), asked about a visitor's address on behalf of `web`.
//!
//! 1. The address is reversed, octet by octet or nibble by nibble, and put before each list's zone.
//! 2. All lists are asked at the same time, each for an A record.
//! 3. An answer in 127.0.0.0/8 is a listing, unless it is in 127.255.255.0/24: by those, lists say that they do not
//!    answer us. If there is no such name, the address is not listed. Anything else is no answer, and never a listing.

use crate::channel::MaybeReady;
use crate::runtime::{ResolveError, Resolver};
use crate::wire::relay_web::{IsListed, Listing};
use std::cell::Cell;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;
use tracing::{info, warn};

/// How long a list may take to answer; a visitor waits for it.
const LIST_TIMEOUT: Duration = Duration::from_secs(3);

/// Visitors that are looked up at the same time, so that a `web` that has been taken over cannot fill this process.
const MAX_CONCURRENT_LOOKUPS: usize = 1_000;

/// The lists that are asked.
pub(super) struct Blocklists {
    resolver: Resolver,
    lists: Vec<List>,
    lookups: Cell<usize>,
}

struct List {
    zone: String,
    /// Whether it was logged that it does not answer.
    lost: Cell<bool>,
}

impl Blocklists {
    /// Of these zones; `None` where there are none. Reads `/etc/resolv.conf`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of<'a>(zones: impl Iterator<Item = &'a str>) -> Result<Option<Rc<Self>>, String> {
        let lists: Vec<List> = zones.map(|zone| List { zone: zone.to_owned(), lost: Cell::new(false) }).collect();
        if lists.is_empty() {
            return Ok(None);
        }
        let resolver = Resolver::of_the_dns().map_err(|cause| format!("dnsbl under [web]: {cause}"))?;
        Ok(Some(Rc::new(Self { resolver, lists, lookups: Cell::new(0) })))
    }

    /// Answers `web`.
    pub(super) fn answer(self: &Rc<Self>, request: IsListed) -> MaybeReady<Listing> {
        let IsListed { address } = request;
        if self.lookups.get() >= MAX_CONCURRENT_LOOKUPS {
            return MaybeReady::Ready(Listing::Unknown);
        }
        let this = Rc::clone(self);
        self.lookups.set(self.lookups.get() + 1);
        MaybeReady::later(async move {
            let answer = this.look_up(address).await;
            this.lookups.set(this.lookups.get() - 1);
            answer
        })
    }

    async fn look_up(self: &Rc<Self>, address: IpAddr) -> Listing {
        let mut answers = tokio::task::JoinSet::new();
        for number in 0..self.lists.len() {
            let this = Rc::clone(self);
            answers.spawn_local(async move {
                let list = &this.lists[number];
                let name = name(address, &list.zone);
                let records =
                    timeout(LIST_TIMEOUT, this.resolver.ipv4_addresses_of(&name)).await.unwrap_or(Err(ResolveError));
                let answer = records.map_or(Listing::Unknown, |records| meaning(&records));
                list.note(answer);
                answer
            });
        }
        let mut sum = Listing::No;
        while let Some(answer) = answers.join_next().await {
            match answer.unwrap_or(Listing::Unknown) {
                // The others no longer matter: dropping the set ends them.
                Listing::Yes => return Listing::Yes,
                Listing::No => {}
                Listing::Unknown => sum = Listing::Unknown,
            }
        }
        sum
    }
}

impl List {
    /// Logs once that a list does not answer, and once that it does again.
    fn note(&self, answer: Listing) {
        let zone = &self.zone;
        match answer {
            Listing::Unknown if !self.lost.replace(true) => {
                warn!(zone, "a block list does not answer, nobody is refused for it; see dnsbl under [web]");
            }
            Listing::Unknown => {}
            Listing::Yes | Listing::No if self.lost.replace(false) => info!(zone, "a block list answers again"),
            Listing::Yes | Listing::No => {}
        }
    }
}

/// What a list is asked for (RFC 5782 §2.1, §2.4).
fn name(address: IpAddr, zone: &str) -> String {
    let mut name = String::with_capacity(64 + zone.len());
    // Writing to a String cannot fail.
    let _ = match address {
        IpAddr::V4(v4) => v4.octets().iter().rev().try_for_each(|octet| write!(name, "{octet}.")),
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 0xf, octet >> 4]);
            nibbles.into_iter().try_for_each(|nibble| write!(name, "{nibble:x}."))
        }
    };
    name.push_str(zone);
    name
}

/// What its A records say (RFC 5782 §2.1); those of 127.255.255.0/24 are how lists refuse to say.
fn meaning(records: &[Ipv4Addr]) -> Listing {
    let says_listed = |record: &Ipv4Addr| record.is_loopback() && record.octets()[1..3] != [255, 255];
    match records {
        [] => Listing::No,
        records if records.iter().any(says_listed) => Listing::Yes,
        _ => Listing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_reversed() {
        for (address, expected) in [
            ("192.0.2.99", "99.2.0.192.zen.example"),
            ("127.0.0.2", "2.0.0.127.zen.example"),
            (
                "2001:db8:1:2:3:4:567:89ab",
                "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.zen.example",
            ),
        ] {
            assert_eq!(name(address.parse().unwrap(), "zen.example"), expected);
        }
    }

    #[test]
    fn only_what_says_so_is_a_listing() {
        for (records, expected) in [
            (&[][..], Listing::No),
            (&["127.0.0.2"], Listing::Yes),
            (&["127.0.0.10", "127.0.0.4"], Listing::Yes),
            (&["127.255.255.254"], Listing::Unknown),
            (&["127.255.255.252", "127.0.0.2"], Listing::Yes),
            (&["192.0.2.1"], Listing::Unknown),
            (&["0.0.0.0"], Listing::Unknown),
        ] {
            let records: Vec<Ipv4Addr> = records.iter().map(|record| record.parse().unwrap()).collect();
            assert_eq!(meaning(&records), expected, "{records:?}");
        }
    }
}
