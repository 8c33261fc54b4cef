//! Keys and sealing: what makes a stolen table useless (P7).
//!
//! 1. The server key is 32 random octets in a file of its own, made on the first start.
//! 2. HKDF-SHA256 (RFC 5869) derives one subkey for each use from it.
//! 3. An alias is found under HMAC(table subkey, `name@domain`).
//! 4. Its real address is sealed with ChaCha20-Poly1305 (RFC 8439) under a key derived from the
//!    server key *and* `name@domain`: the key alone opens nothing.

use super::engine::{Key, Owner};
use crate::alias::{AliasAddress, RealAddress};
use crate::role::Fatal;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hkdf, hmac};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

const KEY_LEN: usize = 32;

/// Sealed addresses are padded to a multiple of this, so that their length tells little.
const PAD: usize = 16;

/// What the vault derives from its server key.
pub(super) struct Seal {
    table: hmac::Key,
    owner: hmac::Key,
    srs: hmac::Key,
    address: hkdf::Prk,
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

    fn new(key: &[u8; KEY_LEN], random: SystemRandom) -> Result<Self, Fatal> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tempalias server key 1").extract(key);
        let subkey = |use_: &[u8]| -> Result<[u8; KEY_LEN], Fatal> {
            let mut out = [0; KEY_LEN];
            expand(&prk, &[use_], &mut out).map_err(no_cryptography)?;
            Ok(out)
        };
        let mac = |use_: &[u8]| Ok::<_, Fatal>(hmac::Key::new(hmac::HMAC_SHA256, &subkey(use_)?));
        let fingerprint = truncate(&subkey(b"fingerprint")?);
        Ok(Self { table: mac(b"table")?, owner: mac(b"owner")?, srs: mac(b"srs")?, address: prk, fingerprint, random })
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

    /// Seals the real address of an alias.
    pub(super) fn seal(&self, alias: &AliasAddress, address: &RealAddress) -> Option<Box<[u8]>> {
        let text = address.expose().as_bytes();
        let mut octets = Vec::with_capacity(1 + text.len() + PAD + 16);
        octets.push(u8::try_from(text.len()).ok()?);
        octets.extend_from_slice(text);
        octets.resize(octets.len().next_multiple_of(PAD), 0);
        self.address_key(alias)?.seal_in_place_append_tag(nonce(), Aad::empty(), &mut octets).ok()?;
        Some(octets.into())
    }

    /// Opens what [`Seal::seal`] has sealed for the same alias.
    pub(super) fn open_address(&self, alias: &AliasAddress, sealed: &[u8]) -> Option<RealAddress> {
        let mut octets = sealed.to_vec();
        let plain = self.address_key(alias)?.open_in_place(nonce(), Aad::empty(), &mut octets).ok()?;
        let (length, text) = plain.split_first()?;
        RealAddress::parse(std::str::from_utf8(text.get(..usize::from(*length))?).ok()?).ok()
    }

    fn address_key(&self, alias: &AliasAddress) -> Option<LessSafeKey> {
        let mut key = [0; KEY_LEN];
        expand(&self.address, &[b"address", alias.as_str().as_bytes()], &mut key).ok()?;
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

/// Each key seals one address once in its life, so the nonce may be constant and need not be stored.
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
