//! This host: the daemon, its ports, its store, the clock.

use super::{Finding, fault, odd, well};
use crate::config::Config;
use crate::config::settings::Store;
use crate::door::{Door, ask_once};
use crate::sys::clock;
use crate::vault;
use crate::wire::admin::{Answer, Request, Status};
use crate::wire::figures::Figure;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For a port of this host to answer.
const PATIENCE: Duration = Duration::from_secs(5);

const START: &str = "systemctl enable --now tempalias.socket";

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let door = Door::Admin.path(&config.runtime_dir);
    let status = ask_once(&door, Request::Status);
    let mut findings = vec![daemon(&door, &status)];
    findings.push(mail_port(config).await);
    findings.push(web_port(config).await);
    findings.push(match status {
        Ok(Answer::Status(status)) if status.figures[Figure::StoreUp] == 1 => {
            well("store", "the daemon says that it answers")
        }
        Ok(_) => fault("store", "the daemon says that it does not answer; its log says why (journalctl -u tempalias)"),
        Err(_) => store(config).await,
    });
    findings.push(match clock::is_synchronized() {
        Some(true) => well("clock", "is kept in step"),
        Some(false) => {
            odd("clock", "nothing keeps it in step, and aliases live by it; install systemd-timesyncd or chrony")
        }
        None => odd("clock", "the kernel does not tell whether it is kept in step"),
    });
    findings
}

fn daemon(door: &Path, status: &io::Result<Answer>) -> Finding {
    match status {
        Ok(Answer::Status(Status { processes, version, .. })) => {
            well("daemon", format!("version {version} runs, {} processes", processes.len()))
        }
        Ok(_) => odd("daemon", "runs, and its store does not answer"),
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
            odd("daemon", format!("{} is not for this user; run this as root", door.display()))
        }
        Err(_) => odd("daemon", format!("does not run; it starts with the first connection after: {START}")),
    }
}

/// The port that is served: the one that is configured, which without further ado is what the socket unit has.
fn port(listen: &[std::net::SocketAddr], usual: u16) -> u16 {
    listen.first().map_or(usual, std::net::SocketAddr::port)
}

async fn mail_port(config: &Config) -> Finding {
    let port = port(&config.smtp_listen, 25);
    match said(port, b"").await {
        Ok(said) if said.starts_with(b"220 ") && contains(&said, config.smtp.hostname.as_bytes()) => {
            well("port", format!("{port} answers as {}", config.smtp.hostname))
        }
        Ok(said) if said.starts_with(b"220") => fault(
            "port",
            format!(
                "{port} is another mail server's; stop it, or move it (Postfix: master.cf) and make it the smarthost"
            ),
        ),
        Ok(_) => fault("port", format!("{port} does not greet; see journalctl -u tempalias")),
        Err(cause) => fault("port", format!("{port} does not answer ({cause}); {START}")),
    }
}

async fn web_port(config: &Config) -> Finding {
    let port = port(&config.web_listen, 80);
    match said(port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await {
        Ok(said) if said.starts_with(b"HTTP/1.1 200") && contains(&said, b"ready") => {
            well("port", format!("{port} answers"))
        }
        Ok(said) if said.starts_with(b"HTTP/1.1 503") => {
            fault("port", format!("{port} answers that the store does not; see journalctl -u tempalias"))
        }
        Ok(_) => {
            fault("port", format!("{port} is another web server's; stop it, or give tempalias.socket another port"))
        }
        Err(cause) => fault("port", format!("{port} does not answer ({cause}); {START}")),
    }
}

async fn said(port: u16, question: &[u8]) -> io::Result<Vec<u8>> {
    let talk = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(question).await?;
        let mut answer = Vec::new();
        while answer.len() < 4096
            && stream.read_buf(&mut answer).await? > 0
            && (!question.is_empty() || !answer.ends_with(b"\n"))
        {}
        Ok(answer)
    };
    timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The store of a daemon that does not run.
async fn store(config: &Config) -> Finding {
    match &config.vault.store {
        Store::Redb { path } => match path.parent().map(std::fs::metadata) {
            Some(Ok(directory)) if directory.mode() & 0o200 != 0 => {
                well("store", format!("{} has a place", path.display()))
            }
            Some(Ok(_)) => {
                fault("store", format!("{} cannot be written to; chown it to {}", path.display(), config.user))
            }
            // Systemd makes it when it starts the daemon.
            _ => odd("store", format!("the directory of {} is not there yet; the service makes it", path.display())),
        },
        Store::Redis(redis) => match vault::ask_redis(redis).await {
            Ok(()) => well("store", "Redis answers"),
            Err(cause) => fault("store", format!("Redis does not answer: {cause}; see url under [store]")),
        },
    }
}
