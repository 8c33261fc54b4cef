//! What `crate::testing` shows of the vault.

use super::seal::{KEY_LEN, Seal};
use super::srs;
use crate::alias::{Domain, Time};
use crate::runtime::Fatal;
use ring::rand::SystemRandom;

/// Rewrites reverse-paths under a server key of its own, always the same.
pub struct SenderRewriter {
    seal: Seal,
    ours: Domain,
}

impl SenderRewriter {
    /// A rewriter into the domain `ours.example`.
    ///
    /// # Errors
    /// The cryptography does not work.
    pub fn new() -> Result<Self, Fatal> {
        let ours = Domain::parse("ours.example").map_err(std::io::Error::other)?;
        Ok(Self { seal: Seal::new(&[7; KEY_LEN], SystemRandom::new())?, ours })
    }

    /// The reverse-path that stands for `reverse_path` at this time, without angle brackets; empty is the null path.
    pub fn rewrite(&self, reverse_path: &str, now: Time) -> String {
        srs::rewrite(reverse_path, &self.ours, &self.seal, now)
    }
}
