//! Every key of the file with its default: the one place that knows them all.

use super::budgets::{Budgets, budgets};
use super::section::{Notes, Section, boolean, duration, list, number, text};
use super::settings::monitor::Processes;
use super::settings::relay::Host;
use super::settings::vault::{MAX_TOKEN_DAYS, ReversePath, Store};
use super::settings::{self, Slice};
use super::{Config, DEFAULT_RUNTIME_DIR, store};
use crate::alias::{Caps, Domain, RealAddress};
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Where Debian keeps the certificates of authorities.
const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Mailboxes of offices (RFC 2142 and custom), and those that nobody reads.
const RESERVED: [&str; 11] = [
    "abuse",
    "hostmaster",
    "mailer-daemon",
    "no-reply",
    "noc",
    "noreply",
    "postmaster",
    "root",
    "security",
    "usenet",
    "webmaster",
];

pub(super) fn take_all<'t>(mut root: Section<'t, '_>, notes: &Notes<'t>) -> Option<Config> {
    let hostname = root.require("hostname", "hostname = \"mx.example.org\"", host_name);
    let domains = root.require("domains", "domains = [\"example.org\"]", domains);
    // Faulty or missing names still let every other key be checked.
    let (own_name, given) = (hostname.clone().unwrap_or_default(), domains.clone().unwrap_or_default());
    if root.span("postmaster").is_none() {
        notes.warn(
            None,
            "postmaster is not set: mail to postmaster@ and abuse@ will be refused (RFC 5321 §4.5.1 asks for it)"
                .to_owned(),
        );
    }
    let postmaster_at = root.span("postmaster");
    let postmaster = root.take("postmaster", real_address);
    let runtime_dir = root.take("runtime_dir", absolute_path).unwrap_or_else(|| DEFAULT_RUNTIME_DIR.into());
    let state_dir = root.take("state_dir", absolute_path).unwrap_or_else(|| "/var/lib/tempalias".into());
    let drain = root.take("drain", duration).unwrap_or(5 * SECOND);

    let user = root.take("user", text).unwrap_or_else(|| "tempalias".to_owned());
    let group = root.take("group", text).unwrap_or_else(|| "tempalias".to_owned());

    let mut limits = root.section("limits");
    let caps = Caps {
        max_days: limits.take("max_days", number(1)).unwrap_or(60),
        max_usage: limits.take("max_usage", number(1)).unwrap_or(100),
    };
    let creations_per_address = limits.take("creations_per_address", number(0)).unwrap_or(100);
    // Who lifts the one bound means the other as well.
    let default_alive = if creations_per_address == 0 { 0 } else { 1_000 };
    let alive_per_address = limits.take("alive_per_address", number(0)).unwrap_or(default_alive);
    let letters = limits.take("letters", number(0)).unwrap_or(5_000);
    let letters_per_address = limits.take("letters_per_address", number(1)).unwrap_or(5);
    let reserved = limits.take("reserved", list(local_part)).unwrap_or_else(|| RESERVED.map(str::to_owned).to_vec());
    let creations_per_client = limits.take("creations_per_client", number(0)).unwrap_or(100);
    drop(limits);

    let mut smtp = root.section("smtp");
    let smtp_listen_at = smtp.span("listen");
    let smtp_listen = smtp.take("listen", list(socket_address)).unwrap_or_else(|| any_address(25));
    let smtp_processes = smtp.take("processes", processes).unwrap_or(1);
    let transaction_timeout = smtp.take("transaction_timeout", duration).unwrap_or(15 * MINUTE);
    let smtp_live = settings::smtp::Live {
        hostname: own_name.clone(),
        domains: given.clone(),
        max_message_size: smtp.take("max_message_size", number(65_536)).unwrap_or(36_700_160),
        max_sessions: smtp.take("max_sessions", number(1)).unwrap_or(2_000),
        max_sessions_per_address: smtp.take("max_sessions_per_address", number(1)).unwrap_or(50),
        max_recipients: smtp.take("max_recipients", number(1)).unwrap_or(100),
        max_commands: smtp.take("max_commands", number(10)).unwrap_or(10_000),
        max_errors: smtp.take("max_errors", number(1)).unwrap_or(20),
        max_unknown: smtp.take("max_unknown", number(1)).unwrap_or(50),
        greeting_delay: smtp.take("greeting_delay", duration).unwrap_or(Duration::ZERO),
        command_timeout: smtp.take("command_timeout", duration).unwrap_or(5 * MINUTE),
        data_timeout: smtp.take("data_timeout", duration).unwrap_or(3 * MINUTE),
    };
    drop(smtp);

    let mut web = root.section("web");
    let web_listen = web.take("listen", list(socket_address)).unwrap_or_else(|| any_address(80));
    let web_processes = web.take("processes", processes).unwrap_or(1);
    let url_at = web.span("url");
    let url = web.take("url", url);
    let confirm_at = web.span("confirm");
    let confirm = web.take("confirm", boolean).unwrap_or(false);
    let token_epoch = web.take("token_epoch", number(0)).unwrap_or(1);
    let token_days = web.take("token_days", token_days).unwrap_or(365);
    if confirm && url_at.is_none() {
        notes.warn(
            confirm_at,
            "web.confirm is on and web.url is not set: letters will link to http:// and hostname; set web.url if visitors know the site by another address".to_owned(),
        );
    }
    let site = url.clone().unwrap_or_else(|| format!("http://{own_name}"));
    let proxies_at = web.span("trusted_proxies");
    let trusted_proxies = web.take("trusted_proxies", list(network)).unwrap_or_default();
    let proxy_protocol_at = web.span("proxy_protocol");
    let proxy_protocol = web.take("proxy_protocol", boolean).unwrap_or(false);
    let dnsbl = web.take("dnsbl", list(zone)).unwrap_or_default();
    if proxy_protocol && trusted_proxies.is_empty() {
        notes.fault(
            proxy_protocol_at,
            "web.proxy_protocol is true and nobody is trusted to say who connects: name the proxy in \
             web.trusted_proxies"
                .to_owned(),
        );
    }
    if let Some(all) = trusted_proxies.iter().find(|network| network.prefix_len() == 0) {
        notes.warn(
            proxies_at,
            format!("web.trusted_proxies holds {all}, which is everybody: any visitor can pass for any other"),
        );
    }
    let web_live = settings::web::Live {
        domains: given.clone(),
        caps,
        max_connections: web.take("max_connections", number(1)).unwrap_or(2_000),
        max_connections_per_address: web.take("max_connections_per_address", number(1)).unwrap_or(200),
        url,
        site: site.clone(),
        trusted_proxies,
        proxy_protocol,
        creations_per_client,
        header_timeout: web.take("header_timeout", duration).unwrap_or(15 * SECOND),
        body_timeout: web.take("body_timeout", duration).unwrap_or(10 * SECOND),
    };
    let web_fixed = settings::web::Fixed { asks_blocklists: !dnsbl.is_empty(), drain };
    drop(web);

    let mut metrics = root.section("metrics");
    let metrics_listen = metrics.take("listen", list(socket_address)).unwrap_or_default();
    drop(metrics);

    let mut relay = root.section("relay");
    let relay_processes = relay.take("processes", processes).unwrap_or(1);
    let smarthost_at = relay.span("smarthost");
    let smarthost = relay.require("smarthost", "smarthost = \"mail.example.org:25\" under [relay]", host);
    let reverse_path = relay.take("reverse_path", reverse_path).unwrap_or(ReversePath::Srs);
    let relay_live = settings::relay::Live {
        max_connections: relay.take("max_connections", number(1)).unwrap_or(100),
        max_idle: relay.take("max_idle", number(0)).unwrap_or(20),
        idle_timeout: relay.take("idle_timeout", duration).unwrap_or(30 * SECOND),
    };
    let relay_fixed = settings::relay::Fixed {
        hostname: own_name,
        dnsbl,
        smarthost: smarthost.clone().unwrap_or(Host { name: String::new(), port: 0 }),
        connect_timeout: relay.take("connect_timeout", duration).unwrap_or(10 * SECOND),
        command_timeout: relay.take("command_timeout", duration).unwrap_or(MINUTE),
        data_init_timeout: relay.take("data_init_timeout", duration).unwrap_or(2 * MINUTE),
        data_block_timeout: relay.take("data_block_timeout", duration).unwrap_or(3 * MINUTE),
        data_end_timeout: relay.take("data_end_timeout", duration).unwrap_or(10 * MINUTE),
        drain,
    };
    drop(relay);

    let mut store = root.section("store");
    let store_timeout = store.take("timeout", duration).unwrap_or(5 * SECOND);
    let min_replicas = store.take("min_replicas", number(0)).unwrap_or(0);
    let ca_file = store.take("ca_file", absolute_path).unwrap_or_else(|| CA_FILE.into());
    let key_file = store.take("key_file", absolute_path).unwrap_or_else(|| state_dir.join("server.key"));
    let default_store = Store::Redb { path: state_dir.join("aliases.redb") };
    let read_store = |value: &DeValue<'_>| store::parse(&text(value)?, min_replicas, store_timeout, ca_file);
    let store_settings = store.take("url", read_store).unwrap_or(default_store);
    drop(store);
    drop(root);

    if postmaster.as_ref().is_some_and(|address| address.is_in(&given)) {
        notes.fault(
            postmaster_at,
            "postmaster is an address in one of our own domains: mail would go in circles".to_owned(),
        );
    }
    if let Some(smarthost) = &smarthost
        && let Ok(address) = smarthost.name.parse::<std::net::IpAddr>()
        && smtp_listen.contains(&SocketAddr::new(address, smarthost.port))
    {
        notes.fault(
            smarthost_at.or(smtp_listen_at),
            "relay.smarthost is the address tempalias itself listens on: mail would go in circles".to_owned(),
        );
    }
    let Budgets { after_final_dot, ticket_lifetime } = budgets(transaction_timeout, &relay_fixed, store_timeout);
    let vault_fixed = settings::vault::Fixed { store: store_settings, key_file, ticket_lifetime, drain };
    let vault_live = settings::vault::Live {
        domains: given,
        caps,
        creations_per_address,
        alive_per_address,
        letters,
        letters_per_address,
        reserved,
        confirm,
        site,
        token_epoch,
        token_days,
        postmaster,
        reverse_path,
    };
    if hostname.is_none() || domains.is_none() || smarthost.is_none() {
        return None;
    }
    let monitor = settings::monitor::Fixed {
        smtp_listen,
        web_listen,
        metrics_listen,
        processes: Processes { smtp: smtp_processes, web: web_processes, relay: relay_processes },
        user,
        group,
        state_dir,
        runtime_dir,
        drain,
    };
    Some(Config {
        monitor,
        smtp: Slice { fixed: settings::smtp::Fixed { transaction_timeout, after_final_dot, drain }, live: smtp_live },
        relay: Slice { fixed: relay_fixed, live: relay_live },
        vault: Slice { fixed: vault_fixed, live: vault_live },
        web: Slice { fixed: web_fixed, live: web_live },
    })
}

fn token_days(value: &DeValue<'_>) -> Result<u32, String> {
    match number(1)(value)? {
        days @ ..=MAX_TOKEN_DAYS => Ok(days),
        _ => Err(format!("must be from 1 to {}", MAX_TOKEN_DAYS)),
    }
}

/// More than cores is of no use, and no machine has more.
fn processes(value: &DeValue<'_>) -> Result<usize, String> {
    match number(1)(value)? {
        count @ ..=64 => Ok(count),
        _ => Err("must be from 1 to 64".to_owned()),
    }
}

fn any_address(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(std::net::Ipv6Addr::UNSPECIFIED.into(), port)]
}

fn host_name(value: &DeValue<'_>) -> Result<String, String> {
    let name = text(value)?;
    Domain::parse(&name)
        .map(|_| name)
        .map_err(|_| "must be this host's name in the DNS, like \"mx.example.org\"".to_owned())
}

fn domains(value: &DeValue<'_>) -> Result<Vec<Domain>, String> {
    let domain = |name: &str| {
        Domain::parse(name).map_err(|_| format!("holds \"{}\", which is not a domain", name.escape_debug()))
    };
    let domains = list(domain)(value)?;
    if domains.is_empty() { Err("must name at least one domain".to_owned()) } else { Ok(domains) }
}

fn real_address(value: &DeValue<'_>) -> Result<RealAddress, String> {
    RealAddress::parse(&text(value)?).map_err(|_| "must be an e-mail address that is read by a person".to_owned())
}

/// The part before the `@`, compared without regard to case.
fn local_part(text: &str) -> Result<String, String> {
    RealAddress::parse(&format!("{text}@example.org"))
        .map(|_| text.to_lowercase())
        .map_err(|_| format!("holds \"{}\", which is not the part of an address before the @", text.escape_debug()))
}

fn absolute_path(value: &DeValue<'_>) -> Result<PathBuf, String> {
    let path = PathBuf::from(text(value)?);
    if path.is_absolute() { Ok(path) } else { Err("must be an absolute path, starting with /".to_owned()) }
}

fn socket_address(address: &str) -> Result<SocketAddr, String> {
    address.parse().map_err(|_| format!("holds \"{}\"; write \"0.0.0.0:25\" or \"[::]:25\"", address.escape_debug()))
}

/// The site's own address, without a slash at its end.
fn url(value: &DeValue<'_>) -> Result<String, String> {
    let url = text(value)?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"'<>?#\\".contains(&b);
    let host = rest.trim_end_matches('/');
    if host.is_empty() || !rest.bytes().all(plain) {
        return Err("must be the site's address as visitors know it, like \"https://example.org\"".to_owned());
    }
    if host.contains('/') {
        return Err("must not have a path: the site lives at the root of its host".to_owned());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// An address, or a network that begins where its prefix says.
fn network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| {
        format!("holds \"{}\"; write an address or a network, like \"10.0.0.0/8\"", text.escape_debug())
    })?;
    if network != network.trunc() {
        return Err(format!(
            "holds \"{network}\", which has bits set beyond its prefix; write \"{}\"",
            network.trunc()
        ));
    }
    // Clients of IPv4 have their own addresses here, whatever socket they come through.
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(v4), Some(length)) if network.addr().is_ipv6() => {
            Ipv4Net::new(v4, length).map(IpNet::V4).map_err(|cause| cause.to_string())
        }
        _ => Ok(network),
    }
}

/// The zone of a block list.
fn zone(text: &str) -> Result<Domain, String> {
    Domain::parse(text)
        .map_err(|_| format!("holds \"{}\"; write a zone of the DNS, like \"zen.example\"", text.escape_debug()))
}

fn reverse_path(value: &DeValue<'_>) -> Result<ReversePath, String> {
    match text(value)?.as_str() {
        "srs" => Ok(ReversePath::Srs),
        "keep" => Ok(ReversePath::Keep),
        _ => Err("must be \"srs\" or \"keep\"".to_owned()),
    }
}

/// `"name:port"`, `"192.0.2.1:25"`, `"[2001:db8::1]:25"`; without a port it is 25.
fn host(value: &DeValue<'_>) -> Result<Host, String> {
    let wrong = || "must be a host and port, like \"mail.example.org:25\" or \"[2001:db8::1]:25\"".to_owned();
    let given = text(value)?;
    if let Ok(address) = given.parse::<SocketAddr>() {
        return Ok(Host { name: address.ip().to_string(), port: address.port() });
    }
    if let Ok(address) = given.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return Ok(Host { name: address.to_string(), port: 25 });
    }
    let (name, port) = match given.split_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|p| *p > 0).ok_or_else(wrong)?),
        None => (given.as_str(), 25),
    };
    Domain::parse(name).map_err(|_| wrong())?;
    Ok(Host { name: name.to_owned(), port })
}
