//! A mail session: commands in, replies out, in order.

use super::SmtpContext;
use super::connection::Connection;
use super::link::Link;
use super::transaction::{Due, Transaction};
use crate::alias::AliasAddress;
use crate::net::Timer;
use crate::proto::command::{self, Command, Mail, Recipient};
use crate::proto::line::{Flaw, Lines, Next};
use crate::proto::reply::{self, Reply};
use crate::runtime::{ConnectionPermit, DrainGuard};
use crate::wire::metrics::Metric;
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

/// How long a client may be silent that has a recipient accepted. RFC 5321 §4.5.3.2.7 would have five minutes;
/// clients that are about to send a message take none.
const HOLDING: Duration = Duration::from_secs(60);

/// Why a session ends.
pub(super) enum End {
    /// With these as the last words.
    Said(Reply),
    /// The client is gone.
    Gone,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// How the client calls itself, and which protocol it thereby speaks.
pub(super) struct Hello {
    pub(super) name: Box<str>,
    pub(super) extended: bool,
}

/// What a session has done so far, against its bounds.
#[derive(Default)]
struct Usage {
    commands: u32,
    errors: u32,
    unknown: u32,
}

/// One session. Small while it is idle: what a transaction needs is made for it and gone with it.
pub(super) struct Session {
    pub(super) context: Rc<SmtpContext>,
    pub(super) client: Connection,
    pub(super) peer: IpAddr,
    pub(super) number: u64,
    pub(super) messages: u32,
    pub(super) hello: Option<Hello>,
    pub(super) transaction: Option<Box<Transaction>>,
    pub(super) link: Option<Box<Link>>,
    pub(super) timer: Timer,
    lines: Lines,
    usage: Usage,
    _place: ConnectionPermit,
}

impl Session {
    pub(super) fn new(client: Connection, peer: IpAddr, place: ConnectionPermit, context: Rc<SmtpContext>) -> Self {
        let number = context.numbers.next();
        Self {
            client,
            peer,
            number,
            messages: 0,
            hello: None,
            transaction: None,
            link: None,
            timer: Timer::new(context.settings.command_timeout),
            context,
            lines: Lines::default(),
            usage: Usage::default(),
            _place: place,
        }
    }

    /// The session from greeting to farewell.
    pub(super) async fn attend(mut self, draining: DrainGuard) {
        let until_expired = draining.clone();
        let end = tokio::select! {
            Err(end) = self.converse(&draining) => end,
            () = until_expired.expired() => End::Said(reply::SHUTTING_DOWN),
        };
        // What is held is free for others while this client is still being told.
        self.transaction = None;
        self.link = None;
        if let End::Said(reply) = end {
            let id = format_args!("{:x}", self.number);
            if [reply::TOO_MANY_COMMANDS, reply::TOO_MANY_ERRORS, reply::TOO_MANY_UNKNOWN].contains(&reply) {
                info!(id, peer = %self.peer, "a session was cut off");
            } else {
                debug!(id, peer = %self.peer, code = reply.code, "session ended");
            }
            self.client.say(&reply);
            self.client.farewell(reply == reply::BYE).await;
        }
    }

    async fn converse(&mut self, draining: &DrainGuard) -> Result<Infallible, End> {
        self.greet().await?;
        let mut silent_since = Instant::now();
        loop {
            let mut spoken = false;
            while let Some(heard) = self.hear()? {
                spoken = true;
                match heard {
                    Ok(Command::Rcpt(recipient)) => self.rcpt(recipient).await?,
                    other => {
                        self.resolve().await?;
                        match other {
                            Ok(command) => self.obey(command).await?,
                            Err(fault) => self.fault(&fault)?,
                        }
                    }
                }
            }
            self.resolve().await?;
            self.tell().await?;
            // Octets that make no line do not count as words.
            if spoken {
                silent_since = Instant::now();
            }
            self.listen(draining, silent_since).await?;
        }
    }

    /// Nobody who speaks before the greeting speaks SMTP (RFC 5321 §3.1).
    async fn greet(&mut self) -> Result<(), End> {
        let delay = self.context.settings.greeting_delay;
        let early = if delay.is_zero() {
            self.client.has_spoken()
        } else {
            tokio::time::timeout(delay, self.client.listen()).await.is_ok()
        };
        if early {
            return Err(End::Said(reply::EARLY_TALKER));
        }
        self.client.say_lines(&format!("220 {} ESMTP tempalias\r\n", self.context.settings.hostname));
        self.tell().await
    }

    /// Sends what is to be said; a client that does not listen is given up.
    pub(super) async fn tell(&mut self) -> Result<(), End> {
        match self.timer.timeout(self.context.settings.command_timeout, self.client.flush()).await {
            Some(told) => Ok(told?),
            None => Err(End::Gone),
        }
    }

    /// The next whole line of what has been said, parsed.
    fn hear(&mut self) -> Result<Option<Result<Command, Reply>>, End> {
        let heard = loop {
            let (heard, taken) = match self.lines.next(self.client.pending()) {
                Next::Line(Ok(line), taken) => (command::parse(line), taken),
                Next::Line(Err(Flaw::TooLong), taken) => (Err(reply::LINE_TOO_LONG), taken),
                Next::Line(Err(Flaw::Discipline), taken) => (Err(reply::BAD_LINE), taken),
                Next::Swallow(octets) => {
                    self.client.consume(octets);
                    continue;
                }
                Next::More => return Ok(None),
            };
            self.client.consume(taken);
            break heard;
        };
        self.usage.commands += 1;
        if self.usage.commands > self.context.settings.max_commands {
            return Err(End::Said(reply::TOO_MANY_COMMANDS));
        }
        Ok(Some(heard))
    }

    /// Waits for more, until the session's or the transaction's time is up.
    async fn listen(&mut self, draining: &DrainGuard, since: Instant) -> Result<(), End> {
        let limit = self.patience_left(since);
        let (client, idle) = (&mut self.client, self.transaction.is_none());
        let heard = async {
            tokio::select! {
                biased;
                octets = client.listen() => if octets? == 0 { Err(End::Gone) } else { Ok(()) },
                () = draining.stopping(), if idle => Err(End::Said(reply::SHUTTING_DOWN)),
            }
        };
        self.timer.timeout(limit, heard).await.unwrap_or(Err(End::Said(reply::TIMED_OUT)))
    }

    /// How long a client that is silent since then may go on.
    fn patience_left(&self, since: Instant) -> Duration {
        let usual = self.context.settings.command_timeout;
        let end = match &self.transaction {
            // A recipient that is accepted keeps a connection to the next host from others.
            Some(transaction) if transaction.accepted() > 0 => (since + usual.min(HOLDING)).min(transaction.deadline()),
            _ => since + usual,
        };
        end.saturating_duration_since(Instant::now())
    }

    /// Says that something was wrong with what the client said.
    pub(super) fn fault(&mut self, fault: &Reply) -> Result<(), End> {
        self.client.say(fault);
        self.usage.errors += 1;
        if self.usage.errors >= self.context.settings.max_errors {
            return Err(End::Said(reply::TOO_MANY_ERRORS));
        }
        Ok(())
    }

    async fn obey(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::Helo(name) => self.hello(name, false).await,
            Command::Ehlo(name) => self.hello(name, true).await,
            Command::Mail(mail) => return self.mail(mail),
            // Recipients are gathered before they get here.
            Command::Rcpt(recipient) => return self.rcpt(recipient).await,
            // Boxed: a session is idle for longer than it is busy.
            Command::Data => return Box::pin(self.data()).await,
            Command::Rset => {
                self.reset().await;
                self.client.say(&reply::OK);
            }
            Command::Noop => self.client.say(&reply::OK),
            Command::Vrfy => self.client.say(&reply::NOT_TOLD),
            Command::Help => self.client.say(&reply::HELP),
            Command::Quit => return Err(End::Said(reply::BYE)),
        }
        Ok(())
    }

    async fn hello(&mut self, name: String, extended: bool) {
        self.reset().await;
        let settings = &self.context.settings;
        let hostname = &settings.hostname;
        let lines = if extended {
            let size = settings.max_message_size;
            format!(
                "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"
            )
        } else {
            format!("250 {hostname}\r\n")
        };
        self.client.say_lines(&lines);
        self.hello = Some(Hello { name: name.into(), extended });
    }

    fn mail(&mut self, mail: Mail) -> Result<(), End> {
        if self.hello.is_none() || self.transaction.is_some() {
            return self.fault(&reply::BAD_SEQUENCE);
        }
        let settings = &self.context.settings;
        if mail.size.is_some_and(|size| size > settings.max_message_size) {
            self.client.say(&reply::TOO_LARGE);
            return Ok(());
        }
        let transaction = Transaction::new(mail, self.context.fixed.transaction_timeout, self.context.vault.clone());
        self.transaction = Some(Box::new(transaction));
        self.client.say(&reply::SENDER_OK);
        Ok(())
    }

    /// Asks about a recipient; its reply comes with [`Self::resolve`], after those before it.
    async fn rcpt(&mut self, recipient: Recipient) -> Result<(), End> {
        let Some(transaction) = &mut self.transaction else { return self.fault(&reply::BAD_SEQUENCE) };
        let context = &self.context;
        let domains = &context.settings.domains;
        let alias = match recipient {
            Recipient::Path(path) if !path.is_ascii() && !transaction.mail.utf8 => {
                transaction.due.push(Due::Told(reply::NEEDS_UTF8));
                return Ok(());
            }
            Recipient::Path(path) => AliasAddress::of(&path, domains),
            Recipient::Postmaster => {
                domains.first().and_then(|d| AliasAddress::parse(&format!("postmaster@{d}"), domains))
            }
        };
        let Some(alias) = alias else {
            transaction.due.push(Due::Told(reply::RELAY_DENIED));
            return Ok(());
        };
        // Whether it is one too many, or one that is there already, those before it decide.
        if transaction.possible() >= context.settings.max_recipients || transaction.awaits(&alias) {
            self.resolve().await?;
        }
        let Some(transaction) = &mut self.transaction else { return Ok(()) };
        if transaction.has(&alias) {
            transaction.due.push(Due::Told(reply::RECIPIENT_OK));
        } else if transaction.accepted() >= self.context.settings.max_recipients {
            transaction.due.push(Due::Told(reply::TOO_MANY_RECIPIENTS));
        } else {
            transaction.ask(alias);
        }
        Ok(())
    }

    /// Replies to all recipients that are due.
    async fn resolve(&mut self) -> Result<(), End> {
        let Some(transaction) = self.transaction.as_mut().filter(|t| !t.due.is_empty()) else { return Ok(()) };
        // Boxed for the same reason as DATA.
        for reply in Box::pin(transaction.resolve(&mut self.link, &self.context.links)).await {
            self.context.recorder.increment(match reply.code {
                200..300 => Metric::RecipientsAccepted,
                400..500 => Metric::RecipientsDeferred,
                _ if reply == reply::UNKNOWN_USER => Metric::RecipientsUnknown,
                _ => Metric::RecipientsRejected,
            });
            if reply == reply::UNKNOWN_USER {
                self.usage.unknown += 1;
                self.client.say(&reply);
                if self.usage.unknown >= self.context.settings.max_unknown {
                    return Err(End::Said(reply::TOO_MANY_UNKNOWN));
                }
            } else if reply == reply::RELAY_DENIED {
                self.fault(&reply)?;
            } else {
                self.client.say(&reply);
            }
        }
        Ok(())
    }

    /// Forgets the transaction.
    pub(super) async fn reset(&mut self) {
        let Some(transaction) = self.transaction.take() else { return };
        if let Some(mut link) = self.link.take()
            && (!transaction.begun || link.abort().await.is_ok())
        {
            self.context.links.put(*link);
        }
    }
}
