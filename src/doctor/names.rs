//! The DNS: whether mail for the domains comes here, and whether this host is who it says.

use super::{Finding, fault, odd, well};
use crate::config::Config;
use crate::role::Resolver;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// For one question to the DNS.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let hostname = &config.smtp.hostname;
    let resolver = match Resolver::for_names() {
        Ok(resolver) => resolver,
        Err(cause) => return vec![odd("dns", format!("{cause}; names are not looked at"))],
    };
    let addresses: Vec<IpAddr> = timeout(PATIENCE, resolver.addresses(hostname, 25))
        .await
        .unwrap_or_default()
        .iter()
        .map(|at| at.ip())
        .collect();
    let mut findings = Vec::new();
    if addresses.is_empty() {
        findings.push(fault("dns", format!("{hostname} has no address; add an A or AAAA record, or correct hostname")));
    } else {
        let list: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        findings.push(well("dns", format!("{hostname} is {}", list.join(", "))));
    }
    for address in &addresses {
        findings.push(reverse(*address, hostname, &resolver).await);
    }
    for domain in &config.smtp.domains {
        findings.push(mail_exchange(domain.as_str(), hostname, &addresses, &resolver).await);
        findings.push(sender_policy(domain.as_str(), &resolver).await);
    }
    findings
}

async fn reverse(address: IpAddr, hostname: &str, resolver: &Resolver) -> Finding {
    let names = timeout(PATIENCE, resolver.names_of(address)).await.unwrap_or_default();
    match names.iter().any(|name| same(name, hostname)) {
        true => well("ptr", format!("{address} is {hostname}")),
        false if names.is_empty() => odd(
            "ptr",
            format!(
                "{address} has no name; ask who gave you the address for a PTR record of {hostname}, if your smarthost sends from here"
            ),
        ),
        false => odd("ptr", format!("{address} is {}; its PTR record should be {hostname}", names.join(", "))),
    }
}

async fn mail_exchange(domain: &str, hostname: &str, addresses: &[IpAddr], resolver: &Resolver) -> Finding {
    let exchanges = timeout(PATIENCE, resolver.mail_exchanges(domain)).await.unwrap_or_default();
    if exchanges.iter().any(|name| same(name, hostname)) {
        return well("mx", format!("mail for {domain} comes to {hostname}"));
    }
    let record = format!("{domain}. MX 10 {hostname}.");
    if !exchanges.is_empty() {
        return fault(
            "mx",
            format!("mail for {domain} goes to {}; the record should be: {record}", exchanges.join(", ")),
        );
    }
    // RFC 5321 §5.1: without MX the domain's own addresses count.
    let own = timeout(PATIENCE, resolver.addresses(domain, 25)).await.unwrap_or_default();
    match own.iter().any(|at| addresses.contains(&at.ip())) {
        true => odd("mx", format!("{domain} has no MX record, only an address; add: {record}")),
        false => fault("mx", format!("mail for {domain} goes nowhere; add: {record}")),
    }
}

async fn sender_policy(domain: &str, resolver: &Resolver) -> Finding {
    let texts = timeout(PATIENCE, resolver.texts(domain)).await.unwrap_or_default();
    match texts.iter().find(|text| text.starts_with("v=spf1")) {
        Some(policy) => well("spf", format!("{domain} says {policy}")),
        None => odd("spf", format!("{domain} does not say who sends its mail; add: {domain}. TXT \"v=spf1 mx -all\"")),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}
