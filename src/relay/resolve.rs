//! From the next host's name to its addresses.

use crate::config::settings::Host;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use std::net::{IpAddr, SocketAddr};

/// Knows the next host's addresses for as long as the DNS says (TTL), and then asks again.
pub(super) enum Resolver {
    /// The configuration names an address.
    Fixed(SocketAddr),
    /// The configuration names a name.
    Dns {
        /// Reads `resolv.conf` and `hosts` when it is made, and no file afterwards.
        resolver: Box<TokioResolver>,
        /// The name, and the port to connect to.
        host: Host,
    },
}

impl Resolver {
    /// # Errors
    /// What is wrong with `/etc/resolv.conf`.
    pub(super) fn new(host: &Host) -> Result<Self, String> {
        if let Ok(address) = host.name.parse::<IpAddr>() {
            return Ok(Self::Fixed(SocketAddr::new(address, host.port)));
        }
        let mut builder =
            TokioResolver::builder_tokio().map_err(|e| format!("/etc/resolv.conf cannot be used: {e}"))?;
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
        let resolver = builder.build().map_err(|e| format!("/etc/resolv.conf cannot be used: {e}"))?;
        Ok(Self::Dns { resolver: Box::new(resolver), host: host.clone() })
    }

    /// Where to connect to, in the order to try; empty when the name is not known or the DNS does not answer.
    pub(super) async fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::Fixed(address) => vec![*address],
            Self::Dns { resolver, host } => {
                // Fully qualified: search domains of this host have no say in where mail goes.
                let name = if host.name.contains('.') { format!("{}.", host.name) } else { host.name.clone() };
                match resolver.lookup_ip(name).await {
                    Ok(found) => found.iter().map(|address| SocketAddr::new(address, host.port)).collect(),
                    Err(_) => Vec::new(),
                }
            }
        }
    }
}
