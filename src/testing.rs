//! What tests, benchmarks and fuzzers use beside the program itself: what reads octets of strangers, as functions of
//! octets. `fuzz/` says what must hold of them.

use crate::alias::{AliasAddress, Domain, Mailbox, RealAddress};
use crate::config::settings::{relay, smtp, vault, web};
use crate::config::{self, Diagnostic};
use crate::proto::command;
use crate::proto::content::Content;
use crate::proto::dot_stuffing::DotStuffer;
use crate::proto::header::{HeaderDecision, HeaderSection};
use crate::proto::line::{LineError, Lines, Next};
use crate::proto::response;
use crate::runtime::control::{ControlMessage, ControlReply, InitMessage};
use crate::wire::frame::{decode, encode};
use crate::wire::{relay_smtp, relay_web, vault_admin, vault_relay, vault_smtp, vault_web};
use serde::{Deserialize, Serialize};

pub use crate::cli::Arguments;
pub use crate::monitor::ROLES;
pub use crate::proto::line::MAX_COMMAND_LINE_OCTETS;
pub use crate::sys::exit::ALL as EXIT_CODES;
pub use crate::sys::signals::MONITOR_SIGNALS as SIGNALS;
pub use crate::vault::testing::SenderRewriter;
pub use crate::web::testing::{
    Body, MAX_PROXY_HEADER, NamedHop, ProxyHeader, forwarded_hops, read_body, read_proxy_header, x_forwarded_hops,
};

/// What is wrong with a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// It is longer than [`MAX_COMMAND_LINE_OCTETS`].
    TooLong,
    /// It has a CR or LF of its own, or a NUL.
    Discipline,
}

/// A real address as somebody types it, in the form in which it goes out; else what is wrong with it, as the code names it.
pub fn read_target(text: &str) -> Result<String, String> {
    RealAddress::parse_new(text).map(|address| address.expose().to_owned()).map_err(|error| format!("{error:?}"))
}

/// A domain with U-labels.
pub fn domain_in_unicode(text: &str) -> Option<String> {
    Domain::parse(text).ok().map(|domain| domain.to_unicode().into_owned())
}

/// The command lines of a stream that comes in these pieces, without their CRLF.
pub fn command_lines(pieces: &[&[u8]]) -> Vec<Result<Vec<u8>, LineFault>> {
    let (mut lines, mut pending, mut found) = (Lines::default(), Vec::new(), Vec::new());
    for piece in pieces {
        pending.extend_from_slice(piece);
        loop {
            let taken = match lines.next(&pending) {
                Next::Line(line, taken) => {
                    found.push(line.map(<[u8]>::to_vec).map_err(|flaw| match flaw {
                        LineError::TooLong => LineFault::TooLong,
                        LineError::Discipline => LineFault::Discipline,
                    }));
                    taken
                }
                Next::Swallow(taken) => taken,
                Next::More => break,
            };
            pending.drain(..taken);
        }
    }
    found
}

/// A command, as far as the grammar goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsedCommand {
    /// HELO or EHLO with this name.
    Hello(String),
    /// MAIL with this reverse-path, empty for the null path, and `SIZE`; whether `BODY=8BITMIME` and `SMTPUTF8` were
    /// given.
    Mail(String, Option<u64>, bool, bool),
    /// RCPT with this forward-path; `None` for a postmaster without a domain.
    Rcpt(Option<String>),
    /// Any other.
    Other,
}

/// Parses a command line without its CRLF.
///
/// # Errors
/// The reply line that refuses it, with its CRLF.
pub fn parse_command(line: &[u8]) -> Result<ParsedCommand, Vec<u8>> {
    match command::parse(line).map(|parsed| parsed.command) {
        Ok(command::Command::Helo(name) | command::Command::Ehlo(name)) => Ok(ParsedCommand::Hello(name)),
        Ok(command::Command::Mail(mail)) => {
            let path = mail.reverse_path.map_or_else(String::new, |path| path.as_str().to_owned());
            Ok(ParsedCommand::Mail(path, mail.size, mail.eight_bit, mail.utf8))
        }
        Ok(command::Command::Rcpt(command::Recipient::Path(path))) => {
            Ok(ParsedCommand::Rcpt(Some(path.as_str().to_owned())))
        }
        Ok(command::Command::Rcpt(command::Recipient::Postmaster)) => Ok(ParsedCommand::Rcpt(None)),
        Ok(_) => Ok(ParsedCommand::Other),
        Err(reply) => {
            let mut line = Vec::new();
            reply.write(&mut line);
            Err(line)
        }
    }
}

/// The alias that a forward-path means where aliases live in `domain`, and whether another process decodes it; `None`
/// if it means none.
pub fn alias_of(forward_path: &str, domain: &str) -> Option<(String, bool)> {
    let (recipient, domain) = (Mailbox::parse(forward_path).ok()?, Domain::parse(domain).ok()?);
    let alias = AliasAddress::of(&recipient, &[domain])?;
    let decodes = AliasAddress::try_from(String::from(alias.clone())).is_ok_and(|decoded| decoded == alias);
    Some((String::from(alias), decodes))
}

/// A message as it came after DATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Without dot-stuffing and final dot.
    pub content: Vec<u8>,
    /// Whether it has a CR, LF or NUL of its own.
    pub flawed: bool,
    /// What the machine has counted.
    pub size: u64,
    /// What followed the final dot; `None` if that has not come.
    pub rest: Option<Vec<u8>>,
}

/// Reads a message that comes in these pieces.
pub fn read_message(pieces: &[&[u8]]) -> Message {
    let (mut machine, mut content, mut rest) = (Content::default(), Vec::new(), None);
    for piece in pieces {
        match &mut rest {
            Some(rest) => Vec::extend_from_slice(rest, piece),
            None => {
                let (taken, ended) = machine.feed(piece, &mut content);
                rest = ended.then(|| piece[taken..].to_vec());
            }
        }
    }
    Message { content, flawed: machine.is_flawed(), size: machine.size(), rest }
}

/// Content that comes in these pieces as it goes to the next host, with the final dot.
pub fn dot_stuffed(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut stuffer, mut stuffed) = (DotStuffer::default(), Vec::new());
    pieces.iter().for_each(|piece| stuffer.feed(piece, &mut stuffed));
    stuffer.end(&mut stuffed);
    stuffed
}

/// Whether content that comes in these pieces, and is for `alias`, goes in circles.
pub fn is_loop(pieces: &[&[u8]], alias: &str) -> bool {
    let mut section = HeaderSection::new(vec![alias.into()]);
    pieces.iter().map(|piece| section.feed(piece)).last() == Some(HeaderDecision::Loop)
}

/// A reply of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// 200 to 599.
    pub code: u16,
    /// Class, subject and detail.
    pub enhanced: (u8, u16, u16),
    /// Whether it announces PIPELINING, SIZE, 8BITMIME and SMTPUTF8.
    pub extensions: [bool; 4],
    /// Its octets.
    pub length: usize,
}

/// Reads the reply that the octets of a server begin with; `None` while it is not complete.
///
/// # Errors
/// The server does not speak SMTP.
pub fn read_response(octets: &[u8]) -> Result<Option<Response>, &'static str> {
    let read = response::parse(octets).map_err(|_| "not a reply")?;
    Ok(read.map(|(status, extensions, length)| {
        let response::Extensions { pipelining, size, eight_bit_mime, smtp_utf8 } = extensions;
        let enhanced = (status.enhanced.class, status.enhanced.subject, status.enhanced.detail);
        Response { code: status.code, enhanced, extensions: [pipelining, size, eight_bit_mime, smtp_utf8], length }
    }))
}

/// Decodes the frame that octets begin with, and encodes what it says again: how many octets it had, and the new frame;
/// `None` while it is not complete.
pub type Recode = fn(&[u8]) -> Result<Option<(usize, Vec<u8>)>, &'static str>;

/// Everything that one process reads of another.
pub const FRAMES: &[(&str, Recode)] = &[
    ("vault <- smtp", |octets| recode::<vault_smtp::Request>(octets)),
    ("smtp <- vault", |octets| recode::<vault_smtp::Answer>(octets)),
    ("vault <- relay", |octets| recode::<vault_relay::Request>(octets)),
    ("relay <- vault", |octets| recode::<vault_relay::Answer>(octets)),
    ("vault <- web", |octets| recode::<vault_web::Request>(octets)),
    ("web <- vault", |octets| recode::<vault_web::Answer>(octets)),
    ("vault <- administrator", |octets| recode::<vault_admin::Request>(octets)),
    ("administrator <- vault", |octets| recode::<vault_admin::Answer>(octets)),
    ("relay <- smtp", |octets| recode::<relay_smtp::ToRelay<'_>>(octets)),
    ("smtp <- relay", |octets| recode::<relay_smtp::ToSmtp>(octets)),
    ("relay <- web", |octets| recode::<relay_web::Request>(octets)),
    ("web <- relay", |octets| recode::<relay_web::Answer>(octets)),
    ("monitor <- role", |octets| recode::<ControlReply>(octets)),
    ("relay <- monitor, first", |octets| recode::<InitMessage<relay::Fixed, relay::Live>>(octets)),
    ("relay <- monitor, then", |octets| recode::<ControlMessage<relay::Live>>(octets)),
    ("smtp <- monitor, first", |octets| recode::<InitMessage<smtp::Fixed, smtp::Live>>(octets)),
    ("smtp <- monitor, then", |octets| recode::<ControlMessage<smtp::Live>>(octets)),
    ("vault <- monitor, first", |octets| recode::<InitMessage<vault::Fixed, vault::Live>>(octets)),
    ("vault <- monitor, then", |octets| recode::<ControlMessage<vault::Live>>(octets)),
    ("web <- monitor, first", |octets| recode::<InitMessage<web::Fixed, web::Live>>(octets)),
    ("web <- monitor, then", |octets| recode::<ControlMessage<web::Live>>(octets)),
];

fn recode<'a, T: Serialize + Deserialize<'a>>(octets: &'a [u8]) -> Result<Option<(usize, Vec<u8>)>, &'static str> {
    const HOSTILE: &str = "a frame that no honest process sends";
    let Some((value, length)) = decode::<T>(octets).map_err(|_| HOSTILE)? else { return Ok(None) };
    let mut again = Vec::new();
    encode(&value, &mut again).map_err(|_| "a frame that does not encode")?;
    Ok(Some((length, again)))
}

/// What came of reading a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadConfig {
    /// Whether the daemon would start with it.
    pub usable: bool,
    /// What of it could not be reloaded over itself; nothing, if all is well.
    pub differs: Vec<&'static str>,
    /// What keeps it from being used, with the lines of the file.
    pub faults: Vec<(Option<usize>, String)>,
    /// What is odd about it, with the lines of the file.
    pub warnings: Vec<(Option<usize>, String)>,
}

/// Reads the text of a configuration file.
pub fn read_config(text: &str) -> ReadConfig {
    let outcome = config::parse(text);
    let told = |diagnostics: Vec<Diagnostic>| diagnostics.into_iter().map(|one| (one.line, one.message)).collect();
    ReadConfig {
        usable: outcome.config.is_some(),
        differs: outcome.config.map_or_else(Vec::new, |config| config.restart_keys(&config)),
        faults: told(outcome.faults),
        warnings: told(outcome.warnings),
    }
}
