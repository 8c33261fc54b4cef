//! The smarthost: whether it is there, and takes mail from us for others.

use super::{Finding, fault, odd, well};
use crate::config::Config;
use crate::proto::response::{self, Extensions};
use crate::proto::status::Status;
use crate::runtime::{Resolver, read};
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For each reply.
const PATIENCE: Duration = Duration::from_secs(30);

const SUBJECT: &str = "smarthost";

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let host = &config.relay.fixed.smarthost;
    let place = format!("{}:{}", host.name, host.port);
    let addresses = match Resolver::for_hosts([host.name.as_str()].into_iter()) {
        Ok(resolver) => timeout(PATIENCE, resolver.addresses(&host.name, host.port)).await.unwrap_or_default(),
        Err(cause) => return vec![fault(SUBJECT, cause)],
    };
    if addresses.is_empty() {
        return vec![fault(SUBJECT, format!("{} has no address; correct smarthost under [relay]", host.name))];
    }
    let mut cause = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                return converse(Conversation { stream, input: Vec::new() }, config, &place).await.unwrap_or_else(
                    |cause| vec![fault(SUBJECT, format!("{place} does not speak SMTP with us ({cause}); see its log"))],
                );
            }
            Ok(Err(e)) => cause = e,
            Err(_) => cause = io::ErrorKind::TimedOut.into(),
        }
    }
    vec![fault(SUBJECT, format!("{place} does not answer ({cause}); start it, or correct smarthost under [relay]"))]
}

async fn converse(mut host: Conversation, config: &Config, place: &str) -> io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let (greeting, _) = host.reply().await?;
    if let 400..500 = greeting.code {
        return Ok(vec![later(place, greeting.code)]);
    }
    if greeting.code != 220 {
        return Ok(vec![fault(
            SUBJECT,
            format!("{place} greets with {}: it does not want mail from here; see its log", greeting.code),
        )]);
    }
    let (hello, extensions) = host.ask(&format!("EHLO {}", config.relay.fixed.hostname)).await?;
    if hello.code != 250 {
        return Ok(vec![fault(SUBJECT, format!("{place} answers EHLO with {}; see its log", hello.code))]);
    }
    for (has, what) in [(extensions.eight_bit_mime, "8BITMIME"), (extensions.pipelining, "PIPELINING")] {
        if !has {
            findings.push(odd(SUBJECT, format!("{place} has no {what}: some mail is refused, or slower")));
        }
    }
    let sender =
        config.smtp.live.domains.first().map(|domain| format!("postmaster@{}", domain.as_str())).unwrap_or_default();
    let (mail, _) = host.ask(&format!("MAIL FROM:<{sender}>")).await?;
    if let 400..500 = mail.code {
        findings.push(later(place, mail.code));
        host.leave().await;
        return Ok(findings);
    }
    if mail.code != 250 {
        host.leave().await;
        findings.push(fault(
            SUBJECT,
            format!("{place} takes no mail from our domain ({}); it must: reverse-paths are rewritten to it, unless reverse_path is \"keep\"", mail.code),
        ));
        return Ok(findings);
    }
    let Some(postmaster) = &config.vault.live.postmaster else {
        host.leave().await;
        findings.push(odd(
            SUBJECT,
            format!("{place} answers; set postmaster to have it asked whether it takes mail for others"),
        ));
        return Ok(findings);
    };
    let (rcpt, _) = host.ask(&format!("RCPT TO:<{}>", postmaster.expose())).await?;
    findings.push(match rcpt.code {
        250 | 251 => well(SUBJECT, format!("{place} takes mail for the postmaster's address")),
        code @ 400..500 => later(place, code),
        code => fault(
            SUBJECT,
            format!("{place} takes no mail for the postmaster's address ({code}); allow this host to relay (Postfix: mynetworks)"),
        ),
    });
    host.leave().await;
    Ok(findings)
}

struct Conversation {
    stream: TcpStream,
    input: Vec<u8>,
}

/// Put off, by greylisting perhaps: no fault, and no answer either.
fn later(place: &str, code: u16) -> Finding {
    odd(SUBJECT, format!("{place} puts us off for now ({code}); try again"))
}

impl Conversation {
    /// Whatever it says now, no mail was sent.
    async fn leave(&mut self) {
        let _ = self.ask("RSET").await;
        let _ = self.ask("QUIT").await;
    }

    async fn ask(&mut self, line: &str) -> io::Result<(Status, Extensions)> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    async fn reply(&mut self) -> io::Result<(Status, Extensions)> {
        let hear = async {
            loop {
                if let Some((status, extensions, taken)) =
                    response::parse(&self.input).map_err(|_| io::Error::other("not SMTP"))?
                {
                    self.input.drain(..taken);
                    return Ok((status, extensions));
                }
                if read(&mut self.stream, &mut self.input).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        };
        timeout(PATIENCE, hear).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}
