//! The server key: the file it is kept in, and the keys that are derived from it.
//!
//! 1. The server key is 32 random octets in a file of its own, made on the first start.
//! 2. Nothing uses it directly. HKDF-SHA256 (RFC 5869) derives a key for each purpose from it: the keyed hashes of
//!    [`super::hashes`], and one key for each content that [`super::seal`] seals.

use crate::runtime::Fatal;
use ring::error::Unspecified;
use ring::hkdf;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Octets of the server key, and of each key that is derived from it.
pub(super) const KEY_LENGTH: usize = 32;

/// The salt of HKDF-Extract. Another one would make every table and every token void.
const SALT: &[u8] = b"tempalias server key 1";

/// The server key, in the form in which others are derived from it.
pub(super) struct ServerKey {
    prk: hkdf::Prk,
    fingerprint: [u8; 16],
}

impl ServerKey {
    /// Reads the key from its file, or makes both where there is no file.
    ///
    /// # Errors
    /// [`Fatal::File`] if it cannot be read or made, if others can read it, or if it is no key.
    pub(super) fn open(path: &Path) -> Result<Self, Fatal> {
        match Self::read(path)? {
            Some(key) => Ok(key),
            None => {
                let (key, octets) = Self::generate()?;
                Self::write(path, &octets)?;
                Ok(key)
            }
        }
    }

    /// Reads the key from its file; `None` if there is no file.
    ///
    /// # Errors
    /// [`Fatal::File`] if it cannot be read, if others can read it, or if it is no key.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Fatal> {
        let unusable = |what: String| Fatal::File { path: path.to_owned(), what };
        match File::open(path) {
            Ok(file) => {
                let key = read(file, path).map_err(unusable)?;
                Ok(Some(Self::new(&key).map_err(no_cryptography)?))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(unusable(format!("cannot be read ({e}); it must belong to the user that runs tempalias"))),
        }
    }

    /// A new key, and its octets, which are in no file yet.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn generate() -> Result<(Self, [u8; KEY_LENGTH]), Fatal> {
        let octets = random().map_err(no_cryptography)?;
        Ok((Self::new(&octets).map_err(no_cryptography)?, octets))
    }

    /// Writes the octets of a new key to its file, durably. There must be no file yet.
    ///
    /// # Errors
    /// [`Fatal::File`] if it cannot be made.
    pub(super) fn write(path: &Path, octets: &[u8; KEY_LENGTH]) -> Result<(), Fatal> {
        write(path, octets).map_err(|e| Fatal::File {
            path: path.to_owned(),
            what: format!("cannot be made ({e}); its directory must belong to the user that runs tempalias"),
        })
    }

    /// Whether the file is one of systemd's credentials (systemd.exec(5), `LoadCredential=`).
    pub(super) fn is_credential(path: &Path) -> bool {
        std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|dir| path.starts_with(dir))
    }

    /// The key that these octets are.
    ///
    /// # Errors
    /// Of the cryptographic library; there is no cause that is known.
    pub(super) fn new(key: &[u8; KEY_LENGTH]) -> Result<Self, Unspecified> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(key);
        let mut server_key = Self { prk, fingerprint: [0; 16] };
        let fingerprint = server_key.derive(&[b"fingerprint"])?;
        server_key.fingerprint.copy_from_slice(&fingerprint[..16]);
        Ok(server_key)
    }

    /// The key for the purpose that `info` tells, all its parts taken together (HKDF-Expand, RFC 5869 §2.3).
    ///
    /// # Errors
    /// As [`ServerKey::new`].
    pub(super) fn derive(&self, info: &[&[u8]]) -> Result<[u8; KEY_LENGTH], Unspecified> {
        let mut key = [0; KEY_LENGTH];
        self.prk.expand(info, KeyLength)?.fill(&mut key)?;
        Ok(key)
    }

    /// Tells one server key from another without revealing it. The table holds it.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }
}

/// Random octets from the system.
///
/// # Errors
/// The system gives none.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Unspecified> {
    let mut octets = [0; N];
    SystemRandom::new().fill(&mut octets)?;
    Ok(octets)
}

/// An error of the cryptographic library says no more than that there is one.
pub(super) fn no_cryptography(_: Unspecified) -> io::Error {
    io::Error::other("the system gives no random numbers")
}

/// For ring: how long a derived key is.
struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_LENGTH
    }
}

/// The key in a file that nobody else can read; or what is wrong with the file, and what to do.
fn read(mut file: File, path: &Path) -> Result<[u8; KEY_LENGTH], String> {
    let mode = file.metadata().map_err(|e| e.to_string())?.permissions().mode();
    // systemd lets its user read a credential by an access list, which the mode shows as the group's.
    if mode & 0o077 != 0 && !ServerKey::is_credential(path) {
        return Err("can be read by others; run: chmod 600 on it, and think of it as known to them".to_owned());
    }
    let mut key = [0; KEY_LENGTH];
    let is_whole = file.read_exact(&mut key).is_ok() && file.read(&mut [0]).is_ok_and(|n| n == 0);
    if !is_whole {
        return Err(
            "is not a server key of 32 octets; restore it from a backup, or move it and the table away to begin anew"
                .to_owned(),
        );
    }
    Ok(key)
}

fn write(path: &Path, key: &[u8; KEY_LENGTH]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key)?;
    file.sync_all()
}
