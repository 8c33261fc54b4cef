//! The DNS, by a resolver that opens no file after it is made, so that it works in the sandbox.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The DNS cannot be asked, or has no answer for now (a timeout, SERVFAIL, REFUSED).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolveError;

/// Looks up names, and keeps answers for as long as the DNS says (TTL).
#[derive(Clone)]
pub struct Resolver(Option<Box<TokioResolver>>);

impl Resolver {
    /// A resolver for these hosts only. Reads `/etc/resolv.conf` and `/etc/hosts`, unless all hosts are addresses.
    ///
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`.
    pub fn for_hosts<'a>(mut hosts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        if hosts.all(is_address) { Ok(Self(None)) } else { Self::new() }
    }

    /// A resolver for these hosts and for others that are not known yet. If all of `hosts` are addresses and
    /// `/etc/resolv.conf` cannot be used, it finds no names.
    ///
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`, if any of `hosts` is a name.
    pub fn for_any<'a>(mut hosts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        Self::new().or_else(|cause| if hosts.all(is_address) { Ok(Self(None)) } else { Err(cause) })
    }

    /// A resolver that asks the DNS alone and does not look into `/etc/hosts`.
    ///
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`.
    pub fn of_the_dns() -> Result<Self, String> {
        Self::build(ResolveHosts::Never)
    }

    /// The addresses of `name`.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn addresses_of(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let four = self.look_up(name, RecordType::A, |data| data.ip_addr()).await;
        let six = self.look_up(name, RecordType::AAAA, |data| data.ip_addr()).await;
        // Some servers refuse the type of record that they do not have.
        match (four, six) {
            (Ok(four), Ok(six)) => Ok([four, six].concat()),
            (Ok(some), Err(ResolveError)) | (Err(ResolveError), Ok(some)) if !some.is_empty() => Ok(some),
            _ => Err(ResolveError),
        }
    }

    /// The IPv4 addresses of `name`; none if the DNS says that it has none, or does not exist.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn ipv4_addresses_of(&self, name: &str) -> Result<Vec<Ipv4Addr>, ResolveError> {
        self.look_up(name, RecordType::A, |data| match data {
            RData::A(address) => Some(address.0),
            _ => None,
        })
        .await
    }

    /// The mail exchanges of `domain` (MX), in no order.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn mail_exchanges(&self, domain: &str) -> Result<Vec<String>, ResolveError> {
        self.look_up(domain, RecordType::MX, |data| match data {
            RData::MX(mx) => Some(mx.exchange.to_string()),
            _ => None,
        })
        .await
    }

    /// The TXT records of `domain`.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn texts(&self, domain: &str) -> Result<Vec<String>, ResolveError> {
        self.look_up(domain, RecordType::TXT, |data| match data {
            RData::TXT(_) => Some(data.to_string()),
            _ => None,
        })
        .await
    }

    /// The names that an address has (PTR).
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, ResolveError> {
        let name = Name::from(address).to_string();
        self.look_up(&name, RecordType::PTR, |data| match data {
            RData::PTR(name) => Some(name.to_string()),
            _ => None,
        })
        .await
    }

    async fn look_up<T>(
        &self,
        name: &str,
        kind: RecordType,
        take: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, ResolveError> {
        let Some(resolver) = &self.0 else { return Err(ResolveError) };
        match resolver.lookup(format!("{}.", name.trim_end_matches('.')), kind).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| take(&record.data)).collect()),
            Err(e) if e.is_no_records_found() || e.is_nx_domain() => Ok(Vec::new()),
            Err(_) => Err(ResolveError),
        }
    }

    fn new() -> Result<Self, String> {
        Self::build(ResolveHosts::Auto)
    }

    fn build(hosts: ResolveHosts) -> Result<Self, String> {
        let unusable = |e| format!("/etc/resolv.conf cannot be used: {e}");
        let mut builder = TokioResolver::builder_tokio().map_err(unusable)?;
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
        builder.options_mut().use_hosts_file = hosts;
        Ok(Self(Some(Box::new(builder.build().map_err(unusable)?))))
    }

    /// The addresses to connect to, in the order to try; none if the name is not known or the DNS does not answer.
    pub async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return vec![SocketAddr::new(address, port)];
        }
        let Some(resolver) = &self.0 else { return Vec::new() };
        // Fully qualified, so that the search domains of this host do not decide where mail goes.
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
