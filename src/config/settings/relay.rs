//! For `relay`, the role that connects to the next host, and that asks DNS block lists for `web`.

use super::restart_settings;
use crate::alias::Domain;
use serde::{Deserialize, Serialize};
use std::time::Duration;

restart_settings! {
    /// What takes a restart: its walls let it connect to the smarthost's port alone, its resolvers are made before
    /// them, and the vault keeps tickets for longer than all its time-outs together.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Fixed {
        /// For EHLO. What `smtp` calls itself to clients is changed by a reload.
        ["hostname for EHLO to the smarthost"] pub hostname: String,
        /// The next host: name or address.
        ["smarthost under [relay]"] pub smarthost: Host,
        /// Zones of the block lists. The key is under `[web]`, because it is about who may create aliases on the site;
        /// `web` may not ask the DNS, so that it asks this role, and is told only whether there are any.
        ["dnsbl under [web]"] pub dnsbl: Vec<Domain>,
        /// TCP connect to one address.
        ["connect_timeout under [relay]"] pub connect_timeout: Duration,
        /// Greeting, EHLO, MAIL, RCPT, RSET (RFC 5321 §4.5.3.2.1 to .3 allow five minutes; a client of ours waits
        /// meanwhile).
        ["command_timeout under [relay]"] pub command_timeout: Duration,
        /// DATA to its 354 (RFC 5321 §4.5.3.2.4).
        ["data_init_timeout under [relay]"] pub data_init_timeout: Duration,
        /// One block of content (RFC 5321 §4.5.3.2.5).
        ["data_block_timeout under [relay]"] pub data_block_timeout: Duration,
        /// Final dot to its reply (RFC 5321 §4.5.3.2.6).
        ["data_end_timeout under [relay]"] pub data_end_timeout: Duration,
        /// How long messages in flight may go on after SIGTERM.
        ["drain"] pub drain_timeout: Duration,
    }
}

/// What a reload changes, for the messages that come from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Connections to the smarthost at the same time.
    pub max_connections: usize,
    /// Idle connections kept for the next message.
    pub max_idle: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
}

/// A host and port to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Host {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub name: String,
    /// TCP port.
    pub port: u16,
}
