//! From names to addresses, by a resolver that opens no file once it is made: it works within walls.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
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
