//! For `web`, the role that serves the site and its API.

use super::restart_settings;
use crate::alias::{Caps, Domain};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::time::Duration;

restart_settings! {
    /// What takes a restart.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Fixed {
        /// Whether to ask `relay` for block lists before an alias is created. The zones are `relay`'s, and fixed.
        ["dnsbl under [web]"] pub asks_blocklists: bool,
        /// How long requests under way may go on after SIGTERM.
        ["drain"] pub drain_timeout: Duration,
    }
}

/// What a reload changes, for the connections that come from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Where aliases live, for the form.
    pub domains: Vec<Domain>,
    /// What a visitor may ask for at the most, for the form.
    pub caps: Caps,
    /// Connections at the same time.
    pub max_connections: usize,
    /// Connections at the same time from one address (IPv6: from one /64).
    pub max_connections_per_address: usize,
    /// Proxies in front of us. What they say about their clients is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether connections from them begin with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// Creations within an hour from one client (IPv6: from one /64); 0 is unlimited.
    pub creations_per_client: u32,
    /// The site's address as visitors know it, for links. If absent, a link begins with what the request calls this
    /// host.
    pub url: Option<String>,
    /// The same for links outside of a request: `url`, or else `http://` and `hostname`.
    pub site: String,
    /// From the connection, or from the response before, to the end of a request's header.
    pub header_timeout: Duration,
    /// For the body of a request.
    pub body_timeout: Duration,
}
