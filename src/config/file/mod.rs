//! The sections of the file, one a module: every key with its default. Out of them each role's slice is put together.

mod limits;
mod metrics;
mod relay;
mod root;
mod smtp;
mod store;
mod web;

use super::Config;
use super::budgets::{Budgets, budgets};
use super::section::Section;
use super::settings::monitor::Processes;
use super::settings::{self, Slice};
use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Processes of one role at the most: more than there are cores is of no use.
const MAX_PROCESSES: usize = 64;

/// Reads the whole file. With faults, what comes out is not to be used: it holds defaults in their place, so that every
/// other key is checked all the same.
pub(super) fn read(mut file: Section<'_, '_>) -> Config {
    let root = root::read(&mut file);
    let limits = limits::read(file.section("limits"));
    let smtp = smtp::read(file.section("smtp"), &root);
    let web = web::read(file.section("web"), &root, &limits);
    let metrics_listen = metrics::read(file.section("metrics"));
    let relay = relay::read(file.section("relay"), &root, web.dnsbl, &smtp.listen);
    let store = store::read(file.section("store"), &root);
    let Budgets { after_final_dot, ticket_lifetime, unsettled_lifetime } =
        budgets(smtp.transaction_timeout, &relay.settings.fixed, store.timeout);
    let max_tickets = max_tickets(&smtp.live);
    let drain = root.drain;
    Config {
        monitor: settings::monitor::Fixed {
            smtp_listen: smtp.listen,
            web_listen: web.listen,
            metrics_listen,
            processes: Processes { smtp: smtp.processes, web: web.processes, relay: relay.processes },
            user: root.user,
            group: root.group,
            state_dir: root.state_dir,
            runtime_dir: root.runtime_dir,
            drain_timeout: drain,
        },
        smtp: Slice {
            fixed: settings::smtp::Fixed {
                transaction_timeout: smtp.transaction_timeout,
                after_final_dot,
                drain_timeout: drain,
            },
            live: smtp.live,
        },
        relay: relay.settings,
        vault: Slice {
            fixed: settings::vault::Fixed {
                store: store.store,
                key_file: store.key_file,
                ticket_lifetime,
                unsettled_lifetime,
                drain_timeout: drain,
            },
            live: settings::vault::Live {
                hostname: root.hostname,
                domains: root.domains,
                max_tickets,
                caps: limits.caps,
                creations_per_address: limits.creations_per_address,
                alive_per_address: limits.alive_per_address,
                emails_per_day: limits.emails_per_day,
                emails_per_address: limits.emails_per_address,
                reserved: limits.reserved,
                confirm: web.confirm,
                site: web.settings.live.site.clone(),
                token_epoch: web.token_epoch,
                token_days: web.token_days,
                postmaster: root.postmaster,
                reverse_path: relay.reverse_path,
            },
        },
        web: web.settings,
    }
}

/// Tickets of one `smtp` process at the most, so that whoever has taken it over cannot fill the vault's memory: a ticket
/// takes some 300 octets there. One for each recipient of each session would be some 60 MB with the defaults, and no
/// honest client has a hundred recipients here; 16 for each session are 10 MB, and take hundreds of sessions that name
/// nothing but living aliases. One session may always have all its recipients.
fn max_tickets(smtp: &settings::smtp::Live) -> usize {
    smtp.max_sessions.saturating_mul(16).saturating_add(smtp.max_recipients)
}

/// The default of `listen`: this port, at every address.
fn any_address(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)]
}
