//! This host: the daemon, its ports, its store, the clock.

use super::{Finding, fault, ok, warning};
use crate::channel::{Door, call_once};
use crate::config::Config;
use crate::config::settings::vault::Store;
use crate::proto::reply;
use crate::sys::clock;
use crate::sys::identity::{Identity, current_user};
use crate::vault;
use crate::wire::metrics::Metric;
use crate::wire::vault_admin::{AdminError, DaemonStatus, GetStatus};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For a port of this host to answer.
const PORT_TIMEOUT: Duration = Duration::from_secs(5);

const START_COMMAND: &str = "systemctl enable --now tempalias.socket";

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let door = Door::VaultAdmin.path(&config.monitor.runtime_dir);
    let path = door.clone();
    // It waits for as long as an answer may take, and the runtime has other work meanwhile.
    let status =
        tokio::task::spawn_blocking(move || call_once(&path, GetStatus)).await.map_err(io::Error::other).flatten();
    let mut findings = vec![daemon(&door, &status)];
    let runs = status.is_ok();
    findings.push(mail_port(config, runs).await);
    findings.push(web_port(config, runs).await);
    findings.push(match status {
        Ok(Ok(status)) if status.metrics[Metric::StoreUp] == 1 => ok("store", "the daemon says that it answers"),
        Ok(_) => fault("store", "the daemon says that it does not answer; its log says why (journalctl -u tempalias)"),
        Err(_) => store(config).await,
    });
    findings.push(match clock::is_synchronized() {
        Some(true) => ok("clock", "is kept in step"),
        Some(false) => {
            warning("clock", "nothing keeps it in step, and aliases live by it; install systemd-timesyncd or chrony")
        }
        None => warning("clock", "the kernel does not tell whether it is kept in step"),
    });
    findings
}

fn daemon(door: &Path, status: &io::Result<Result<DaemonStatus, AdminError>>) -> Finding {
    match status {
        Ok(Ok(DaemonStatus { processes, version, .. })) => {
            ok("daemon", format!("version {version} runs, {} processes", processes.len()))
        }
        Ok(_) => warning("daemon", "runs, and its store does not answer"),
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
            warning("daemon", format!("{} is not for this user; run this as root", door.display()))
        }
        Err(_) => {
            warning("daemon", format!("does not run; it starts with the first connection after: {START_COMMAND}"))
        }
    }
}

/// Where to connect: the address that is configured; without one, the port of the socket unit.
fn local_address(listen: &[SocketAddr], usual: u16) -> SocketAddr {
    let Some(first) = listen.first() else { return (Ipv4Addr::LOCALHOST, usual).into() };
    match first.ip() {
        ip if !ip.is_unspecified() => *first,
        _ => (Ipv4Addr::LOCALHOST, first.port()).into(),
    }
}

/// Nobody answers: the daemon is not started yet, or not well.
fn silent(address: SocketAddr, cause: &io::Error, runs: bool) -> Finding {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused if !runs => {
            warning("port", format!("{address} is not served yet; {START_COMMAND}"))
        }
        _ => fault("port", format!("{address} does not answer ({cause}); see systemctl status tempalias.socket")),
    }
}

async fn mail_port(config: &Config, runs: bool) -> Finding {
    let address = local_address(&config.monitor.smtp_listen, 25);
    let greeting = reply::greeting(&config.smtp.live.hostname);
    match exchange(address, b"", PORT_TIMEOUT + config.smtp.live.greeting_delay).await {
        Ok(said) if said == greeting.as_bytes() => {
            ok("port", format!("{address} answers as {}", config.smtp.live.hostname))
        }
        Ok(said) if said.starts_with(b"421") => {
            warning("port", format!("{address} answers that it is busy; try again"))
        }
        Ok(said) if said.starts_with(b"220") => fault(
            "port",
            format!(
                "{address} is another mail server's; stop it, or move it (Postfix: master.cf) and make it the smarthost"
            ),
        ),
        Ok(_) => fault("port", format!("{address} does not greet; see journalctl -u tempalias")),
        Err(cause) => silent(address, &cause, runs),
    }
}

async fn web_port(config: &Config, runs: bool) -> Finding {
    let address = local_address(&config.monitor.web_listen, 80);
    let address_is_trusted = config.web.live.trusted_proxies.iter().any(|network| network.contains(&address.ip()));
    // We come from where we go to; if that is a proxy's, we must begin as one.
    let header = if config.web.live.proxy_protocol && address_is_trusted { "PROXY UNKNOWN\r\n" } else { "" };
    let question = format!("{header}GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    match exchange(address, question.as_bytes(), PORT_TIMEOUT).await {
        Ok(said) if said.starts_with(b"HTTP/1.1 200") && contains(&said, b"ready") => {
            ok("port", format!("{address} answers"))
        }
        Ok(said) if said.starts_with(b"HTTP/1.1 503") => {
            fault("port", format!("{address} answers that the store does not; see journalctl -u tempalias"))
        }
        Ok(_) => {
            fault("port", format!("{address} is another web server's; stop it, or give tempalias.socket another port"))
        }
        Err(cause) => silent(address, &cause, runs),
    }
}

async fn exchange(address: SocketAddr, question: &[u8], limit: Duration) -> io::Result<Vec<u8>> {
    let talk = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(question).await?;
        let mut answer = Vec::new();
        let more = |answer: &[u8]| answer.len() < 4096 && (!question.is_empty() || !answer.ends_with(b"\n"));
        while more(&answer) && stream.read_buf(&mut answer).await? > 0 {}
        Ok(answer)
    };
    timeout(limit, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The store of a daemon that does not run.
async fn store(config: &Config) -> Finding {
    match &config.vault.fixed.store {
        Store::Redb { path } => match path.parent().map(std::fs::metadata) {
            Some(Ok(directory)) if owner(config) == Some(directory.uid()) && directory.mode() & 0o200 != 0 => {
                ok("store", format!("{} has a place", path.display()))
            }
            Some(Ok(_)) => {
                fault("store", format!("{} cannot be written to; chown it to {}", path.display(), config.monitor.user))
            }
            // Systemd makes it when it starts the daemon.
            _ => {
                warning("store", format!("the directory of {} is not there yet; the service makes it", path.display()))
            }
        },
        Store::Redis(redis) => match vault::check_redis(redis).await {
            Ok(()) => ok("store", "Redis answers"),
            Err(cause) => fault("store", format!("Redis does not answer: {cause}; see url under [store]")),
        },
    }
}

/// Whom the daemon's files must belong to: the user it becomes, or who we are where there is none.
fn owner(config: &Config) -> Option<u32> {
    Identity::find(&config.monitor.user, &config.monitor.group)
        .ok()?
        .map_or_else(|_| Some(current_user()), |user| Some(user.uid()))
}
