//! Replies of the server: code (RFC 5321 §4.2), enhanced status code (RFC 3463), words. Words are for people: no
//! decision hangs on them.

use super::status::EnhancedCode;
use std::borrow::Cow;

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// Comes between code and text (RFC 2034 §4); 354 has none.
    pub enhanced: Option<EnhancedCode>,
    /// In one line, without CR and LF.
    pub text: Cow<'static, str>,
}

/// With the enhanced code `class.subject.detail`.
const fn reply(code: u16, [class, subject, detail]: [u16; 3], text: &'static str) -> Reply {
    assert!(class == code / 100, "RFC 2034 §4");
    Reply { code, enhanced: Some(EnhancedCode::new(class as u8, subject, detail)), text: Cow::Borrowed(text) }
}

/// HELP.
pub const HELP: Reply = reply(214, [2, 0, 0], "RFC 5321 is spoken here; aliases are made on the web");
/// QUIT.
pub const BYE: Reply = reply(221, [2, 0, 0], "Bye");
/// NOOP, RSET.
pub const OK: Reply = reply(250, [2, 0, 0], "OK");
/// MAIL.
pub const SENDER_OK: Reply = reply(250, [2, 1, 0], "Sender OK");
/// RCPT.
pub const RECIPIENT_OK: Reply = reply(250, [2, 1, 5], "Recipient OK");
/// VRFY: RFC 5321 §3.5.3 allows not to tell.
pub const CANNOT_VERIFY: Reply = reply(252, [2, 5, 0], "Send some mail, it will be tried");
/// DATA.
pub const START_MAIL_INPUT: Reply =
    Reply { code: 354, enhanced: None, text: Cow::Borrowed("End data with <CR><LF>.<CR><LF>") };
/// No connection permit.
pub const TOO_MANY_SESSIONS: Reply = reply(421, [4, 7, 0], "Too many sessions, try again later");
/// The daemon drains.
pub const SHUTTING_DOWN: Reply = reply(421, [4, 3, 2], "Service shutting down, try again later");
/// The client was silent, or its transaction took too long.
pub const TIMED_OUT: Reply = reply(421, [4, 4, 2], "Timed out");
/// `smtp.max_commands` is reached.
pub const TOO_MANY_COMMANDS: Reply = reply(421, [4, 7, 0], "Too many commands");
/// `smtp.max_errors` is reached.
pub const TOO_MANY_ERRORS: Reply = reply(421, [4, 7, 0], "Too many errors");
/// `smtp.max_unknown` is reached.
pub const TOO_MANY_UNKNOWN: Reply = reply(421, [4, 7, 0], "Too many unknown recipients");
/// Every use of the alias is spent, and one of them may still be given back.
pub const BUSY: Reply = reply(450, [4, 2, 1], "Mailbox busy, try again later");
/// The vault or the relay does not answer.
pub const LOCAL_ERROR: Reply = reply(451, [4, 3, 0], "Temporary local trouble, try again later");
/// RFC 5321 §4.5.3.1.10.
pub const TOO_MANY_RECIPIENTS: Reply = reply(452, [4, 5, 3], "Too many recipients");
/// RFC 5321 §4.5.3.1.4.
pub const LINE_TOO_LONG: Reply = reply(500, [5, 5, 2], "Line too long");
/// RFC 5321 §2.3.8.
pub const BAD_LINE: Reply = reply(500, [5, 5, 2], "Lines end with <CR><LF> and hold no other CR, LF or NUL");
/// No such verb.
pub const UNKNOWN_COMMAND: Reply = reply(500, [5, 5, 1], "Command not recognized");
/// Bad arguments.
pub const BAD_ARGUMENTS: Reply = reply(501, [5, 5, 4], "Syntax error in arguments");
/// No valid path.
pub const BAD_PATH: Reply = reply(501, [5, 1, 7], "Bad address syntax");
/// A verb that is known and not offered.
pub const NOT_IMPLEMENTED: Reply = reply(502, [5, 5, 1], "Command not implemented");
/// RFC 5321 §4.1.4.
pub const BAD_SEQUENCE: Reply = reply(503, [5, 5, 1], "Bad sequence of commands");
/// DATA without a recipient (RFC 5321 §3.3).
pub const NO_RECIPIENTS: Reply = reply(554, [5, 5, 1], "No valid recipients");
/// Unknown, expired, not yet valid, used up, paused and revoked alike.
pub const UNKNOWN_USER: Reply = reply(550, [5, 1, 1], "User unknown");
/// postmaster@ or abuse@, without a `postmaster` in the configuration (RFC 5321 §4.5.1 asks for one).
pub const NO_POSTMASTER: Reply = reply(550, [5, 1, 1], "Nobody reads this mailbox here");
/// A domain that is not ours.
pub const RELAY_DENIED: Reply = reply(550, [5, 7, 1], "Relay access denied");
/// From outside, with a sender in our domains: it would leave here in our name.
pub const SENDER_IS_OURS: Reply = reply(550, [5, 7, 1], "You may not send as an address of this host");
/// RFC 1870 §6.
pub const TOO_LARGE: Reply = reply(552, [5, 3, 4], "Message too large");
/// RFC 6531 §3.5.
pub const NEEDS_UTF8: Reply = reply(553, [5, 6, 7], "Such an address needs SMTPUTF8");
/// The client did not wait for the greeting (RFC 5321 §3.1).
pub const EARLY_TALKER: Reply = reply(554, [5, 5, 0], "You must wait for the greeting");
/// Bare CR, bare LF or NUL in the content.
pub const BAD_CONTENT: Reply = reply(554, [5, 6, 0], "Message holds a bare CR, a bare LF or a NUL");
/// RFC 5321 §6.3.
pub const ROUTING_LOOP: Reply = reply(554, [5, 4, 6], "Routing loop detected");
/// RFC 5321 §4.1.1.11.
pub const UNKNOWN_PARAMETER: Reply = reply(555, [5, 5, 4], "Parameter not recognized or not implemented");

impl Reply {
    /// A reply with a text of its own.
    pub fn new(code: u16, enhanced: EnhancedCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, enhanced: Some(enhanced), text: text.into() }
    }

    /// Appends the reply line.
    pub fn write(&self, out: &mut Vec<u8>) {
        push_code(self.code, b' ', out);
        if let Some(EnhancedCode { class, subject, detail }) = self.enhanced {
            push_number(class.into(), out);
            out.push(b'.');
            push_number(subject, out);
            out.push(b'.');
            push_number(detail, out);
            out.push(b' ');
        }
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// The greeting of the server `hostname`, as a whole line (RFC 5321 §4.2: 220). It has no enhanced code (RFC 2034 §4).
pub fn greeting(hostname: &str) -> String {
    format!("220 {hostname} ESMTP tempalias\r\n")
}

/// Appends a reply of several lines (RFC 5321 §4.2.1).
pub fn write_lines<'a>(code: u16, lines: impl IntoIterator<Item = Cow<'a, str>>, out: &mut Vec<u8>) {
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        push_code(code, if lines.peek().is_some() { b'-' } else { b' ' }, out);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

fn digit(n: u16) -> u8 {
    b'0' + (n % 10) as u8
}

fn push_code(code: u16, separator: u8, out: &mut Vec<u8>) {
    out.extend([digit(code / 100), digit(code / 10), digit(code), separator]);
}

/// Up to three digits: every reply has two such numbers, and `fmt` takes ten times as long.
fn push_number(n: u16, out: &mut Vec<u8>) {
    let digits = [digit(n / 100), digit(n / 10), digit(n)];
    let leading_zeros = if n >= 100 {
        0
    } else if n >= 10 {
        1
    } else {
        2
    };
    out.extend_from_slice(&digits[leading_zeros..]);
}
