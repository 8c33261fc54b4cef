//! What the server says: code, enhanced status code (RFC 3463), text.

use std::borrow::Cow;

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Code of RFC 5321 §4.2.
    pub code: u16,
    /// Enhanced code and text.
    pub text: Cow<'static, str>,
}

const fn reply(code: u16, text: &'static str) -> Reply {
    Reply { code, text: Cow::Borrowed(text) }
}

/// HELP.
pub const HELP: Reply = reply(214, "2.0.0 RFC 5321 is spoken here; aliases are made on the web");
/// QUIT.
pub const BYE: Reply = reply(221, "2.0.0 Bye");
/// NOOP, RSET.
pub const OK: Reply = reply(250, "2.0.0 OK");
/// MAIL.
pub const SENDER_OK: Reply = reply(250, "2.1.0 Sender OK");
/// RCPT.
pub const RECIPIENT_OK: Reply = reply(250, "2.1.5 Recipient OK");
/// VRFY: RFC 5321 §3.5.3 allows not to tell.
pub const NOT_TOLD: Reply = reply(252, "2.5.0 Send some mail, it will be tried");
/// DATA.
pub const GO_AHEAD: Reply = reply(354, "End data with <CR><LF>.<CR><LF>");
/// Too many sessions.
pub const TOO_MANY_SESSIONS: Reply = reply(421, "4.7.0 Too many sessions, try again later");
/// The daemon is about to end.
pub const SHUTTING_DOWN: Reply = reply(421, "4.3.2 Service shutting down, try again later");
/// Silence.
pub const TIMED_OUT: Reply = reply(421, "4.4.2 Timed out");
/// Past the bounds of a session.
pub const TOO_MANY_COMMANDS: Reply = reply(421, "4.7.0 Too many commands");
/// Past the bounds of a session.
pub const TOO_MANY_ERRORS: Reply = reply(421, "4.7.0 Too many errors");
/// Past the bounds of a session.
pub const TOO_MANY_UNKNOWN: Reply = reply(421, "4.7.0 Too many unknown recipients");
/// Every remaining use of the alias is held by mail in flight.
pub const BUSY: Reply = reply(450, "4.2.1 Mailbox busy, try again later");
/// The vault or the relay does not answer.
pub const LOCAL_TROUBLE: Reply = reply(451, "4.3.0 Temporary local trouble, try again later");
/// RFC 5321 §4.5.3.1.10.
pub const TOO_MANY_RECIPIENTS: Reply = reply(452, "4.5.3 Too many recipients");
/// Not a line.
pub const LINE_TOO_LONG: Reply = reply(500, "5.5.2 Line too long");
/// Not a line.
pub const BAD_LINE: Reply = reply(500, "5.5.2 Lines end with <CR><LF> and hold no other CR, LF or NUL");
/// Not a verb.
pub const UNKNOWN_COMMAND: Reply = reply(500, "5.5.1 Command not recognized");
/// Bad arguments.
pub const BAD_ARGUMENTS: Reply = reply(501, "5.5.4 Syntax error in arguments");
/// Not a path.
pub const BAD_PATH: Reply = reply(501, "5.1.7 Bad address syntax");
/// A verb that is known and not offered.
pub const NOT_IMPLEMENTED: Reply = reply(502, "5.5.1 Command not implemented");
/// Wrong order.
pub const BAD_SEQUENCE: Reply = reply(503, "5.5.1 Bad sequence of commands");
/// DATA without a recipient (RFC 5321 §3.3).
pub const NO_RECIPIENTS: Reply = reply(554, "5.5.1 No valid recipients");
/// Unknown, expired, not yet valid, used up, paused and revoked alike.
pub const UNKNOWN_USER: Reply = reply(550, "5.1.1 User unknown");
/// RFC 5321 §4.5.1 would have somebody read it.
pub const NO_POSTMASTER: Reply = reply(550, "5.1.1 Nobody reads this mailbox here");
/// Not a domain of ours.
pub const RELAY_DENIED: Reply = reply(550, "5.7.1 Relay access denied");
/// RFC 1870 §6.
pub const TOO_LARGE: Reply = reply(552, "5.3.4 Message too large");
/// RFC 6531 §3.5.
pub const NEEDS_UTF8: Reply = reply(553, "5.6.7 Such an address needs SMTPUTF8");
/// Talk before the greeting.
pub const EARLY_TALKER: Reply = reply(554, "5.5.0 You must wait for the greeting");
/// Bare CR, bare LF or NUL in the content.
pub const BAD_CONTENT: Reply = reply(554, "5.6.0 Message holds a bare CR, a bare LF or a NUL");
/// RFC 5321 §6.3.
pub const LOOP: Reply = reply(554, "5.4.6 Routing loop detected");
/// RFC 5321 §4.1.1.11.
pub const UNKNOWN_PARAMETER: Reply = reply(555, "5.5.4 Parameter not recognized or not implemented");

impl Reply {
    /// A reply with a text of its own.
    pub fn new(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, text: text.into() }
    }

    /// Appends the reply line.
    pub fn write(&self, out: &mut Vec<u8>) {
        let digit = |n: u16| b'0' + (n % 10) as u8;
        out.extend([digit(self.code / 100), digit(self.code / 10), digit(self.code), b' ']);
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// Whether it accepts.
    pub fn is_positive(&self) -> bool {
        self.code < 400
    }
}
