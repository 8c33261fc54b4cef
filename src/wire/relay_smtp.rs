//! relay ← smtp: connections that carry transactions one after the other, for any mail session.
//!
//! `Begin`, `Recipient`…, then `Chunk`… and `End`, or at any point `Abort`. Each `Recipient` gets one [`Verdict`], in
//! order. A transaction of which a `Chunk` or `End` was sent gets one more, for the message; it may come before `End`
//! (the relay has given up and reads on only to stay in step). `Abort` gets none, and makes void every verdict still
//! due: [`ToSmtp::Aborted`] marks the place.

use super::Ticket;
use serde::{Deserialize, Serialize, Serializer};
use std::net::IpAddr;

/// Octets of message content in one [`ToRelay::Chunk`] at the most.
pub const MAX_CHUNK_OCTETS: usize = 32 * 1024;

/// From `smtp`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToRelay<'a> {
    /// MAIL: the transaction's envelope so far.
    Begin {
        /// Without angle brackets; empty for the null path.
        reverse_path: &'a str,
        /// SIZE as declared by the client (RFC 1870), if it was.
        size: Option<u64>,
        /// BODY=8BITMIME (RFC 6152).
        eight_bit: bool,
        /// SMTPUTF8 (RFC 6531).
        utf8: bool,
        /// Who wants a connection to the next host.
        client: ClientNetwork,
    },
    /// RCPT: one more recipient.
    Recipient {
        /// Redeemed by the relay.
        ticket: Ticket,
    },
    /// Message content: complete or partial lines, CRLF line ends, no dot-stuffing.
    Chunk(#[serde(serialize_with = "octets")] &'a [u8]),
    /// The message is complete.
    End,
    /// Forget the transaction; nothing of it is delivered.
    Abort,
}

/// Where a client is, so that connections to a next host can be shared among networks. Relay compares these, and has no
/// other use for them. They are not hashed: relay reads the client's address in the message's `Received` anyway, and all
/// processes of `smtp` must say the same of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientNetwork {
    /// An IPv4 address's /24, or an IPv6 address's /48, which is what one site gets at the most (RFC 6177).
    pub network: u64,
    /// Within it an IPv4 address, or an IPv6 address's /64.
    pub address: u64,
}

impl From<IpAddr> for ClientNetwork {
    fn from(peer: IpAddr) -> Self {
        match peer.to_canonical() {
            // No IPv6 network begins with 32 zero bits: ::/8 is reserved (RFC 4291 §2.4).
            IpAddr::V4(v4) => Self { network: u64::from(v4.to_bits() & !0xff), address: u64::from(v4.to_bits()) },
            IpAddr::V6(v6) => {
                let address = (v6.to_bits() >> 64) as u64;
                Self { network: address & !0xffff, address }
            }
        }
    }
}

/// In one piece; serde would write a slice octet by octet.
fn octets<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(octets)
}

/// To `smtp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToSmtp {
    /// About one recipient, or about the message.
    Verdict(Verdict),
    /// In answer to `Abort`.
    Aborted,
}

/// The class and codes of the next host's reply, or our own. Never its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Reply code of RFC 5321 §4.2, 200 to 599; never 221 or 421, which speak about a connection
    /// that is not the client's.
    pub code: u16,
    /// Enhanced status code of RFC 3463: class, subject, detail.
    pub enhanced: (u8, u16, u16),
    /// Whose judgement it is.
    pub origin: Origin,
}

/// Who made a [`Verdict`], so that the client gets fitting words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The next host answered.
    NextHost,
    /// The next host could not be reached, or was lost.
    NoNextHost,
    /// The client sends slowly, and others wait for the connection that its message keeps.
    TooSlow,
    /// The next host does not take mail from this host: its administrator has to see to it, and no sender.
    RefusesUs,
    /// The next host lacks an extension the message needs.
    Unsupported,
    /// Every use of the alias is spent, and one of them may still be given back.
    Busy,
    /// The alias is dead by now: the client reads what it reads about an unknown recipient.
    Dead,
    /// The sender is one of ours only in name.
    Forged,
    /// The vault did not answer, or one of several recipients is [`Self::Busy`] or [`Self::Dead`].
    NoVault,
    /// The recipient does not fit into this transaction: its next host is another, or it needs another MAIL.
    OtherTransaction,
}

impl Verdict {
    /// Whether the recipient or message was taken.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_clients() {
        let of = |text: &str| ClientNetwork::from(text.parse::<IpAddr>().unwrap());
        for (one, two, same_network, same_address) in [
            ("192.0.2.1", "192.0.2.1", true, true),
            ("192.0.2.1", "::ffff:192.0.2.1", true, true),
            ("192.0.2.1", "192.0.2.2", true, false),
            ("192.0.2.1", "192.0.3.1", false, false),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true, true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", true, false),
            ("2001:db8:1::1", "2001:db8:2::1", false, false),
            ("::1", "127.0.0.1", false, false),
        ] {
            let (one, two) = (of(one), of(two));
            assert_eq!((one.network == two.network, one.address == two.address), (same_network, same_address));
        }
    }
}
