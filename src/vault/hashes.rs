//! Keyed hashes: what the store sees in the place of aliases, real addresses and secrets (P7).
//!
//! Each purpose has a key of its own, derived from the server key, so that no hash for one purpose tells anything for
//! another. All are HMAC-SHA256, truncated. Every table and every token rests on these values: the numbers of
//! [`MarkKind`] and [`CounterKind`] and the names of the purposes never change.

use super::keys::{ServerKey, no_cryptography};
use super::store::{Counter, Key, Mark, Owner};
use crate::alias::{AliasAddress, Name, RealAddress, Time};
use crate::runtime::Fatal;
use data_encoding::HEXLOWER;
use ring::{digest, hmac};
use subtle::ConstantTimeEq as _;

/// What is noted in the store with a time.
#[derive(Clone, Copy)]
pub(super) enum MarkKind {
    /// Of an owner: refuses everything, forever.
    OptedOut = 1,
    /// Of an owner: tokens made before are void.
    TokensVoided = 2,
    /// Of a token: it is revoked.
    TokenRevoked = 3,
    /// Of an Idempotency-Key, and of one with its order: it was used.
    Ordered = 5,
    /// Of an owner who has opted out: nothing is left of what there was before.
    Emptied = 6,
    /// Of an order, by its seed: it was answered.
    Answered = 7,
}

/// What is counted in the store, within a day. The numbers are others than those of [`MarkKind`].
#[derive(Clone, Copy)]
pub(super) enum CounterKind {
    /// Of an owner: notifications to them.
    Notifications = 4,
    /// Of an owner: aliases that they have ordered themselves.
    OwnOrders = 8,
    /// Of an owner: notifications by which an opt-out can be taken back.
    OptInNotifications = 9,
    /// Of an owner: how often they have opted out.
    OptOuts = 10,
    /// Of nobody: notifications to all.
    AllNotifications = 11,
}

/// From which the names and manage keys of the aliases of one order are derived.
pub(super) type Seed = [u8; 16];

/// The keyed hashes of this server key.
pub(super) struct KeyedHashes {
    alias: hmac::Key,
    owner: hmac::Key,
    srs: hmac::Key,
    name: hmac::Key,
    manage: hmac::Key,
    order: hmac::Key,
    mark: hmac::Key,
}

impl KeyedHashes {
    pub(super) fn new(server_key: &ServerKey) -> Result<Self, Fatal> {
        let key = |purpose: &str| -> Result<hmac::Key, Fatal> {
            let key = server_key.derive(&[purpose.as_bytes()]).map_err(no_cryptography)?;
            Ok(hmac::Key::new(hmac::HMAC_SHA256, &key))
        };
        Ok(Self {
            alias: key("table")?,
            owner: key("owner")?,
            srs: key("srs")?,
            name: key("name")?,
            manage: key("manage")?,
            order: key("order")?,
            mark: key("mark")?,
        })
    }

    /// Under what an alias is stored.
    pub(super) fn alias(&self, alias: &AliasAddress) -> Key {
        truncated(&self.alias, &[alias.as_str().as_bytes()])
    }

    /// Under what a person's limits, marks and aliases are kept: the same for every spelling of their address.
    pub(super) fn owner(&self, address: &RealAddress) -> Owner {
        truncated(&self.owner, &[address.folded().as_bytes()])
    }

    /// As an older version made it of a text that it had folded.
    #[cfg(test)]
    pub(super) fn owner_of(&self, folded: &str) -> Owner {
        truncated(&self.owner, &[folded.as_bytes()])
    }

    /// All under which something of this person may be kept: [`Self::owner`] first, then what versions up to 0.1.0 may
    /// have used in its place. One for an address in ASCII without A-labels.
    pub(super) fn owners(&self, address: &RealAddress) -> Vec<Owner> {
        let former = address.former_foldings();
        let former = former.iter().map(|folded| truncated(&self.owner, &[folded.as_bytes()]));
        std::iter::once(self.owner(address)).chain(former).collect()
    }

    /// Under what is noted that something is so of `whose`.
    pub(super) fn mark(&self, kind: MarkKind, whose: &[u8]) -> Mark {
        truncated(&self.mark, &[&[kind as u8], whose])
    }

    /// Under what is counted of `whose`.
    pub(super) fn counter(&self, kind: CounterKind, whose: &[u8]) -> Counter {
        truncated(&self.mark, &[&[kind as u8], whose])
    }

    /// The hash in a reverse-path of the Sender Rewriting Scheme.
    pub(super) fn srs(&self, text: &str) -> [u8; 4] {
        truncated(&self.srs, &[text.as_bytes()])
    }

    /// The seed of the order for `owner` that came under this Idempotency-Key at this time: whoever sends the same
    /// order twice gets the same aliases, and nothing more than two marks is stored for it.
    pub(super) fn seed(&self, idempotency_key: &str, owner: &Owner, since: Time) -> Seed {
        truncated(&self.order, &[&since.to_le_bytes(), owner, idempotency_key.as_bytes()])
    }

    /// The name of the alias with this number, from 0, of an order.
    pub(super) fn name(&self, seed: &Seed, number: u8) -> Name {
        Name::from_random(u64::from_le_bytes(truncated(&self.name, &[seed, &[number]])))
    }

    /// Its manage key: 128 bits in hexadecimal, which depend on all that was ordered.
    pub(super) fn manage_key(&self, seed: &Seed, number: u8, order: &[u8]) -> String {
        HEXLOWER.encode(&truncated::<16>(&self.manage, &[seed, &[number], order]))
    }
}

/// What is stored of a manage key. The key has 128 random bits, so one hash without salt is enough.
pub(super) fn hash_manage_key(key: &str) -> [u8; 16] {
    first(digest::digest(&digest::SHA256, key.as_bytes()).as_ref())
}

/// Compares two hashes in a time that does not depend on where they differ.
pub(super) fn is_same(one: &[u8; 16], other: &[u8; 16]) -> bool {
    one.ct_eq(other).into()
}

fn truncated<const N: usize>(key: &hmac::Key, parts: &[&[u8]]) -> [u8; N] {
    let mut context = hmac::Context::with_key(key);
    parts.iter().for_each(|part| context.update(part));
    first(context.sign().as_ref())
}

fn first<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::Domain;

    /// What every table and every token is made of: these values never change, or existing ones are lost.
    #[test]
    fn hashes_stay_as_they_are() {
        let server_key = ServerKey::new(&[7; 32]).unwrap();
        let hashes = KeyedHashes::new(&server_key).unwrap();
        let alias = AliasAddress::parse("name@example.org", &[Domain::parse("example.org").unwrap()]).unwrap();
        let target = RealAddress::parse_new("Someone+shop@Real.example").unwrap();
        let hex = |octets: &[u8]| HEXLOWER.encode(octets);
        assert!(hashes.owners(&target) == [hashes.owner(&target)], "an address in ASCII has one");
        assert_eq!(hex(&server_key.fingerprint()), "7ed785de4014ee2a60c595f3eebc4ece");
        assert_eq!(hex(&hashes.alias(&alias)), "d03145fdf3f633e2cce02682f0d5760a");
        let owner = hashes.owner(&target);
        assert_eq!(hex(&owner), "0ae234510085da493b2c9a4ef0d53ce0");
        assert_eq!(hex(&hashes.srs("text")), "a7b371cb");
        for (kind, expected) in [
            (MarkKind::OptedOut, "0068040d965e62268c7cdd048cf6b55e"),
            (MarkKind::TokensVoided, "80902d8f627228eb5fd0b1b754f552b8"),
            (MarkKind::TokenRevoked, "bd2b7cbb6418353ac3d06ac129a39d50"),
            (MarkKind::Ordered, "f494fc785e4d322cb8daaf54baa6f8c3"),
            (MarkKind::Emptied, "748bab3cf67bcf3ce3a83d8d0005b339"),
            (MarkKind::Answered, "0a3c6439ba06ac26a10bca650154271a"),
        ] {
            assert_eq!(hex(&hashes.mark(kind, &owner)), expected);
        }
        for (kind, expected) in [
            (CounterKind::Notifications, "3edbd5a33ac64276ae2458fef054fbcc"),
            (CounterKind::OwnOrders, "e99adc9163716337653d1aa51ab69bba"),
            (CounterKind::OptInNotifications, "db4e82ca22b12eb520c2f132c34ff040"),
            (CounterKind::OptOuts, "da2537e837417b7bf017cd9eaf6b53b7"),
            (CounterKind::AllNotifications, "db64dee1ec18b70460af9898ebe49534"),
        ] {
            assert_eq!(hex(&hashes.counter(kind, &owner)), expected);
        }
        let seed = hashes.seed("key", &owner, 1_800_000_000);
        assert_eq!(hex(&seed), "f23f60942e2b47abe9937c7223d8eb82");
        assert_eq!(
            [0, 19].map(|number| hashes.name(&seed, number).as_str().to_owned()),
            ["cktbb39i2bsx", "xq5res3rzssh"]
        );
        assert_eq!(hashes.manage_key(&seed, 1, b"order"), "0724fbf1b0a02ff531217b5fc4c4fbb2");
        assert_eq!(hex(&hash_manage_key("key")), "2c70e12b7a0646f92279f427c7b38e73");
    }
}
