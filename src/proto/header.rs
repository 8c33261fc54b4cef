//! The header section of a message: the one stage at which its content can be judged before any of it goes on.
//!
//! 1. [`TraceFields`] are put above the message (RFC 5321 §4.4, RFC 9228).
//! 2. [`HeaderSection`] then sees the content as it comes in, in the buffer from which it goes on, up to the first
//!    empty line. It keeps one line at a time, and of a long line the beginning.
//! 3. After each piece it gives its [`HeaderDecision`]. A loop is found by the number of `Received` fields (RFC 5321
//!    §6.3) and by a `Delivered-To` that names a recipient (RFC 9228 §3); a forgery of our own addresses, by the domains
//!    of its `From` fields.

use super::header_from::FromFields;
use crate::alias::{AliasAddress, Domain};
use jiff::Timestamp;
use memchr::memchr;
use std::cell::Cell;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

/// As many `Received` fields as a message may have had before (RFC 5321 §6.3: at least 100).
const MAX_RECEIVED_FIELDS: u32 = 100;

/// Octets of a line that are kept: a field name and an address.
const MAX_KEPT_LINE_OCTETS: usize = 320;

/// Domains that the `From` fields of a message may name, its authors and what looks like one.
const MAX_FROM_DOMAINS: u32 = 1000;

/// Octets of a domain at the most, in U-labels.
const MAX_DOMAIN_OCTETS: usize = 255;

/// What becomes of a message, as far as its header section tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderDecision {
    /// It goes on.
    Pass,
    /// It has been here before, or has passed too many hosts.
    Loop,
    /// It is from outside, and says that it is from one of our own addresses.
    FromOurs,
}

/// The header section of one message on its way through.
#[derive(Debug)]
pub struct HeaderSection {
    line: Vec<u8>,
    complete: bool,
    received_fields: u32,
    delivered_here: bool,
    recipients: Vec<Box<str>>,
    /// Names that are ours, of which no `From` may be.
    guarded: Rc<[Domain]>,
    from: FromFields,
    /// Domains that `From` fields have named.
    from_domains: Cell<u32>,
}

impl HeaderSection {
    /// Of a message to these recipients.
    pub fn new(recipients: Vec<Box<str>>) -> Self {
        Self {
            line: Vec::new(),
            complete: false,
            received_fields: 0,
            delivered_here: false,
            recipients,
            guarded: Rc::default(),
            from: FromFields::default(),
            from_domains: Cell::default(),
        }
    }

    /// This, of a message that comes from outside: no `From` may name one of these.
    pub fn guarding(self, names: Rc<[Domain]>) -> Self {
        Self { guarded: names, ..self }
    }

    /// The recipients' aliases.
    pub fn recipients(&self) -> &[Box<str>] {
        &self.recipients
    }

    /// Looks at the next octets of content, without dot-stuffing: the decision so far.
    pub fn feed(&mut self, mut content: &[u8]) -> HeaderDecision {
        while !self.complete && !content.is_empty() {
            let end = memchr(b'\n', content);
            let part = &content[..end.unwrap_or(content.len())];
            let room = MAX_KEPT_LINE_OCTETS - self.line.len().min(MAX_KEPT_LINE_OCTETS);
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            self.look_at_from(part);
            let Some(end) = end else { break };
            self.end_of_line();
            content = &content[end + 1..];
        }
        if self.delivered_here || self.received_fields > MAX_RECEIVED_FIELDS {
            HeaderDecision::Loop
        } else if self.from.has_named() {
            HeaderDecision::FromOurs
        } else {
            HeaderDecision::Pass
        }
    }

    /// The decision when there is no more to come: what has no end of its own ends here.
    pub fn end(&mut self) -> HeaderDecision {
        self.end_of_from();
        self.feed(b"")
    }

    fn look_at_from(&mut self, part: &[u8]) {
        if !self.guarded.is_empty() {
            let count = &self.from_domains;
            self.from.feed(part, &|domain| is_ours_or_one_too_many(domain, &self.guarded, count));
        }
    }

    fn end_of_from(&mut self) {
        self.from.end(&|domain| is_ours_or_one_too_many(domain, &self.guarded, &self.from_domains));
    }

    fn end_of_line(&mut self) {
        self.from.end_of_line();
        let line = self.line.trim_ascii_end();
        // Not one of blanks: that is a folded line still (RFC 5322 §4.2).
        if matches!(self.line[..], [] | [b'\r']) {
            self.complete = true;
            self.end_of_from();
        } else if let Some(colon) = memchr(b':', line) {
            let (name, value) = (line[..colon].trim_ascii_end(), line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"Received") {
                self.received_fields += 1;
            } else if name.eq_ignore_ascii_case(b"Delivered-To") {
                self.delivered_here |= self.recipients.iter().any(|alias| alias.as_bytes().eq_ignore_ascii_case(value));
            }
        }
        self.line.clear();
    }
}

/// Whether it is one of these names, or one of too many domains: nobody but a forger names as many authors, and to look
/// at each takes its time.
fn is_ours_or_one_too_many(domain: &[u8], names: &[Domain], count: &Cell<u32>) -> bool {
    count.set(count.get().saturating_add(1));
    count.get() > MAX_FROM_DOMAINS || is_one_of(domain, names)
}

fn is_one_of(domain: &[u8], names: &[Domain]) -> bool {
    match std::str::from_utf8(domain) {
        Ok(ascii) if ascii.is_ascii() => names.iter().any(|name| name.is(ascii)),
        // Read once, since that takes its time. No domain is longer.
        Ok(spelled) if spelled.len() <= MAX_DOMAIN_OCTETS => Domain::parse(spelled).is_ok_and(|it| names.contains(&it)),
        _ => false,
    }
}

/// How a message came, in the `with` of `Received` (RFC 3848: its transmission type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransmissionType {
    /// After HELO.
    Smtp,
    /// After EHLO (RFC 3848).
    Esmtp,
    /// With SMTPUTF8 (RFC 6531 §4.3).
    Utf8Smtp,
}

impl fmt::Display for TransmissionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "SMTP",
            Self::Esmtp => "ESMTP",
            Self::Utf8Smtp => "UTF8SMTP",
        })
    }
}

/// What the trace fields say.
pub struct TraceFields<'a, I> {
    /// The client's name for itself.
    pub helo: &'a str,
    /// The client's address.
    pub peer: IpAddr,
    /// This host's name.
    pub hostname: &'a str,
    /// How the message came.
    pub transmission_type: TransmissionType,
    /// Of this message, as in the log.
    pub id: I,
    /// When DATA came.
    pub date: Timestamp,
    /// The recipient, if there is one only: with several it would tell each of the others.
    pub delivered_to: Option<&'a AliasAddress>,
}

impl<I: fmt::Display> TraceFields<'_, I> {
    /// Appends `Received`, and `Delivered-To`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let Self { helo, peer, hostname, transmission_type, id, .. } = self;
        let tag = if peer.is_ipv6() { "IPv6:" } else { "" };
        let date = self.date.strftime("%a, %d %b %Y %H:%M:%S +0000");
        super::append(
            out,
            format_args!(
                "Received: from {helo} ([{tag}{peer}])\r\n\tby {hostname} with {transmission_type} id {id};\r\n\t{date}\r\n"
            ),
        );
        if let Some(alias) = self.delivered_to {
            super::append(out, format_args!("Delivered-To: {alias}\r\n"));
        }
    }
}
