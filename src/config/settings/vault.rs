//! For the vault, the role that keeps the table of aliases.

use super::{RestartKeys, Secret, restart_settings};
use crate::alias::{Caps, Domain, RealAddress};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Days for which a token may be good at the most.
pub const MAX_TOKEN_DAYS: u32 = 3_650;

restart_settings! {
    /// What takes a restart: the store and the key are opened before the walls stand.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Fixed {
        /// Which store.
        [by_key] pub store: Store,
        /// Where the server key lies; made on first start.
        ["key_file under [store]"] pub key_file: PathBuf,
        /// How long a ticket may be spent: as long as a transaction may last.
        [derived] pub ticket_lifetime: Duration,
        /// How long a spent use may be given back: as long as the next host may take to refuse the message.
        [derived] pub unsettled_lifetime: Duration,
        /// How long requests under way may go on after SIGTERM.
        ["drain"] pub drain_timeout: Duration,
    }
}

/// What a reload changes, for the requests that come from then on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// This host's name, to tell what is ours.
    pub hostname: String,
    /// Where aliases live; the first is the default.
    pub domains: Vec<Domain>,
    /// Tickets that one `smtp` process may have at the same time.
    pub max_tickets: usize,
    /// What a visitor may ask for at the most.
    pub caps: Caps,
    /// Aliases for one real address in a day; 0 is unlimited.
    pub creations_per_address: u32,
    /// Aliases of one real address at the same time; 0 is unlimited.
    pub alive_per_address: u32,
    /// E-mails that tempalias itself sends in a day in all; 0 is unlimited.
    pub emails_per_day: u32,
    /// E-mails that tempalias itself sends to one real address in a day.
    pub emails_per_address: u32,
    /// Local parts of role addresses, in lower case: no alias is made for them.
    pub reserved: Vec<String>,
    /// Whether the target must confirm before an alias lives or a token is handed out.
    pub confirm: bool,
    /// The site's address, for links in e-mails.
    pub site: String,
    /// Tokens of other epochs are void.
    pub token_epoch: u32,
    /// Days for which a token is good.
    pub token_days: u32,
    /// The administrator's mailbox, for mail to postmaster@ and abuse@.
    pub postmaster: Option<RealAddress>,
    /// How reverse-paths are rewritten.
    pub reverse_path: ReversePath,
}

/// Where the table is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Store {
    /// One file on this host.
    Redb {
        /// Its path.
        path: PathBuf,
    },
    /// Redis or Valkey, shared by several hosts.
    Redis(Redis),
}

impl RestartKeys for Store {
    fn changed_keys(&self, new: &Self) -> Vec<&'static str> {
        match (self, new) {
            (Self::Redis(old), Self::Redis(new)) => old.changed_keys(new),
            _ if self == new => Vec::new(),
            _ => vec!["url under [store]"],
        }
    }
}

restart_settings! {
    /// How to reach a Redis.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Redis {
        /// One URL for each node named, which may hold a password; more than one for Cluster and Sentinel.
        ["url under [store]"] pub nodes: Vec<Secret>,
        /// How the nodes belong together.
        ["url under [store]"] pub topology: Topology,
        /// Replicas that must have a spent use before the message goes on (WAIT); 0 is none.
        ["min_replicas under [store]"] pub min_replicas: u32,
        /// How long one step may take.
        ["timeout under [store]"] pub timeout: Duration,
        /// Certificates of the authorities that vouch for it, in PEM; read for rediss:// only.
        ["ca_file under [store]"] pub ca_file: PathBuf,
    }
}

/// How Redis nodes belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topology {
    /// One server.
    Single,
    /// Redis Cluster.
    Cluster,
    /// Sentinels that know the named master.
    Sentinel {
        /// The master's name.
        master: String,
    },
}

/// What becomes of the sender's reverse-path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReversePath {
    /// An address of ours made by the Sender Rewriting Scheme: a late bounce, which holds the real
    /// address, comes to us and not to the sender.
    Srs,
    /// As it is. A late bounce shows the real address to the sender.
    Keep,
}
