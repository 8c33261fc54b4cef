//! The doors between the processes: connected Unix sockets that carry frames of [`crate::wire`].
//!
//! 1. The monitor makes a pair of sockets for each caller and each door it may go through, and hands the ends to
//!    caller and owner: who has no end cannot come through, and nobody can make one.
//! 2. On a door of questions and answers, each request carries a number and its answer the same:
//!    many callers' tasks share one connection, and what is ready at the same time travels together.
//! 3. The door for mail is a slot: `smtp` puts in one end of a new pair for each message that is under way at the
//!    same time, and some `relay` takes it out.
//! 4. The administrator's door alone has a place in the file system, and lets in whom its mode does but our own.

mod admin;
mod call_once;
mod client;
mod maybe_ready;
mod send_buffer;
mod server;

pub use crate::sys::passing::{SlotIn, SlotOut};
pub use crate::sys::stream::Stream;
pub use admin::AdminListener;
pub use call_once::call_once;
pub use client::{Disconnected, RpcClient};
pub use maybe_ready::MaybeReady;
pub use server::{RpcServer, serve};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The edges of the picture in docs/design.md §3, each named by its owner and its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Door {
    /// [`crate::wire::vault_smtp`].
    VaultSmtp,
    /// [`crate::wire::vault_relay`].
    VaultRelay,
    /// [`crate::wire::vault_web`].
    VaultWeb,
    /// [`crate::wire::vault_admin`].
    VaultAdmin,
    /// [`crate::wire::relay_smtp`].
    RelaySmtp,
    /// [`crate::wire::relay_web`].
    RelayWeb,
}

impl Door {
    /// The name of its sockets in `LISTEN_FDNAMES`.
    pub fn name(self) -> &'static str {
        match self {
            Self::VaultSmtp => "vault-smtp",
            Self::VaultRelay => "vault-relay",
            Self::VaultWeb => "vault-web",
            Self::VaultAdmin => "admin",
            Self::RelaySmtp => "relay-smtp",
            Self::RelayWeb => "relay-web",
        }
    }

    /// Whether it is a pair of sockets for each caller; the others are shared by all of a role.
    pub fn is_pairs(self) -> bool {
        !matches!(self, Self::VaultAdmin | Self::RelaySmtp)
    }

    /// Where its socket lies, if it is one for people.
    pub fn path(self, runtime_dir: &Path) -> PathBuf {
        runtime_dir.join(self.name()).with_extension("sock")
    }
}

/// A request or an answer with its number; a request without one wants no answer.
#[derive(Serialize, Deserialize)]
struct Numbered<T> {
    number: Option<u32>,
    body: T,
}

#[cfg(test)]
mod tests;
