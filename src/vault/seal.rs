//! Sealing: authenticated encryption (AEAD) of real addresses in the table, and of capabilities in people's hands.
//!
//! ChaCha20-Poly1305 (RFC 8439), under a key of its own for each content, derived from the server key and a text that
//! names the content. For a real address that text is `name@domain` of its alias: the server key alone opens nothing
//! in a stolen table (P7).

use super::keys::ServerKey;
use crate::alias::{AliasAddress, RealAddress};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Sealed addresses are padded to a multiple of so many octets, so that their length tells little.
const ADDRESS_PADDING: usize = 16;

/// What the derived keys of sealed addresses begin with.
const ADDRESS: &[u8] = b"address";

/// Seals and opens under the server key.
pub(super) struct Seal {
    server_key: ServerKey,
}

impl Seal {
    pub(super) fn new(server_key: ServerKey) -> Self {
        Self { server_key }
    }

    /// Seals the real address of an alias.
    pub(super) fn seal_address(&self, alias: &AliasAddress, address: &RealAddress) -> Option<Box<[u8]>> {
        let text = address.expose().as_bytes();
        let mut content = Vec::with_capacity(1 + text.len() + ADDRESS_PADDING + CHACHA20_POLY1305.tag_len());
        content.push(u8::try_from(text.len()).ok()?);
        content.extend_from_slice(text);
        content.resize(content.len().next_multiple_of(ADDRESS_PADDING), 0);
        self.seal(&[ADDRESS, alias.as_str().as_bytes()], &mut content)?;
        Some(content.into())
    }

    /// Opens what [`Seal::seal_address`] has sealed for the same alias.
    pub(super) fn open_address(&self, alias: &AliasAddress, sealed: &[u8]) -> Option<RealAddress> {
        let content = self.open(&[ADDRESS, alias.as_str().as_bytes()], sealed)?;
        let (length, text) = content.split_first()?;
        RealAddress::parse_stored(std::str::from_utf8(text.get(..usize::from(*length))?).ok()?).ok()
    }

    /// Seals in place, under the key that `info` names. No two contents may have the same `info`.
    pub(super) fn seal(&self, info: &[&[u8]], content: &mut Vec<u8>) -> Option<()> {
        self.content_key(info)?.seal_in_place_append_tag(nonce(), Aad::empty(), content).ok()
    }

    /// Opens what [`Seal::seal`] has sealed under the same `info`.
    pub(super) fn open(&self, info: &[&[u8]], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut content = sealed.to_vec();
        let length = self.content_key(info)?.open_in_place(nonce(), Aad::empty(), &mut content).ok()?.len();
        content.truncate(length);
        Some(content)
    }

    fn content_key(&self, info: &[&[u8]]) -> Option<LessSafeKey> {
        let key = self.server_key.derive(info).ok()?;
        UnboundKey::new(&CHACHA20_POLY1305, &key).ok().map(LessSafeKey::new)
    }
}

/// Each key seals one content once in its life, so the nonce may be constant and need not be stored.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::Domain;
    use data_encoding::HEXLOWER;

    #[test]
    fn sealed_addresses_stay_as_they_are() {
        let seal = Seal::new(ServerKey::new(&[7; 32]).unwrap());
        let domains = [Domain::parse("example.org").unwrap()];
        let alias = AliasAddress::parse("name@example.org", &domains).unwrap();
        let target = RealAddress::parse_new("Someone+shop@Real.example").unwrap();
        let sealed = seal.seal_address(&alias, &target).unwrap();
        assert_eq!(
            HEXLOWER.encode(&sealed),
            "60bbd06439cd0d07b431b310025088c01d2e5724c6df16cdc4635540a4309d0aed1290c75aa9a64f21864d0be9258761"
        );
        assert!(seal.open_address(&alias, &sealed) == Some(target));
        let other = AliasAddress::parse("other@example.org", &domains).unwrap();
        assert!(seal.open_address(&other, &sealed).is_none());
    }
}
