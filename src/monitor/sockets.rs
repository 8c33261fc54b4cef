//! The listening sockets of ports 25 and 80: inherited, else bound.

use super::Role;
use crate::config::Config;
use crate::role::Fatal;
use crate::sys::inherit::Inherited;
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Listening sockets by the role that will hear them.
pub struct Sockets {
    smtp: Vec<TcpListener>,
    web: Vec<TcpListener>,
}

impl Sockets {
    /// Takes the sockets that systemd has handed over, or binds the configured addresses.
    pub fn take_or_bind(config: &Config) -> Result<Self, Fatal> {
        let mut inherited = Inherited::from_env();
        if inherited.is_empty() {
            return Self::bind(&config.smtp_listen, &config.web_listen);
        }
        for name in inherited.names() {
            if Role::named(name).is_none_or(|role| !matches!(role, Role::Smtp | Role::Web)) {
                let what = format!(
                    "a socket named \"{}\" was handed over; sockets are named smtp or web (FileDescriptorName=)",
                    name.escape_debug()
                );
                return Err(Fatal::Config(what));
            }
        }
        Ok(Self { smtp: inherited.tcp_listeners("smtp")?, web: inherited.tcp_listeners("web")? })
    }

    /// One socket for each.
    pub fn of(smtp: TcpListener, web: TcpListener) -> Self {
        Self { smtp: vec![smtp], web: vec![web] }
    }

    fn bind(smtp: &[SocketAddr], web: &[SocketAddr]) -> Result<Self, Fatal> {
        Ok(Self { smtp: bind_all(smtp, "smtp")?, web: bind_all(web, "web")? })
    }

    /// The sockets that `role` hears.
    pub(super) fn take(&mut self, role: Role) -> Vec<TcpListener> {
        match role {
            Role::Smtp => std::mem::take(&mut self.smtp),
            Role::Web => std::mem::take(&mut self.web),
            Role::Vault | Role::Relay => Vec::new(),
        }
    }
}

fn bind_all(addresses: &[SocketAddr], section: &str) -> Result<Vec<TcpListener>, Fatal> {
    let bind = |address: &SocketAddr| TcpListener::bind(address).map_err(|cause| refused(*address, section, &cause));
    addresses.iter().map(bind).collect()
}

fn refused(address: SocketAddr, section: &str, cause: &io::Error) -> Fatal {
    let cure = match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            "let systemd hand it over (systemctl enable --now tempalias.socket)".to_owned()
        }
        io::ErrorKind::AddrInUse => "stop the program that has it (ss -ltnp shows which)".to_owned(),
        _ => format!("see listen under [{section}]"),
    };
    Fatal::Config(format!("cannot listen on {address} ({cause}): {cure}"))
}
