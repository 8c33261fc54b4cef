//! `[smtp]`: the server that mail for aliases comes to.

use super::root::Root;
use super::{MAX_PROCESSES, MINUTE, any_address};
use crate::config::section::Section;
use crate::config::settings::smtp::Live;
use crate::config::values::{duration, list, network, number, number_up_to, socket_address};
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// The values of this section.
pub(super) struct Smtp {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) processes: usize,
    pub(super) transaction_timeout: Duration,
    pub(super) live: Live,
}

/// Reads the section.
pub(super) fn read(mut section: Section<'_, '_>, root: &Root) -> Smtp {
    Smtp {
        listen: section.take("listen", list(socket_address)).unwrap_or_else(|| any_address(25)),
        processes: section.take("processes", number_up_to(MAX_PROCESSES)).unwrap_or(1),
        transaction_timeout: section.take("transaction_timeout", duration).unwrap_or(15 * MINUTE),
        live: Live {
            hostname: root.hostname.clone(),
            domains: root.domains.clone(),
            own_networks: section.take("own_networks", list(network)).unwrap_or_else(loopback),
            max_message_size: section.take("max_message_size", number(65_536)).unwrap_or(36_700_160),
            max_sessions: section.take("max_sessions", number(1)).unwrap_or(2_000),
            max_sessions_per_address: section.take("max_sessions_per_address", number(1)).unwrap_or(50),
            max_recipients: section.take("max_recipients", number(1)).unwrap_or(100),
            max_commands: section.take("max_commands", number(10)).unwrap_or(10_000),
            max_errors: section.take("max_errors", number(1)).unwrap_or(20),
            max_unknown: section.take("max_unknown", number(1)).unwrap_or(50),
            greeting_delay: section.take("greeting_delay", duration).unwrap_or(Duration::ZERO),
            command_timeout: section.take("command_timeout", duration).unwrap_or(5 * MINUTE),
            data_timeout: section.take("data_timeout", duration).unwrap_or(3 * MINUTE),
        },
    }
}

/// This host itself: what its cron and its own services send has a sender in our domains.
fn loopback() -> Vec<IpNet> {
    vec![IpNet::from(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8).trunc()), IpAddr::from(Ipv6Addr::LOCALHOST).into()]
}
