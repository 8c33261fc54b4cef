//! The listening sockets of the network: inherited, else bound.
//!
//! Which inherited socket is what goes by its name (`FileDescriptorName=`), else by its port; never by its place.

use super::Role;
use crate::config::Config;
use crate::runtime::Fatal;
use crate::sys::inherit::Inherited;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use tracing::info;

/// What is served on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Smtp,
    Web,
    Metrics,
}

impl Service {
    const ALL: [Self; 3] = [Self::Smtp, Self::Web, Self::Metrics];

    /// The name of its sockets, and of its section in the configuration.
    fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Web => "web",
            Self::Metrics => "metrics",
        }
    }

    /// Who serves it.
    fn role(self) -> Role {
        match self {
            Self::Smtp => Role::Smtp,
            Self::Web | Self::Metrics => Role::Web,
        }
    }

    /// The port that it has by convention, if it has one.
    fn port(self) -> Option<u16> {
        match self {
            Self::Smtp => Some(25),
            Self::Web => Some(80),
            Self::Metrics => None,
        }
    }

    fn listen(self, config: &Config) -> &[SocketAddr] {
        match self {
            Self::Smtp => &config.monitor.smtp_listen,
            Self::Web => &config.monitor.web_listen,
            Self::Metrics => &config.monitor.metrics_listen,
        }
    }

    /// The service that a socket of this name at this address is for.
    fn of(name: &str, address: SocketAddr, config: &Config) -> Option<Self> {
        let named = Self::ALL.into_iter().find(|service| service.name() == name);
        let configured = |service: &Self| service.listen(config).iter().any(|at| at.port() == address.port());
        let by_port = |service: &Self| service.port() == Some(address.port());
        named.or_else(|| Self::ALL.into_iter().find(configured)).or_else(|| Self::ALL.into_iter().find(by_port))
    }
}

/// Listening sockets, each with what it is for.
pub struct Sockets(Vec<(Service, TcpListener)>);

impl Sockets {
    /// Takes the sockets that systemd has handed over, or binds the configured addresses.
    pub fn take_or_bind(config: &Config) -> Result<Self, Fatal> {
        let inherited = Inherited::from_env();
        if inherited.is_empty() {
            let mut sockets = Vec::new();
            for service in Service::ALL {
                sockets.extend(bind(service, config)?);
            }
            return Ok(Self(sockets));
        }
        let mut sockets = Vec::new();
        for (name, listener) in inherited.all_tcp_listeners()? {
            let address = listener.local_addr()?;
            let Some(service) = Service::of(&name, address, config) else {
                return Err(Fatal::Config(format!(
                    "a socket at {address} named \"{}\" was handed over, and neither its name nor its port tells what it \
                     is for: name it smtp, web or metrics (FileDescriptorName=)",
                    name.escape_debug()
                )));
            };
            sockets.push((service, listener));
        }
        let missing = |service: &Service| !sockets.iter().any(|(of, _)| of == service);
        for service in [Service::Smtp, Service::Web].into_iter().filter(missing) {
            info!("no socket for {service} was handed over: it is not served");
        }
        if missing(&Service::Metrics) {
            sockets.extend(bind(Service::Metrics, config)?);
        }
        Ok(Self(sockets))
    }

    /// The sockets that `role` hears, with their names.
    pub(super) fn of(&self, role: Role) -> io::Result<Vec<(String, OwnedFd)>> {
        let own = self.0.iter().filter(|(service, _)| service.role() == role);
        own.map(|(service, listener)| Ok((service.name().to_owned(), listener.try_clone()?.into()))).collect()
    }
}

/// The addresses that the configuration names.
fn bind(service: Service, config: &Config) -> Result<Vec<(Service, TcpListener)>, Fatal> {
    let bind = |&address: &SocketAddr| {
        let listener = TcpListener::bind(address).map_err(|cause| refused(address, service, &cause))?;
        Ok((service, listener))
    };
    service.listen(config).iter().map(bind).collect()
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn refused(address: SocketAddr, service: Service, cause: &io::Error) -> Fatal {
    let cure = match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            "let systemd hand it over (systemctl enable --now tempalias.socket), start as root, or choose a port above 1023"
                .to_owned()
        }
        io::ErrorKind::AddrInUse => "stop the program that has it (ss -ltnp shows which)".to_owned(),
        _ => format!("see listen under [{service}]"),
    };
    Fatal::Config(format!("cannot listen on {address} ({cause}): {cure}"))
}
