//! The client's side of the dialog with one host, as a state machine: no I/O, no clock.
//!
//! 1. The host greets. EHLO, or HELO if the host refuses EHLO for good (RFC 5321 §4.1.1.1).
//! 2. MAIL and RCPT. With PIPELINING (RFC 2920) they go out in one piece; without it each command is held back until
//!    the reply to the one before has come.
//! 3. DATA, and the 354 that goes ahead.
//! 4. The content, dot-stuffed, and the final dot. Until the dot has been flushed there is no message
//!    (RFC 5321 §4.1.1.4). If the connection is lost after that, the message is in doubt.
//! 5. The reply to the dot ends the transaction, and the connection can be reused. RSET ends a transaction before DATA.
//!    Nobody waits for the reply to RSET: it is owed, and is taken off before the replies to later commands.
//! 6. QUIT.
//!
//! A driver writes what [`ClientSession`] adds to `output`, and hands it what it reads. A reply that no command has
//! asked for shows that host and client are out of step: the connection is then of no more use.

mod command;
mod event;
#[cfg(test)]
mod tests;

pub use command::MailFrom;
pub use event::{ClientError, ClientEvent, DialogPhase};

use super::dot_stuffing::DotStuffer;
use super::reply::greeting;
use super::response::{self, Extensions, ResponseError};
use super::status::Status;
use crate::alias::RealAddress;
use command::{write_mail, write_rcpt};
use std::mem;

/// How far the dialog has come. From `Mail` to `DotFlushed`, each state is about one transaction.
///
/// STARTTLS, with a second EHLO, and then AUTH will be states between `Ehlo` and `Ready`.
enum State {
    /// The greeting is due.
    Greeting { hostname: String },
    /// The reply to EHLO is due.
    Ehlo { hostname: String },
    /// The reply to HELO is due.
    Helo { ehlo: Status },
    /// No transaction.
    Ready,
    /// The replies to MAIL and to so many RCPTs are due.
    Mail { recipients: usize },
    /// MAIL was refused. The replies to so many RCPTs are due, and tell nothing.
    MailRefused { status: Status, due: usize },
    /// The replies to so many RCPTs are due.
    Rcpt { due: usize },
    /// A transaction to which recipients may be added, and which DATA may follow.
    Open,
    /// The reply to DATA is due.
    Data,
    /// Content is on its way.
    Content(DotStuffer),
    /// All content and the final dot are in `output`.
    DotQueued,
    /// The final dot is the host's, and its reply due.
    DotFlushed,
    /// The reply to QUIT is due.
    Quit,
    /// Nothing can follow. `in_doubt`: the host may have the message.
    Closed { in_doubt: bool },
}

/// The dialog.
pub struct ClientSession {
    state: State,
    extensions: Extensions,
    refused_ehlo: Option<Status>,
    /// Replies to RSET that have not come: they come before the replies that `state` waits for.
    owed_resets: usize,
    /// Without PIPELINING: the commands that wait for the reply to the one before.
    held_back: Vec<u8>,
}

impl ClientSession {
    /// The dialog over a connection that was just made; `hostname` is for EHLO.
    pub fn new(hostname: &str) -> Self {
        Self {
            state: State::Greeting { hostname: hostname.to_owned() },
            extensions: Extensions::default(),
            refused_ehlo: None,
            owed_resets: 0,
            held_back: Vec::new(),
        }
    }

    /// What the host has announced. Nothing before [`ClientEvent::Ready`].
    pub fn extensions(&self) -> Extensions {
        self.extensions
    }

    /// The host's reply to EHLO, if it was one that made us say HELO.
    pub fn refused_ehlo(&self) -> Option<Status> {
        self.refused_ehlo
    }

    /// Whether there is no transaction, so that the connection can be reused for the next one.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready)
    }

    /// Whether the host may have the message if the connection is lost now, or was just lost.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self.state, State::DotFlushed | State::Closed { in_doubt: true })
    }

    /// What the next wait is for.
    pub fn phase(&self) -> DialogPhase {
        match self.state {
            State::Data => DialogPhase::DataInit,
            State::Content(_) | State::DotQueued => DialogPhase::DataBlock,
            State::DotFlushed => DialogPhase::DataEnd,
            _ => DialogPhase::Command,
        }
    }

    /// MAIL, and RCPT for each of `recipients`, which may be none.
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn mail(
        &mut self,
        mail: &MailFrom,
        recipients: &[&RealAddress],
        output: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        let State::Ready = self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        let size = mail.size.filter(|_| self.extensions.size);
        self.send(self.owed_resets > 0, output, |out| write_mail(mail, size, out));
        recipients.iter().for_each(|recipient| self.send(true, output, |out| write_rcpt(recipient, out)));
        self.state = State::Mail { recipients: recipients.len() };
        Ok(())
    }

    /// RCPT for each of `recipients`, which may be none.
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn rcpt(&mut self, recipients: &[&RealAddress], output: &mut Vec<u8>) -> Result<(), ClientError> {
        let State::Open = self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        for (number, recipient) in recipients.iter().enumerate() {
            self.send(number > 0, output, |out| write_rcpt(recipient, out));
        }
        self.state = State::Rcpt { due: recipients.len() }.or_open();
        Ok(())
    }

    /// DATA.
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn data(&mut self, output: &mut Vec<u8>) -> Result<(), ClientError> {
        let State::Open = self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        output.extend_from_slice(b"DATA\r\n");
        self.state = State::Data;
        Ok(())
    }

    /// The next piece of the content: CRLF line ends, not yet dot-stuffed.
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn content(&mut self, content: &[u8], output: &mut Vec<u8>) -> Result<(), ClientError> {
        let State::Content(stuffer) = &mut self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        stuffer.feed(content, output);
        Ok(())
    }

    /// The final dot. The driver says when it [was flushed](Self::flushed).
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<(), ClientError> {
        let State::Content(stuffer) = &self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        stuffer.end(output);
        self.state = State::DotQueued;
        Ok(())
    }

    /// All of `output` is written: if the final dot was in it, the message may be the host's from now on.
    pub fn flushed(&mut self) {
        if let State::DotQueued = self.state {
            self.state = State::DotFlushed;
        }
    }

    /// RSET: ends a transaction before DATA. Nobody has to wait for the reply.
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn reset(&mut self, output: &mut Vec<u8>) -> Result<(), ClientError> {
        let (State::Ready | State::Open) = self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        self.send(self.owed_resets > 0, output, |out| out.extend_from_slice(b"RSET\r\n"));
        self.owed_resets += 1;
        self.state = State::Ready;
        Ok(())
    }

    /// QUIT.
    ///
    /// # Errors
    /// [`ClientError::OutOfOrder`].
    pub fn quit(&mut self, output: &mut Vec<u8>) -> Result<(), ClientError> {
        let (State::Ready | State::Open) = self.state else { return Err(self.fail(ClientError::OutOfOrder)) };
        self.send(self.owed_resets > 0, output, |out| out.extend_from_slice(b"QUIT\r\n"));
        self.state = State::Quit;
        Ok(())
    }

    /// Takes replies off `input` until one means something: how many octets were taken, and what it means. Adds the
    /// command to `output` that now may follow.
    ///
    /// # Errors
    /// The connection is of no more use.
    pub fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(usize, Option<ClientEvent>), ClientError> {
        let mut taken = 0;
        while taken < input.len() {
            if !self.expects_reply() {
                return Err(self.fail(ClientError::Unasked));
            }
            if let State::Greeting { hostname } = &self.state
                && input[taken..].starts_with(greeting(hostname).as_bytes())
            {
                return Err(self.fail(ClientError::Ourselves));
            }
            let reply = response::parse(&input[taken..]).map_err(|ResponseError| self.fail(ClientError::Malformed))?;
            let Some((status, extensions, length)) = reply else { break };
            taken += length;
            let event = self.reply(status, extensions, output)?;
            self.release(output);
            if event.is_some() {
                return Ok((taken, event));
            }
        }
        Ok((taken, None))
    }

    /// The connection is lost: nothing can follow.
    pub fn lost(&mut self) {
        self.state = State::Closed { in_doubt: self.is_in_doubt() };
    }

    fn fail(&mut self, error: ClientError) -> ClientError {
        self.lost();
        error
    }

    /// A host may refuse a message while its content is on the way, so that a reply is possible there.
    fn expects_reply(&self) -> bool {
        self.owed_resets > 0 || !matches!(self.state, State::Ready | State::Open | State::Closed { .. })
    }

    /// One whole reply.
    fn reply(
        &mut self,
        status: Status,
        extensions: Extensions,
        output: &mut Vec<u8>,
    ) -> Result<Option<ClientEvent>, ClientError> {
        if self.owed_resets > 0 {
            self.owed_resets -= 1;
            // RFC 5321 §4.1.1.5 knows no refusal of RSET.
            return if status.code == 421 { Err(self.fail(ClientError::Unexpected(status))) } else { Ok(None) };
        }
        let (positive, refusal) = (status.is_positive(), status.is_refusal());
        let (next, event) = match mem::replace(&mut self.state, State::Closed { in_doubt: false }) {
            State::Greeting { hostname } if positive => {
                output.extend_from_slice(format!("EHLO {hostname}\r\n").as_bytes());
                (State::Ehlo { hostname }, None)
            }
            State::Greeting { .. } => return Err(ClientError::GreetingRefused(status)),
            State::Ehlo { .. } if positive => {
                self.extensions = extensions;
                (State::Ready, Some(ClientEvent::Ready))
            }
            // A host that knows no EHLO says so for good: 500 or 502 (RFC 5321 §4.1.1.1). Without EHLO there would be no
            // 8BITMIME, and mail that needs it would be refused because the host was busy for a moment.
            State::Ehlo { .. } if !status.is_permanent() => return Err(ClientError::HelloRefused(status)),
            State::Ehlo { hostname } => {
                output.extend_from_slice(format!("HELO {hostname}\r\n").as_bytes());
                (State::Helo { ehlo: status }, None)
            }
            State::Helo { ehlo } if positive => {
                self.refused_ehlo = Some(ehlo);
                (State::Ready, Some(ClientEvent::Ready))
            }
            State::Helo { ehlo } => return Err(ClientError::HelloRefused(ehlo)),
            State::Mail { recipients } if positive => {
                (State::Rcpt { due: recipients }.or_open(), Some(ClientEvent::MailAccepted))
            }
            State::Mail { recipients } if refusal && recipients > 0 && self.held_back.is_empty() => {
                (State::MailRefused { status, due: recipients }, None)
            }
            State::Mail { .. } if refusal => {
                self.held_back = Vec::new();
                (State::Ready, Some(ClientEvent::MailRefused(status)))
            }
            State::MailRefused { status, due: 1 } => (State::Ready, Some(ClientEvent::MailRefused(status))),
            State::MailRefused { status, due } => (State::MailRefused { status, due: due - 1 }, None),
            State::Rcpt { due } if positive || refusal => {
                (State::Rcpt { due: due - 1 }.or_open(), Some(ClientEvent::Recipient(status)))
            }
            State::Data if status.code == 354 => (State::Content(DotStuffer::default()), Some(ClientEvent::GoAhead)),
            State::Data if refusal => (State::Open, Some(ClientEvent::DataRefused(status))),
            // There is no way out of DATA but to hang up.
            State::Content(_) | State::DotQueued if refusal => {
                (State::Closed { in_doubt: false }, Some(ClientEvent::Message(status)))
            }
            State::Content(_) | State::DotQueued if status.code != 421 => return Err(ClientError::Unasked),
            State::DotFlushed if positive || refusal => (State::Ready, Some(ClientEvent::Message(status))),
            // The host has answered: it has no message, and the connection is at its end.
            State::DotFlushed => (State::Closed { in_doubt: false }, Some(ClientEvent::Message(status))),
            State::Quit => (State::Closed { in_doubt: false }, Some(ClientEvent::Closed)),
            State::Mail { .. } | State::Rcpt { .. } | State::Data | State::Content(_) | State::DotQueued => {
                return Err(ClientError::Unexpected(status));
            }
            // Not reached: they expect no reply.
            State::Ready | State::Open | State::Closed { .. } => return Err(ClientError::Unasked),
        };
        self.state = next;
        Ok(event)
    }

    /// Sends one command, unless there is no PIPELINING and the reply to another is `due`: then it is held back.
    fn send(&mut self, due: bool, output: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        write(if due && !self.extensions.pipelining { &mut self.held_back } else { output });
    }

    /// Sends the first command that was held back: the reply to the one before has come.
    fn release(&mut self, output: &mut Vec<u8>) {
        if let Some(end) = self.held_back.iter().position(|&octet| octet == b'\n') {
            output.extend(self.held_back.drain(..=end));
            if self.held_back.is_empty() {
                // Freed memory is overwritten, and this held addresses.
                self.held_back = Vec::new();
            }
        }
    }
}

impl State {
    /// When every recipient is answered, the transaction is open.
    fn or_open(self) -> Self {
        if let Self::Rcpt { due: 0 } = self { Self::Open } else { self }
    }
}
