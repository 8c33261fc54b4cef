//! For `smtp`, the role that accepts mail for aliases.

use super::restart_settings;
use crate::alias::Domain;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::time::Duration;

restart_settings! {
    /// What takes a restart.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Fixed {
        /// How long the client may take from MAIL to its final dot, all in all.
        ["transaction_timeout under [smtp]"] pub transaction_timeout: Duration,
        /// From the client's final dot to relay's verdict. Longer than relay may take at the most, so that no client is
        /// told 451 while its message may still be delivered.
        [derived] pub after_final_dot: Duration,
        /// How long sessions may go on after SIGTERM.
        ["drain"] pub drain_timeout: Duration,
    }
}

/// What a reload changes, for the sessions that begin from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// For the greeting, replies and `Received`.
    pub hostname: String,
    /// Where aliases live.
    pub domains: Vec<Domain>,
    /// Clients that may send in our name: with a sender in our domains, or at our hostname.
    pub own_networks: Vec<IpNet>,
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
}
