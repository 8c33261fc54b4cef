//! `[relay]`: the next host.

use super::root::Root;
use super::{MAX_PROCESSES, MINUTE, SECOND};
use crate::alias::Domain;
use crate::config::section::Section;
use crate::config::settings::Slice;
use crate::config::settings::relay::{Fixed, Host, Live};
use crate::config::settings::vault::ReversePath;
use crate::config::values::{duration, host, number, number_up_to, reverse_path};
use std::net::{IpAddr, SocketAddr};

/// The values of this section.
pub(super) struct Relay {
    pub(super) processes: usize,
    /// For the vault.
    pub(super) reverse_path: ReversePath,
    pub(super) settings: Slice<Fixed, Live>,
}

/// Reads the section; `dnsbl` is from `[web]`, `listen` from `[smtp]`.
pub(super) fn read(mut section: Section<'_, '_>, root: &Root, dnsbl: Vec<Domain>, listen: &[SocketAddr]) -> Relay {
    let smarthost = section.require("smarthost", "smarthost = \"mail.example.org:25\" under [relay]", host);
    if smarthost.as_ref().and_then(address).is_some_and(|address| listen.contains(&address)) {
        section.fault("smarthost", "is the address tempalias itself listens on: mail would go in circles");
    }
    Relay {
        processes: section.take("processes", number_up_to(MAX_PROCESSES)).unwrap_or(1),
        reverse_path: section.take("reverse_path", reverse_path).unwrap_or(ReversePath::Srs),
        settings: Slice {
            fixed: Fixed {
                hostname: root.hostname.clone(),
                smarthost: smarthost.unwrap_or(Host { name: String::new(), port: 0 }),
                dnsbl,
                connect_timeout: section.take("connect_timeout", duration).unwrap_or(10 * SECOND),
                command_timeout: section.take("command_timeout", duration).unwrap_or(MINUTE),
                data_init_timeout: section.take("data_init_timeout", duration).unwrap_or(2 * MINUTE),
                data_block_timeout: section.take("data_block_timeout", duration).unwrap_or(3 * MINUTE),
                data_end_timeout: section.take("data_end_timeout", duration).unwrap_or(10 * MINUTE),
                drain_timeout: root.drain,
            },
            live: Live {
                max_connections: section.take("max_connections", number(1)).unwrap_or(100),
                max_idle: section.take("max_idle", number(0)).unwrap_or(20),
                idle_timeout: section.take("idle_timeout", duration).unwrap_or(30 * SECOND),
            },
        },
    }
}

/// Where the host is, if that needs no DNS.
fn address(host: &Host) -> Option<SocketAddr> {
    host.name.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, host.port))
}
