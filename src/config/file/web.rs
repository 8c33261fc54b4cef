//! `[web]`: the site and its API.

use super::limits::Limits;
use super::root::Root;
use super::{MAX_PROCESSES, SECOND, any_address};
use crate::alias::Domain;
use crate::config::section::Section;
use crate::config::settings::Slice;
use crate::config::settings::vault::MAX_TOKEN_DAYS;
use crate::config::settings::web::{Fixed, Live};
use crate::config::values::{boolean, duration, list, network, number, number_up_to, socket_address, url, zone};
use std::net::SocketAddr;

/// The values of this section.
pub(super) struct Web {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) processes: usize,
    /// For `relay`.
    pub(super) dnsbl: Vec<Domain>,
    /// For the vault, as is what follows.
    pub(super) confirm: bool,
    pub(super) token_epoch: u32,
    pub(super) token_days: u32,
    pub(super) settings: Slice<Fixed, Live>,
}

/// Reads the section.
pub(super) fn read(mut section: Section<'_, '_>, root: &Root, limits: &Limits) -> Web {
    let url = section.take("url", url);
    let dnsbl = section.take("dnsbl", list(zone)).unwrap_or_default();
    let web = Web {
        listen: section.take("listen", list(socket_address)).unwrap_or_else(|| any_address(80)),
        processes: section.take("processes", number_up_to(MAX_PROCESSES)).unwrap_or(1),
        confirm: section.take("confirm", boolean).unwrap_or(false),
        token_epoch: section.take("token_epoch", number(0)).unwrap_or(1),
        token_days: section.take("token_days", number_up_to(MAX_TOKEN_DAYS)).unwrap_or(365),
        settings: Slice {
            fixed: Fixed { asks_blocklists: !dnsbl.is_empty(), drain_timeout: root.drain },
            live: Live {
                domains: root.domains.clone(),
                caps: limits.caps,
                max_connections: section.take("max_connections", number(1)).unwrap_or(2_000),
                max_connections_per_address: section.take("max_connections_per_address", number(1)).unwrap_or(200),
                site: url.clone().unwrap_or_else(|| format!("http://{}", root.hostname)),
                url,
                trusted_proxies: section.take("trusted_proxies", list(network)).unwrap_or_default(),
                proxy_protocol: section.take("proxy_protocol", boolean).unwrap_or(false),
                creations_per_client: limits.creations_per_client,
                header_timeout: section.take("header_timeout", duration).unwrap_or(15 * SECOND),
                body_timeout: section.take("body_timeout", duration).unwrap_or(10 * SECOND),
            },
        },
        dnsbl,
    };
    check(&web, &section);
    web
}

/// Reports what does not fit together.
fn check(web: &Web, section: &Section<'_, '_>) {
    let Live { trusted_proxies, proxy_protocol, .. } = &web.settings.live;
    if web.confirm && !section.is_set("url") {
        let what = "is on and web.url is not set: e-mails will link to http:// and hostname; \
                    set web.url if visitors know the site by another address";
        section.warn("confirm", what);
    }
    if *proxy_protocol && trusted_proxies.is_empty() {
        let what = "is true and nobody is trusted to say who connects: name the proxy in web.trusted_proxies";
        section.fault("proxy_protocol", what);
    }
    if let Some(all) = trusted_proxies.iter().find(|network| network.prefix_len() == 0) {
        let what = format!("holds {all}, which is everybody: any visitor can pass for any other");
        section.warn("trusted_proxies", &what);
    }
}
