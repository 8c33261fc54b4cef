//! Keys and sealing: what makes a stolen table useless (P7).
//!
//! 1. The server key is 32 random octets in a file of its own, made on the first start.
//! 2. HKDF-SHA256 (RFC 5869) derives one subkey for each use from it.
//! 3. An alias is found under HMAC(table subkey, `name@domain`).
//! 4. Its real address is sealed with ChaCha20-Poly1305 (RFC 8439) under a key derived from the
//!    server key *and* `name@domain`: the key alone opens nothing.
//! 5. Names and manage keys of the aliases of one order are derived from its seed, which is random, or made of the
//!    order's Idempotency-Key: who sends the same order twice gets the same aliases, and nothing is kept for it.

use super::capability::Seed;
use super::store::{Key, Mark, Owner};
use crate::alias::{AliasAddress, Name, RealAddress, Time};
use crate::runtime::Fatal;
use data_encoding::HEXLOWER;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hkdf, hmac};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub(super) const KEY_LEN: usize = 32;

/// Sealed addresses are padded to a multiple of this, so that their length tells little.
const PAD: usize = 16;

/// What can be noted of an owner or a token.
#[derive(Clone, Copy)]
pub(super) enum Noted {
    /// Of an owner: refuses everything, for ever.
    OptedOut = 1,
    /// Of an owner: tokens made before are void.
    Forgotten = 2,
    /// Of a token: revoked.
    Revoked = 3,
    /// Of an owner who has opted out: nothing is left of what there was before.
    Emptied = 6,
    /// Of an owner, counted and not noted: letters.
    Letters = 4,
    /// Of an Idempotency-Key, and of one with its order: ordered.
    Ordered = 5,
    /// Of an owner, counted and not noted: aliases that they have ordered themselves.
    OwnOrders = 8,
    /// Of an owner, counted and not noted: letters with which an opt-out is taken back.
    LettersToOptIn = 9,
    /// Of an owner, counted and not noted: how often they have opted out.
    OptOuts = 10,
    /// Of nobody, counted and not noted: letters to all.
    AllLetters = 11,
    /// Of an order, by its seed: answered.
    Answered = 7,
}

/// What the vault derives from its server key.
pub(super) struct Seal {
    table: hmac::Key,
    owner: hmac::Key,
    srs: hmac::Key,
    name: hmac::Key,
    manage: hmac::Key,
    order: hmac::Key,
    mark: hmac::Key,
    prk: hkdf::Prk,
    fingerprint: [u8; 16],
    random: SystemRandom,
}

impl Seal {
    /// Reads the server key, or makes one where there is none.
    pub(super) fn open(path: &Path) -> Result<Self, Fatal> {
        let random = SystemRandom::new();
        let unusable = |what: String| Fatal::File { path: path.to_owned(), what };
        let mut key = [0; KEY_LEN];
        match File::open(path) {
            Ok(mut file) => {
                let mode = file.metadata().map_err(|e| unusable(e.to_string()))?.permissions().mode();
                // Systemd lets its user read a credential by an access list, which the mode shows as the group's.
                let credential = std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|dir| path.starts_with(dir));
                if mode & 0o077 != 0 && !credential {
                    return Err(unusable(
                        "can be read by others; run: chmod 600 on it, and think of it as known to them".to_owned(),
                    ));
                }
                let whole = file.read_exact(&mut key).is_ok() && file.read(&mut [0]).is_ok_and(|n| n == 0);
                if !whole {
                    return Err(unusable("is not a server key of 32 octets; restore it from a backup, or move it and the table away to begin anew".to_owned()));
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                random.fill(&mut key).map_err(no_cryptography)?;
                write_key(path, &key).map_err(|e| {
                    unusable(format!("cannot be made ({e}); its directory must belong to the user that runs tempalias"))
                })?;
            }
            Err(e) => {
                return Err(unusable(format!("cannot be read ({e}); it must belong to the user that runs tempalias")));
            }
        }
        Self::new(&key, random)
    }

    pub(super) fn new(key: &[u8; KEY_LEN], random: SystemRandom) -> Result<Self, Fatal> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tempalias server key 1").extract(key);
        let subkey = |use_: &[u8]| -> Result<[u8; KEY_LEN], Fatal> {
            let mut out = [0; KEY_LEN];
            expand(&prk, &[use_], &mut out).map_err(no_cryptography)?;
            Ok(out)
        };
        let mac = |use_: &[u8]| Ok::<_, Fatal>(hmac::Key::new(hmac::HMAC_SHA256, &subkey(use_)?));
        let fingerprint = truncate(&subkey(b"fingerprint")?);
        Ok(Self {
            table: mac(b"table")?,
            owner: mac(b"owner")?,
            srs: mac(b"srs")?,
            name: mac(b"name")?,
            manage: mac(b"manage")?,
            order: mac(b"order")?,
            mark: mac(b"mark")?,
            prk,
            fingerprint,
            random,
        })
    }

    /// Tells one server key from another without revealing it.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// Where an alias is found in the table.
    pub(super) fn key(&self, alias: &AliasAddress) -> Key {
        truncate(hmac::sign(&self.table, alias.as_str().as_bytes()).as_ref())
    }

    /// Under what a real address is counted.
    pub(super) fn owner(&self, address: &RealAddress) -> Owner {
        truncate(hmac::sign(&self.owner, address.folded().as_bytes()).as_ref())
    }

    /// The first octets of a keyed hash for the Sender Rewriting Scheme.
    pub(super) fn srs(&self, text: &str) -> [u8; 4] {
        truncate(hmac::sign(&self.srs, text.as_bytes()).as_ref())
    }

    /// Under what it is noted that something is so of `whose`.
    pub(super) fn mark(&self, what: Noted, whose: &[u8]) -> Mark {
        truncate(sign(&self.mark, &[&[what as u8], whose]).as_ref())
    }

    /// The seed of the order for `owner` that came under this Idempotency-Key at this time.
    pub(super) fn seed(&self, idempotency_key: &str, owner: &Owner, since: Time) -> Seed {
        truncate(sign(&self.order, &[&since.to_le_bytes(), owner, idempotency_key.as_bytes()]).as_ref())
    }

    /// The name of the alias number `at` of an order.
    pub(super) fn name(&self, seed: &Seed, at: u8) -> Name {
        Name::from_random(u64::from_le_bytes(truncate(sign(&self.name, &[seed, &[at]]).as_ref())))
    }

    /// Its manage key, in hexadecimal. It depends on all that was ordered.
    pub(super) fn manage_key(&self, seed: &Seed, at: u8, order: &[u8]) -> String {
        HEXLOWER.encode(&sign(&self.manage, &[seed, &[at], order]).as_ref()[..16])
    }

    /// Seals the real address of an alias.
    pub(super) fn seal(&self, alias: &AliasAddress, address: &RealAddress) -> Option<Box<[u8]>> {
        let text = address.expose().as_bytes();
        let mut octets = Vec::with_capacity(1 + text.len() + PAD + 16);
        octets.push(u8::try_from(text.len()).ok()?);
        octets.extend_from_slice(text);
        octets.resize(octets.len().next_multiple_of(PAD), 0);
        self.seal_with(&[b"address", alias.as_str().as_bytes()], &mut octets)?;
        Some(octets.into())
    }

    /// Opens what [`Seal::seal`] has sealed for the same alias.
    pub(super) fn open_address(&self, alias: &AliasAddress, sealed: &[u8]) -> Option<RealAddress> {
        let plain = self.open_with(&[b"address", alias.as_str().as_bytes()], sealed)?;
        let (length, text) = plain.split_first()?;
        RealAddress::parse(std::str::from_utf8(text.get(..usize::from(*length))?).ok()?).ok()
    }

    /// Seals in place, under a key of which `info` tells what it is for. No two contents may share one.
    pub(super) fn seal_with(&self, info: &[&[u8]], content: &mut Vec<u8>) -> Option<()> {
        self.content_key(info)?.seal_in_place_append_tag(nonce(), Aad::empty(), content).ok()
    }

    /// Opens what [`Seal::seal_with`] has sealed under the same key.
    pub(super) fn open_with(&self, info: &[&[u8]], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut octets = sealed.to_vec();
        let length = self.content_key(info)?.open_in_place(nonce(), Aad::empty(), &mut octets).ok()?.len();
        octets.truncate(length);
        Some(octets)
    }

    fn content_key(&self, info: &[&[u8]]) -> Option<LessSafeKey> {
        let mut key = [0; KEY_LEN];
        expand(&self.prk, info, &mut key).ok()?;
        UnboundKey::new(&CHACHA20_POLY1305, &key).ok().map(LessSafeKey::new)
    }

    /// Random octets from the system.
    pub(super) fn random<const N: usize>(&self) -> Result<[u8; N], ring::error::Unspecified> {
        let mut octets = [0; N];
        self.random.fill(&mut octets)?;
        Ok(octets)
    }
}

/// What is stored of a manage key. The key has 128 random bits, so one hash without salt is enough.
pub(super) fn hash_manage_key(key: &str) -> [u8; 16] {
    truncate(digest::digest(&digest::SHA256, key.as_bytes()).as_ref())
}

/// Compares in a time that does not depend on where the two differ.
pub(super) fn same(a: &[u8; 16], b: &[u8; 16]) -> bool {
    a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

/// Each key seals one content once in its life, so the nonce may be constant and need not be stored.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn no_cryptography(_: ring::error::Unspecified) -> io::Error {
    io::Error::other("the system gives no random numbers")
}

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY_LEN
    }
}

fn expand(prk: &hkdf::Prk, info: &[&[u8]], out: &mut [u8; KEY_LEN]) -> Result<(), ring::error::Unspecified> {
    prk.expand(info, Length)?.fill(out)
}

fn sign(key: &hmac::Key, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    parts.iter().for_each(|part| context.update(part));
    context.sign()
}

fn truncate<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    out
}

fn write_key(path: &Path, key: &[u8; KEY_LEN]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::Domain;

    /// What every table and every token is made of: these values never change, or existing ones are lost.
    #[test]
    fn derived_values_stay_as_they_are() {
        let seal = Seal::new(&[7; KEY_LEN], SystemRandom::new()).unwrap();
        let alias = AliasAddress::parse("name@example.org", &[Domain::parse("example.org").unwrap()]).unwrap();
        let target = RealAddress::parse("Someone+shop@Real.example").unwrap();
        let hex = |octets: &[u8]| HEXLOWER.encode(octets);
        assert_eq!(hex(&seal.fingerprint()), "7ed785de4014ee2a60c595f3eebc4ece");
        assert_eq!(hex(&seal.key(&alias)), "d03145fdf3f633e2cce02682f0d5760a");
        let owner = seal.owner(&target);
        assert_eq!(hex(&owner), "0ae234510085da493b2c9a4ef0d53ce0");
        assert_eq!(hex(&seal.srs("text")), "a7b371cb");
        for (noted, expected) in [
            (Noted::OptedOut, "0068040d965e62268c7cdd048cf6b55e"),
            (Noted::Forgotten, "80902d8f627228eb5fd0b1b754f552b8"),
            (Noted::Revoked, "bd2b7cbb6418353ac3d06ac129a39d50"),
            (Noted::Letters, "3edbd5a33ac64276ae2458fef054fbcc"),
            (Noted::Ordered, "f494fc785e4d322cb8daaf54baa6f8c3"),
            (Noted::Emptied, "748bab3cf67bcf3ce3a83d8d0005b339"),
            (Noted::Answered, "0a3c6439ba06ac26a10bca650154271a"),
            (Noted::OwnOrders, "e99adc9163716337653d1aa51ab69bba"),
            (Noted::LettersToOptIn, "db4e82ca22b12eb520c2f132c34ff040"),
            (Noted::OptOuts, "da2537e837417b7bf017cd9eaf6b53b7"),
            (Noted::AllLetters, "db64dee1ec18b70460af9898ebe49534"),
        ] {
            assert_eq!(hex(&seal.mark(noted, &owner)), expected);
        }
        let seed = seal.seed("key", &owner, 1_800_000_000);
        assert_eq!(hex(&seed), "f23f60942e2b47abe9937c7223d8eb82");
        assert_eq!([0, 19].map(|at| seal.name(&seed, at).as_str().to_owned()), ["cktbb39i2bsx", "xq5res3rzssh"]);
        assert_eq!(seal.manage_key(&seed, 1, b"order"), "0724fbf1b0a02ff531217b5fc4c4fbb2");
        assert_eq!(hex(&hash_manage_key("key")), "2c70e12b7a0646f92279f427c7b38e73");
        let sealed = "60bbd06439cd0d07b431b310025088c01d2e5724c6df16cdc4635540a4309d0aed1290c75aa9a64f21864d0be9258761";
        assert_eq!(hex(&seal.seal(&alias, &target).unwrap()), sealed);
        let sealed = HEXLOWER.decode(sealed.as_bytes()).unwrap();
        assert!(seal.open_address(&alias, &sealed) == Some(target));
    }
}
