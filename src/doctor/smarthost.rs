//! The smarthost: whether it is there, and takes mail from us for others. Asked as `relay` asks it, by the same client.

use super::{Finding, fault, ok, warning};
use crate::config::Config;
use crate::net::Transport;
use crate::net::smtp_client::{ConnectionError, ConnectionLost, SmtpConnection, Timeouts};
use crate::proto::client::{ClientError, MailFrom};
use crate::proto::status::Status;
use crate::runtime::Resolver;
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// For the DNS, for each attempt to connect, and for each reply.
const SMARTHOST_TIMEOUT: Duration = Duration::from_secs(30);

const SUBJECT: &str = "smarthost";

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let host = &config.relay.fixed.smarthost;
    let target = format!("{}:{}", host.name, host.port);
    let addresses = match Resolver::for_hosts([host.name.as_str()].into_iter()) {
        Ok(resolver) => timeout(SMARTHOST_TIMEOUT, resolver.addresses(&host.name, host.port)).await.unwrap_or_default(),
        Err(cause) => return vec![fault(SUBJECT, cause)],
    };
    if addresses.is_empty() {
        return vec![fault(SUBJECT, format!("{} has no address; correct smarthost under [relay]", host.name))];
    }
    let mut cause = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match timeout(SMARTHOST_TIMEOUT, Transport::connect(address)).await {
            Ok(Ok(transport)) => {
                return converse(transport, config, &target).await.unwrap_or_else(
                    |ConnectionLost { cause, .. }| {
                        vec![fault(SUBJECT, format!("{target} does not speak SMTP with us ({cause}); see its log"))]
                    },
                );
            }
            Ok(Err(e)) => cause = e,
            Err(_) => cause = io::ErrorKind::TimedOut.into(),
        }
    }
    vec![fault(SUBJECT, format!("{target} does not answer ({cause}); start it, or correct smarthost under [relay]"))]
}

async fn converse(transport: Transport, config: &Config, target: &str) -> Result<Vec<Finding>, ConnectionLost> {
    let timeouts = Timeouts {
        connect: SMARTHOST_TIMEOUT,
        command: SMARTHOST_TIMEOUT,
        data_init: SMARTHOST_TIMEOUT,
        data_block: SMARTHOST_TIMEOUT,
        data_end: SMARTHOST_TIMEOUT,
    };
    let mut connection = match SmtpConnection::over(transport, &config.relay.fixed.hostname, timeouts).await {
        Ok(connection) => connection,
        Err(ConnectionLost { cause: ConnectionError::Protocol(ClientError::GreetingRefused(status)), .. }) => {
            return Ok(vec![greeting_refused(target, status)]);
        }
        Err(ConnectionLost { cause: ConnectionError::Protocol(ClientError::HelloRefused(status)), .. }) => {
            return Ok(vec![ehlo_refused(target, status)]);
        }
        Err(lost) => return Err(lost),
    };
    let findings = match connection.refused_ehlo() {
        Some(status) => vec![ehlo_refused(target, status)],
        None => try_envelope(&mut connection, config, target).await?,
    };
    // Whatever the host says to QUIT, no mail was sent.
    let _ = connection.close().await;
    Ok(findings)
}

/// MAIL and RCPT, as for a message to the postmaster.
async fn try_envelope(
    connection: &mut SmtpConnection,
    config: &Config,
    target: &str,
) -> Result<Vec<Finding>, ConnectionLost> {
    let extensions = connection.extensions();
    let mut findings: Vec<Finding> = [(extensions.eight_bit_mime, "8BITMIME"), (extensions.pipelining, "PIPELINING")]
        .into_iter()
        .filter(|(has, _)| !has)
        .map(|(_, what)| warning(SUBJECT, format!("{target} has no {what}: some mail is refused, or slower")))
        .collect();
    let reverse_path =
        config.smtp.live.domains.first().map(|domain| format!("postmaster@{}", domain.as_str())).unwrap_or_default();
    let mail = MailFrom { reverse_path, ..MailFrom::default() };
    if let Err(status) = with_any_status(connection.mail(&mail, &[]).await)? {
        findings.push(mail_refused(target, status));
        return Ok(findings);
    }
    let Some(postmaster) = &config.vault.live.postmaster else {
        findings.push(warning(
            SUBJECT,
            format!("{target} answers; set postmaster to have it asked whether it takes mail for others"),
        ));
        findings.extend(try_route(connection, config, target).await?);
        return Ok(findings);
    };
    let statuses = connection.rcpt(&[postmaster]).await;
    let refused = match with_any_status(statuses.map(Ok))? {
        Ok(statuses) => statuses.into_iter().find(|status| !status.is_positive()),
        Err(status) => Some(status),
    };
    match refused {
        None => {
            findings.push(ok(SUBJECT, format!("{target} takes mail for the postmaster's address")));
            findings.extend(try_route(connection, config, target).await?);
        }
        Some(status) => findings.push(rcpt_refused(target, status)),
    }
    Ok(findings)
}

/// RCPT with a recipient that names a route, as no alias may (docs/addresses.md): if the host takes it, it may send such
/// mail on. Nothing is sent here.
async fn try_route(
    connection: &mut SmtpConnection,
    config: &Config,
    target: &str,
) -> Result<Option<Finding>, ConnectionLost> {
    let route = format!("postmaster%example.org@{}", config.relay.fixed.hostname);
    let Ok(recipient) = route.clone().try_into() else { return Ok(None) };
    let statuses = connection.rcpt(&[&recipient]).await;
    let is_taken =
        with_any_status(statuses.map(Ok))?.is_ok_and(|statuses| statuses.iter().all(|status| status.is_positive()));
    Ok(is_taken.then(|| {
        let what = format!(
            "{target} takes {route} as a recipient, and may send its mail on to example.org; no alias leads to such an \
             address, but others may use it (Postfix: allow_percent_hack = no, swap_bangpath = no)"
        );
        warning(SUBJECT, what)
    }))
}

/// A reply after which relay gives the connection up, 421 above all, is a status like others to an administrator.
fn with_any_status<T>(outcome: Result<Result<T, Status>, ConnectionLost>) -> Result<Result<T, Status>, ConnectionLost> {
    match outcome {
        Err(ConnectionLost { cause: ConnectionError::Protocol(ClientError::Unexpected(status)), .. }) => {
            Ok(Err(status))
        }
        outcome => outcome,
    }
}

fn greeting_refused(target: &str, Status { code, .. }: Status) -> Finding {
    match code {
        400..500 => deferred(target, code),
        _ => fault(SUBJECT, format!("{target} greets with {code}: it does not want mail from here; see its log")),
    }
}

fn ehlo_refused(target: &str, Status { code, .. }: Status) -> Finding {
    fault(SUBJECT, format!("{target} answers EHLO with {code}; see its log"))
}

fn mail_refused(target: &str, Status { code, .. }: Status) -> Finding {
    match code {
        400..500 => deferred(target, code),
        _ => fault(
            SUBJECT,
            format!(
                "{target} takes no mail from our domain ({code}); it must: reverse-paths are rewritten to it, unless \
                 reverse_path is \"keep\""
            ),
        ),
    }
}

fn rcpt_refused(target: &str, Status { code, .. }: Status) -> Finding {
    match code {
        400..500 => deferred(target, code),
        _ => fault(
            SUBJECT,
            format!(
                "{target} takes no mail for the postmaster's address ({code}); allow this host to relay (Postfix: \
                 mynetworks)"
            ),
        ),
    }
}

/// By greylisting perhaps: no fault, and no answer either.
fn deferred(target: &str, code: u16) -> Finding {
    warning(SUBJECT, format!("{target} defers for now ({code}); try again"))
}
