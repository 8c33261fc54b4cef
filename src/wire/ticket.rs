//! The capability that stands for "one message to this alias".

use std::fmt;

/// 128 random bits, single use, bound by the vault to one alias and a deadline.
///
/// It is all that the process at port 25 ever holds of a recipient's real address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Ticket([u8; 16]);

impl Ticket {
    /// A ticket made of fresh random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, as a key in a shared table.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A ticket is a secret.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}
