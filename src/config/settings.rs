//! What each role is told: its slice of the configuration, and no more.
//!
//! `smtp`, `relay` and `web` get nothing that names a person; the vault alone gets the store's
//! address (which may hold a password) and the administrator's mailbox.

use crate::alias::{Caps, Domain, RealAddress};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// For the role that hears port 25.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smtp {
    /// For the greeting, replies and `Received`.
    pub hostname: String,
    /// Where aliases live.
    pub domains: Vec<Domain>,
    /// SIZE announced and enforced, in octets of message content.
    pub max_message_size: u64,
    /// Sessions at the same time.
    pub max_sessions: usize,
    /// Sessions at the same time from one address (IPv6: from one /64).
    pub max_sessions_per_address: usize,
    /// Recipients in a transaction (RFC 5321 §4.5.3.1.8: at least 100).
    pub max_recipients: usize,
    /// Commands in a session.
    pub max_commands: u32,
    /// Commands in a session that were refused as wrong, before it is ended.
    pub max_errors: u32,
    /// Unknown recipients in a session, before it is ended.
    pub max_unknown: u32,
    /// How long a client must keep silent before it is greeted; zero looks only at what it has
    /// said already.
    pub greeting_delay: Duration,
    /// Between commands (RFC 5321 §4.5.3.2.7).
    pub command_timeout: Duration,
    /// Between blocks of message content (RFC 5321 §4.5.3.2.5).
    pub data_timeout: Duration,
    /// From the first recipient to the end of the message, all in all.
    pub transaction_timeout: Duration,
    /// How long sessions may go on after SIGTERM.
    pub drain: Duration,
}

/// For the role that connects to the next host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// For EHLO.
    pub hostname: String,
    /// The next host: name or address.
    pub smarthost: Host,
    /// Zones of the block lists that it asks for `web`.
    pub dnsbl: Vec<Domain>,
    /// Connections to it at the same time.
    pub max_connections: usize,
    /// Idle connections kept for the next message.
    pub max_idle: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// TCP connect to one address.
    pub connect_timeout: Duration,
    /// Greeting, EHLO, MAIL, RCPT, RSET (RFC 5321 §4.5.3.2.1 to .3 allow five minutes; a client waits behind us).
    pub command_timeout: Duration,
    /// DATA to its 354 (RFC 5321 §4.5.3.2.4).
    pub data_init_timeout: Duration,
    /// One block of content (RFC 5321 §4.5.3.2.5).
    pub data_block_timeout: Duration,
    /// Final dot to its reply (RFC 5321 §4.5.3.2.6).
    pub data_end_timeout: Duration,
    /// How long messages in flight may go on after SIGTERM.
    pub drain: Duration,
}

/// A host and port to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub name: String,
    /// TCP port.
    pub port: u16,
}

/// Days for which a token may be good at the most.
pub const MAX_TOKEN_DAYS: u32 = 3_650;

/// For the role that keeps the table.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    /// Where aliases live; the first is the default.
    pub domains: Vec<Domain>,
    /// Which store.
    pub store: Store,
    /// Where the server key lies; made on first start.
    pub key_file: PathBuf,
    /// What a visitor may ask for at the most.
    pub caps: Caps,
    /// Aliases for one real address in a day; 0 is unlimited.
    pub creations_per_address: u32,
    /// Aliases of one real address at the same time; 0 is unlimited.
    pub alive_per_address: u32,
    /// Letters of ours in a day in all; 0 is unlimited.
    pub letters: u32,
    /// Letters of ours to one real address in a day.
    pub letters_per_address: u32,
    /// Local parts that belong to offices and not to people: no alias is made for them. In lower case.
    pub reserved: Vec<String>,
    /// Whether the target must confirm before an alias lives or a token is handed out.
    pub confirm: bool,
    /// The site's address in letters.
    pub site: String,
    /// Tokens of other epochs are void.
    pub token_epoch: u32,
    /// Days for which a token is good.
    pub token_days: u32,
    /// Who reads mail to postmaster@ and abuse@.
    pub postmaster: Option<RealAddress>,
    /// How reverse-paths are rewritten.
    pub reverse_path: ReversePath,
    /// How long a ticket is good, and with it the use it holds. Longer than a transaction may last.
    pub ticket_lifetime: Duration,
    /// How long requests under way may go on after SIGTERM.
    pub drain: Duration,
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

/// How to reach a Redis.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redis {
    /// One URL for each node named; more than one for Cluster and Sentinel.
    pub nodes: Vec<String>,
    /// How the nodes belong together.
    pub topology: Topology,
    /// Replicas that must have a spent use before the message goes on (WAIT); 0 is none.
    pub min_replicas: u32,
    /// How long one step may take.
    pub timeout: Duration,
    /// Certificates of the authorities that vouch for it, in PEM; read for rediss:// only.
    pub ca_file: PathBuf,
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

/// For the role that hears port 80.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Web {
    /// Where aliases live, for the form.
    pub domains: Vec<Domain>,
    /// What a visitor may ask for at the most, for the form.
    pub caps: Caps,
    /// Connections at the same time.
    pub max_connections: usize,
    /// Connections at the same time from one address (IPv6: from one /64).
    pub max_connections_per_address: usize,
    /// Who is believed when it says for whom it speaks: proxies in front of us.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether connections from them begin with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// Creations within an hour from one client (IPv6: from one /64); 0 is unlimited.
    pub creations_per_client: u32,
    /// Whether there are block lists to ask about who wants to create.
    pub dnsbl: bool,
    /// The site's address as visitors know it, for links; else what the request calls us.
    pub url: Option<String>,
    /// The same where there is no request: with this host's name if need be.
    pub site: String,
    /// From connecting, or from the answer before, to the end of a request's header.
    pub header_timeout: Duration,
    /// For the rest of a request.
    pub body_timeout: Duration,
    /// How long requests under way may go on after SIGTERM.
    pub drain: Duration,
}
