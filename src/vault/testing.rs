//! What `crate::testing` shows of the vault.

use super::hashes::KeyedHashes;
use super::keys::{KEY_LENGTH, ServerKey, no_cryptography};
use super::srs;
use crate::alias::{Domain, Time};
use crate::runtime::Fatal;

/// Rewrites reverse-paths under a server key of its own, always the same.
pub struct SenderRewriter {
    hashes: KeyedHashes,
    ours: Domain,
}

impl SenderRewriter {
    /// A rewriter into the domain `ours.example`.
    ///
    /// # Errors
    /// The cryptography does not work.
    pub fn new() -> Result<Self, Fatal> {
        let ours = Domain::parse("ours.example").map_err(std::io::Error::other)?;
        let key = ServerKey::new(&[7; KEY_LENGTH]).map_err(no_cryptography)?;
        Ok(Self { hashes: KeyedHashes::new(&key)?, ours })
    }

    /// The reverse-path that stands for `reverse_path` at this time, without angle brackets; empty is the null path.
    pub fn rewrite(&self, reverse_path: &str, now: Time) -> String {
        srs::rewrite(reverse_path, &self.ours, &self.hashes, now)
    }
}
