//! Capabilities: sealed texts that say what their bearer may do, so that nothing of it is stored. Tokens and the links
//! in notifications are capabilities.
//!
//! 1. The content is a [`Capability`] in the encoding of postcard, padded to a multiple of 32 octets, so that its
//!    length tells little of the address in it. The order of variants and fields is that encoding: it never changes.
//! 2. It is sealed under a key derived from the server key and 16 random octets (the salt): each key seals once.
//! 3. Salt and sealed content are spelled in base64url (RFC 4648 §5) without padding. Tokens, which people paste into
//!    other programs, begin with `ta_`, so that they are told from other secrets.

use super::hashes::Seed;
use super::keys::random;
use super::seal::Seal;
use super::store::Owner;
use crate::alias::{Domain, RealAddress, Time};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// With what a token begins.
const TOKEN_PREFIX: &str = "ta_";

/// Octets of the salt.
const SALT_LENGTH: usize = 16;

/// The content is padded to a multiple of so many octets.
const PADDING: usize = 32;

/// What the derived keys of sealed capabilities begin with.
const CAPABILITY: &[u8] = b"capability";

/// What may be done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Capability {
    /// Make aliases.
    Token(Token),
    /// Make those aliases live that came of this seed.
    Activate {
        /// From which their names and keys are derived.
        seed: Seed,
        /// Where they are.
        domain: Domain,
        /// How many.
        count: u8,
        /// When the link was made, Unix seconds.
        made: u32,
    },
    /// Be given this token.
    HandOut(Token),
    /// Have the target refused forever.
    OptOut(Owner),
    /// Take that back.
    OptIn {
        /// Whose.
        owner: Owner,
        /// When the link was made, Unix seconds.
        made: u32,
    },
    /// [`Self::OptOut`] of a person whom an older version knew by other hashes, too.
    OptOutOfAll(Vec<Owner>),
    /// [`Self::OptIn`] likewise.
    OptInOfAll {
        /// Whose.
        owners: Vec<Owner>,
        /// When the link was made, Unix seconds.
        made: u32,
    },
}

impl Capability {
    /// Has the person with these hashes refused forever.
    pub(super) fn opt_out(owners: Vec<Owner>) -> Self {
        match owners[..] {
            [owner] => Self::OptOut(owner),
            _ => Self::OptOutOfAll(owners),
        }
    }

    /// Takes that back; good from `made` on.
    pub(super) fn opt_in(owners: Vec<Owner>, made: u32) -> Self {
        match owners[..] {
            [owner] => Self::OptIn { owner, made },
            _ => Self::OptInOfAll { owners, made },
        }
    }
}

/// The right to make aliases for one target.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    /// Tells it from all others, so that it can be revoked singly.
    pub(super) id: [u8; 16],
    /// Tokens of other epochs than the configured one are void.
    pub(super) epoch: u32,
    /// For whom.
    pub(super) target: RealAddress,
    /// Where, unless another domain is asked for.
    pub(super) domain: Domain,
    /// Days of each alias.
    pub(super) days: Option<u32>,
    /// Messages of each alias.
    pub(super) max_usage: Option<u32>,
    /// When it was made, Unix seconds.
    pub(super) made: u32,
    /// When it ends, Unix seconds.
    pub(super) until: u32,
    /// Whether the target has asked for it.
    pub(super) confirmed: bool,
}

/// Spells a capability.
pub(super) fn spell(seal: &Seal, capability: &Capability) -> Option<String> {
    let salt: [u8; SALT_LENGTH] = random().ok()?;
    let mut content = postcard::to_allocvec(capability).ok()?;
    content.resize(content.len().next_multiple_of(PADDING), 0);
    seal.seal(&[CAPABILITY, &salt], &mut content)?;
    let spelled = BASE64URL_NOPAD.encode(&[&salt[..], &content].concat());
    Some(if matches!(capability, Capability::Token(_)) { format!("{TOKEN_PREFIX}{spelled}") } else { spelled })
}

/// The capability that a text spells, if it was spelled under this server key.
pub(super) fn read(seal: &Seal, text: &str) -> Option<Capability> {
    let octets = BASE64URL_NOPAD.decode(text.strip_prefix(TOKEN_PREFIX).unwrap_or(text).as_bytes()).ok()?;
    let (salt, sealed) = octets.split_first_chunk::<SALT_LENGTH>()?;
    let content = seal.open(&[CAPABILITY, salt], sealed)?;
    // What is left is padding.
    postcard::take_from_bytes(&content).ok().map(|(capability, _)| capability)
}

/// A time as capabilities hold it: Unix seconds until 2106.
pub(super) fn seconds(time: Time) -> u32 {
    u32::try_from(time).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::keys::ServerKey;

    fn seal(key: u8) -> Seal {
        Seal::new(ServerKey::new(&[key; 32]).unwrap())
    }

    fn token(target: &str) -> Capability {
        Capability::Token(Token {
            id: [7; 16],
            epoch: 1,
            target: RealAddress::parse_new(target).unwrap(),
            domain: Domain::parse("example.org").unwrap(),
            days: Some(3),
            max_usage: None,
            made: 1_800_000_000,
            until: 1_900_000_000,
            confirmed: false,
        })
    }

    #[test]
    fn only_what_was_spelled_here_is_read() {
        let (ours, other) = (seal(1), seal(2));
        let token = token("someone@real.example");
        let spelled = spell(&ours, &token).unwrap();
        assert!(spelled.starts_with("ta_") && !spelled.contains("real"));
        assert!(read(&ours, &spelled).is_some_and(|found| found == token));
        assert!(read(&other, &spelled).is_none());
        assert_ne!(spell(&ours, &token).unwrap(), spelled);
        for at in 3..spelled.len() {
            let mut octets = spelled.clone().into_bytes();
            octets[at] = if octets[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(octets).unwrap();
            assert!(forged == spelled || read(&ours, &forged).is_none(), "{at}");
        }
        for nonsense in ["", "ta_", "ta_AAAA", "a b", "\u{e9}"] {
            assert!(read(&ours, nonsense).is_none());
        }
    }

    #[test]
    fn the_length_tells_little() {
        let seal = seal(1);
        let length =
            |octets: usize| spell(&seal, &token(&format!("{}@real.example", "a".repeat(octets)))).unwrap().len();
        let lengths: std::collections::BTreeSet<usize> = (1..=48).map(length).collect();
        assert!(lengths.len() <= 3, "{lengths:?}");
    }

    /// What an earlier version has spelled is read: people have it in their mail and in other programs.
    #[test]
    fn what_was_spelled_earlier_is_read() {
        let seal = seal(7);
        let Capability::Token(token) = token("Someone+shop@Real.example") else { panic!() };
        let token = Token { id: [1; 16], epoch: 2, confirmed: true, ..token };
        let domain = Domain::parse("example.org").unwrap();
        for (spelled, expected) in [
            (
                "ta_f7UFfAOpyEmYdtvzE9ZEfP-50GqYoL_-kwVLwmHx5syoMmkxBpKOByYG2uKzDLE32UdJycx7EJGXjnbV8BnZZskMSMqwHEn-GPQNukrwzOrzulttxwjRP2WhBq1prNaE-bgiJBRj1_u33LtWTlTeggDTJCgvYWJzN7doscPjcb4",
                Capability::Token(token.clone()),
            ),
            (
                "Ic2SfoTNcDj75e16BFOMv9LeQAxNQmplaT4dYuKLIA8Zr357tLNlJ_VP102Pm9NOzrV5Jq2kP8bIZSSuDNbDdrSQZtsJEJe1uQdGxExFDy0GN4JNVfjRUEt8TQFHSPX7",
                Capability::Activate { seed: [2; 16], domain, count: 3, made: 1_800_000_000 },
            ),
            (
                "KdyUcpcPW5SWHaYmZOvck1iBiu9I3jf54eLPdEVK9XYU4P4WEgthJJCZp_Ms2QZd_belcJZaptcjcXjL1THTobPSjCg2g9rCu1x1ZTLH6Wt3Hl55sm_S45W53oykwqs0QEDCd_m3_uVt9G2DVAvlxQnhs8NeOdOmrih-yqnbjSk",
                Capability::HandOut(token),
            ),
            (
                "8idyMF18hjFqyvPbdUggquaxB55_f5o6OfJ8BuyUgPsJhKfKS0fTpEupZL4RJRy8BcfLDa61tSpULqp_YwmzBA",
                Capability::OptOut([4; 16]),
            ),
            (
                "uwo69uA-AvdY8XbSbxKgCxQecAgaOFSxP--ErIe5h9C-A1ZO7oydFAVKfZdOLeMSl3qGcftUbqFCsJX-4jz7qw",
                Capability::OptIn { owner: [5; 16], made: 1_800_000_000 },
            ),
        ] {
            assert!(read(&seal, spelled) == Some(expected), "{spelled}");
        }
    }
}
