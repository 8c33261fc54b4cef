//! The DNS: whether mail for the domains comes here, and whether this host is who it says.

use super::{Finding, fault, ok, warning};
use crate::config::Config;
use crate::runtime::{ResolveError, Resolver};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// For one question to the DNS.
const DNS_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let hostname = &config.smtp.live.hostname;
    let resolver = match Resolver::of_the_dns() {
        Ok(resolver) => resolver,
        Err(cause) => return vec![warning("dns", format!("{cause}; names are not looked at"))],
    };
    let mut findings = Vec::new();
    let addresses = match within_timeout(resolver.addresses_of(hostname)).await {
        Err(ResolveError) => {
            findings.push(unanswered(hostname));
            Vec::new()
        }
        Ok(addresses) if addresses.is_empty() => {
            let what = format!("{hostname} has no address; add an A or AAAA record, or correct hostname");
            findings.push(fault("dns", what));
            addresses
        }
        Ok(addresses) => {
            let list: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
            findings.push(match addresses.iter().any(IpAddr::is_loopback) {
                true => warning("dns", format!("{hostname} is {}, which others cannot reach", list.join(", "))),
                false => ok("dns", format!("{hostname} is {}", list.join(", "))),
            });
            addresses
        }
    };
    for address in &addresses {
        findings.push(reverse(*address, hostname, &resolver).await);
    }
    for domain in &config.smtp.live.domains {
        findings.push(mail_exchange(domain.as_str(), hostname, &addresses, &resolver).await);
        findings.push(sender_policy(domain.as_str(), &resolver).await);
    }
    findings
}

async fn reverse(address: IpAddr, hostname: &str, resolver: &Resolver) -> Finding {
    let Ok(names) = within_timeout(resolver.names_of(address)).await else { return unanswered(&address.to_string()) };
    match names.iter().any(|name| same(name, hostname)) {
        true => ok("ptr", format!("{address} is {hostname}")),
        false if names.is_empty() => warning(
            "ptr",
            format!(
                "{address} has no name; ask who gave you the address for a PTR record of {hostname}, if your smarthost \
                 sends from here"
            ),
        ),
        false => warning("ptr", format!("{address} is {}; its PTR record should be {hostname}", names.join(", "))),
    }
}

async fn mail_exchange(domain: &str, hostname: &str, addresses: &[IpAddr], resolver: &Resolver) -> Finding {
    let Ok(exchanges) = within_timeout(resolver.mail_exchanges(domain)).await else { return unanswered(domain) };
    if exchanges.iter().any(|name| same(name, hostname)) {
        return ok("mx", format!("mail for {domain} comes to {hostname}"));
    }
    let record = format!("{domain}. MX 10 {hostname}.");
    if !exchanges.is_empty() {
        let goes = exchanges.join(", ");
        return fault("mx", format!("mail for {domain} goes to {goes}; the record should be: {record}"));
    }
    // RFC 5321 §5.1: without MX the domain's own addresses count.
    match within_timeout(resolver.addresses_of(domain)).await {
        Err(ResolveError) => unanswered(domain),
        Ok(own) if own.iter().any(|address| addresses.contains(address)) => {
            warning("mx", format!("{domain} has no MX record, only an address; add: {record}"))
        }
        Ok(_) => fault("mx", format!("mail for {domain} goes nowhere; add: {record}")),
    }
}

async fn sender_policy(domain: &str, resolver: &Resolver) -> Finding {
    let Ok(texts) = within_timeout(resolver.texts(domain)).await else { return unanswered(domain) };
    match texts.iter().find(|text| text.starts_with("v=spf1")) {
        Some(policy) => ok("spf", format!("{domain} says {policy}")),
        None => {
            warning("spf", format!("{domain} does not say who sends its mail; add: {domain}. TXT \"v=spf1 mx -all\""))
        }
    }
}

fn unanswered(name: &str) -> Finding {
    warning("dns", format!("could not be asked about {name}; see /etc/resolv.conf, and try again"))
}

/// The answer, if there is one in good time.
async fn within_timeout<T>(answer: impl Future<Output = Result<T, ResolveError>>) -> Result<T, ResolveError> {
    timeout(DNS_TIMEOUT, answer).await.unwrap_or(Err(ResolveError))
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}
