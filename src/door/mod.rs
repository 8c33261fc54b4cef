//! The doors between the processes: Unix stream sockets that carry frames of [`crate::wire`].
//!
//! 1. The monitor binds each door in the runtime directory and hands it to its owner.
//! 2. A caller connects by path; the owner lets in only the process the door was made for, known
//!    by the pid that the kernel vouches for (`SO_PEERCRED`).
//! 3. On a door of questions and answers, each request carries a number and its answer the same:
//!    many callers' tasks share one connection, and what is ready at the same time travels together.

mod caller;
mod listener;
mod once;
mod outgoing;
mod server;
mod soon;

pub use crate::sys::stream::Stream;
pub use caller::{Caller, Gone};
pub use listener::Listener;
pub use once::ask_once;
pub use server::serve;
pub use soon::Soon;

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The edges of the picture in DESIGN.md §3, each named by its owner and its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Door {
    /// [`crate::wire::smtp`].
    VaultSmtp,
    /// [`crate::wire::relay`].
    VaultRelay,
    /// [`crate::wire::web`].
    VaultWeb,
    /// [`crate::wire::admin`].
    Admin,
    /// [`crate::wire::mail`].
    RelaySmtp,
}

impl Door {
    /// Every door.
    pub const ALL: [Self; 5] = [Self::VaultSmtp, Self::VaultRelay, Self::VaultWeb, Self::Admin, Self::RelaySmtp];

    /// The name of its socket, in `LISTEN_FDNAMES` and in the file system.
    pub fn name(self) -> &'static str {
        match self {
            Self::VaultSmtp => "vault-smtp",
            Self::VaultRelay => "vault-relay",
            Self::VaultWeb => "vault-web",
            Self::Admin => "admin",
            Self::RelaySmtp => "relay-smtp",
        }
    }

    /// Where its socket lies.
    pub fn path(self, runtime_dir: &Path) -> PathBuf {
        runtime_dir.join(self.file())
    }

    /// The name of its socket in the runtime directory, which is every role's working directory.
    pub fn file(self) -> PathBuf {
        Path::new(self.name()).with_extension("sock")
    }

    /// Whether it opens to people, not to one of our own processes.
    pub fn is_for_people(self) -> bool {
        self == Self::Admin
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
