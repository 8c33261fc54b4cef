//! The table of doors. A new door is one row here, and a module of [`crate::wire`] with what is said at it.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How the two ends of a door are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorKind {
    /// A pair of stream sockets for each process that calls: requests and their answers.
    Rpc,
    /// One pair of sockets for all: callers put connections in, and some process of the owner takes each out.
    Handoff,
    /// A listening socket in the runtime directory, for the administrator.
    Admin,
}

macro_rules! doors {
    ($($(#[$doc:meta])* $door:ident, $name:literal, $kind:ident;)*) => {
        /// A channel between two roles, named after the role that opens it and the role that calls.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Door {
            $($(#[$doc])* $door,)*
        }

        impl Door {
            /// The name of its sockets in `LISTEN_FDNAMES`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$door => $name,)* }
            }

            /// How its ends are connected.
            pub fn kind(self) -> DoorKind {
                match self { $(Self::$door => DoorKind::$kind,)* }
            }
        }
    };
}

doors! {
    /// [`crate::wire::vault_smtp`].
    VaultSmtp, "vault-smtp", Rpc;
    /// [`crate::wire::vault_relay`].
    VaultRelay, "vault-relay", Rpc;
    /// [`crate::wire::vault_web`].
    VaultWeb, "vault-web", Rpc;
    /// [`crate::wire::vault_admin`].
    VaultAdmin, "admin", Admin;
    /// [`crate::wire::relay_smtp`].
    RelaySmtp, "relay-smtp", Handoff;
    /// [`crate::wire::relay_web`].
    RelayWeb, "relay-web", Rpc;
}

impl Door {
    /// The path of its socket, if its kind is [`DoorKind::Admin`].
    pub fn path(self, runtime_dir: &Path) -> PathBuf {
        runtime_dir.join(self.name()).with_extension("sock")
    }
}
