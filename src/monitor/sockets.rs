//! The listening sockets of the network: inherited, else bound.
//!
//! What an inherited socket is for is told by its name (`FileDescriptorName=`), else by its port; never by its place
//! among the others.

use super::topology::{ROLES, Role, Service};
use crate::config::Config;
use crate::runtime::Fatal;
use crate::sys::inherit::Inherited;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use tracing::info;

/// Every service, in the order of the table of roles.
fn services() -> impl Iterator<Item = &'static Service> {
    ROLES.iter().flat_map(|role| role.services)
}

impl Service {
    /// The service that a socket of this name at this address is for.
    fn of(name: &str, address: SocketAddr, config: &Config) -> Option<&'static Self> {
        let named = services().find(|service| service.name == name);
        let configured = |service: &&Self| (service.listen)(config).iter().any(|at| at.port() == address.port());
        let by_port = |service: &&Self| service.port == Some(address.port());
        named.or_else(|| services().find(configured)).or_else(|| services().find(by_port))
    }

    /// Binds the addresses that the configuration gives it.
    fn bind(&'static self, config: &Config) -> Result<Vec<(&'static Self, TcpListener)>, Fatal> {
        let bind = |&address: &SocketAddr| {
            let listener = TcpListener::bind(address).map_err(|cause| cannot_listen(address, self, &cause))?;
            Ok((self, listener))
        };
        (self.listen)(config).iter().map(bind).collect()
    }
}

/// Listening sockets, each with what is served on it.
pub struct Sockets(Vec<(&'static Service, TcpListener)>);

impl Sockets {
    /// Takes the sockets that systemd has handed over, or binds the configured addresses.
    ///
    /// # Errors
    /// A socket of which nothing tells what it is for, and addresses that cannot be bound.
    pub fn take_or_bind(config: &Config) -> Result<Self, Fatal> {
        let inherited = Inherited::from_env();
        let nothing_inherited = inherited.is_empty();
        let mut sockets = Vec::new();
        for (name, listener) in inherited.all_tcp_listeners()? {
            let address = listener.local_addr()?;
            let service = Service::of(&name, address, config).ok_or_else(|| unknown_socket(&name, address))?;
            sockets.push((service, listener));
        }
        for service in services() {
            if sockets.iter().any(|(of, _)| of.name == service.name) {
                continue;
            }
            if nothing_inherited || service.always {
                sockets.extend(service.bind(config)?);
            } else {
                info!("no socket for {} was handed over: it is not served", service.name);
            }
        }
        Ok(Self(sockets))
    }

    /// The sockets of the services of `role`, with their names.
    pub(super) fn of(&self, role: Role) -> io::Result<Vec<(String, OwnedFd)>> {
        let own = self.0.iter().filter(|(service, _)| role.services.iter().any(|of| of.name == service.name));
        own.map(|(service, listener)| Ok((service.name.to_owned(), listener.try_clone()?.into()))).collect()
    }
}

fn unknown_socket(name: &str, address: SocketAddr) -> Fatal {
    let names: Vec<&str> = services().map(|service| service.name).collect();
    Fatal::Config(format!(
        "a socket at {address} named \"{}\" was handed over, and neither its name nor its port tells what it is for: \
         name it one of {} (FileDescriptorName=)",
        name.escape_debug(),
        names.join(", ")
    ))
}

fn cannot_listen(address: SocketAddr, service: &Service, cause: &io::Error) -> Fatal {
    let cure = match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            "let systemd hand it over (systemctl enable --now tempalias.socket), start as root, or choose a port above 1023"
                .to_owned()
        }
        io::ErrorKind::AddrInUse => "stop the program that has it (ss -ltnp shows which)".to_owned(),
        _ => format!("see listen under [{}]", service.name),
    };
    Fatal::Config(format!("cannot listen on {address} ({cause}): {cure}"))
}
