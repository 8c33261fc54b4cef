//! What each role is told: its slice of the configuration, and no more. One file a role.
//!
//! `smtp`, `relay` and `web` get nothing that names a person; the vault alone gets the store's
//! address (which may hold a password) and the administrator's mailbox.
//!
//! The types decide what a reload changes. A role is told its `Fixed` once, when it starts: its walls, its
//! descriptors or another role depend on it. It is told its `Live` again with every reload.

pub mod monitor;
pub mod relay;
mod secret;
pub mod smtp;
pub mod vault;
pub mod web;

pub use secret::Secret;

/// What one role is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<Fixed, Live> {
    /// What stays as it was when the daemon started.
    pub fixed: Fixed,
    /// What a reload changes, for what begins from then on.
    pub live: Live,
}

impl<Fixed: Clone, Live> Slice<Fixed, Live> {
    /// This with all of `new` that can be changed while the daemon runs.
    pub(super) fn reloaded(&self, new: Self) -> Self {
        Self { fixed: self.fixed.clone(), live: new.live }
    }
}

impl<Fixed: RestartKeys, Live> RestartKeys for Slice<Fixed, Live> {
    fn changed_keys(&self, new: &Self) -> Vec<&'static str> {
        self.fixed.changed_keys(&new.fixed)
    }
}

/// Settings that take a restart, or hold some that do.
pub(super) trait RestartKeys {
    /// The keys of the file, as the log names them, whose settings differ in `new`.
    fn changed_keys(&self, new: &Self) -> Vec<&'static str>;
}

/// Declares a `struct` of settings that take a restart. In front of each field stands how the log names it when it has
/// changed, so that none is forgotten:
///
/// - `["drain"]`: by this key;
/// - `[by_key]`: by the keys within it;
/// - `[derived]`: not at all, because it is computed from other keys that take a restart and are named.
macro_rules! restart_settings {
    (
        $(#[$outer:meta])*
        pub struct $name:ident {
            $( $(#[$inner:meta])* [$($how:tt)+] pub $field:ident: $type:ty, )+
        }
    ) => {
        $(#[$outer])*
        pub struct $name {
            $( $(#[$inner])* pub $field: $type, )+
        }

        impl $crate::config::settings::RestartKeys for $name {
            fn changed_keys(&self, new: &Self) -> Vec<&'static str> {
                let mut keys = Vec::new();
                $( restart_settings!(@changed keys, self.$field, new.$field, $($how)+); )+
                keys
            }
        }
    };
    (@changed $keys:ident, $old:expr, $new:expr, derived) => {};
    (@changed $keys:ident, $old:expr, $new:expr, by_key) => {
        $keys.extend($crate::config::settings::RestartKeys::changed_keys(&$old, &$new));
    };
    (@changed $keys:ident, $old:expr, $new:expr, $key:literal) => {
        if $old != $new {
            $keys.push($key);
        }
    };
}
pub(super) use restart_settings;
