//! From names to addresses, by a resolver that opens no file once it is made: it works within walls.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::net::{IpAddr, SocketAddr};

/// Knows the addresses of a name for as long as the DNS says (TTL), and then asks again.
#[derive(Clone)]
pub struct Resolver(Option<Box<TokioResolver>>);

impl Resolver {
    /// For these hosts alone: reads `resolv.conf` and `hosts` unless all are addresses already.
    ///
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`.
    pub fn for_hosts<'a>(mut hosts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        if hosts.all(is_address) { Ok(Self(None)) } else { Self::new() }
    }

    /// For these hosts and others yet unknown, which may be names: those are not found where the DNS cannot be asked.
    ///
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`, if any of `hosts` is a name.
    pub fn for_any<'a>(mut hosts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        Self::new().or_else(|cause| if hosts.all(is_address) { Ok(Self(None)) } else { Err(cause) })
    }

    /// For whatever names there are.
    ///
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`.
    pub fn for_names() -> Result<Self, String> {
        Self::new()
    }

    /// The hosts that take mail for `domain`, in no order; empty when there are none or the DNS does not answer.
    pub async fn mail_exchanges(&self, domain: &str) -> Vec<String> {
        self.look_up(domain, RecordType::MX, |data| match data {
            RData::MX(mx) => Some(mx.exchange.to_string()),
            _ => None,
        })
        .await
    }

    /// The TXT records of `domain`.
    pub async fn texts(&self, domain: &str) -> Vec<String> {
        self.look_up(domain, RecordType::TXT, |data| match data {
            RData::TXT(_) => Some(data.to_string()),
            _ => None,
        })
        .await
    }

    /// The names that an address has (PTR).
    pub async fn names_of(&self, address: IpAddr) -> Vec<String> {
        let Some(resolver) = &self.0 else { return Vec::new() };
        match resolver.reverse_lookup(address).await {
            Ok(found) => found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::PTR(name) => Some(name.to_string()),
                    _ => None,
                })
                .collect(),
            Err(_) => Vec::new(),
        }
    }

    async fn look_up(&self, name: &str, kind: RecordType, take: impl Fn(&RData) -> Option<String>) -> Vec<String> {
        let Some(resolver) = &self.0 else { return Vec::new() };
        match resolver.lookup(format!("{name}."), kind).await {
            Ok(found) => found.answers().iter().filter_map(|record| take(&record.data)).collect(),
            Err(_) => Vec::new(),
        }
    }

    fn new() -> Result<Self, String> {
        let unusable = |e| format!("/etc/resolv.conf cannot be used: {e}");
        let mut builder = TokioResolver::builder_tokio().map_err(unusable)?;
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
        Ok(Self(Some(Box::new(builder.build().map_err(unusable)?))))
    }

    /// Where to connect to, in the order to try; empty when the name is not known or the DNS does not answer.
    pub async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return vec![SocketAddr::new(address, port)];
        }
        let Some(resolver) = &self.0 else { return Vec::new() };
        // Fully qualified: search domains of this host have no say in where mail goes.
        let name = if host.contains('.') { format!("{host}.") } else { host.to_owned() };
        match resolver.lookup_ip(name).await {
            Ok(found) => found.iter().map(|address| SocketAddr::new(address, port)).collect(),
            Err(_) => Vec::new(),
        }
    }
}

fn is_address(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}
