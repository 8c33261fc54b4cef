//! Commands of RFC 5321 §4.1 with the parameters of RFC 1870 (SIZE), RFC 6152 (8BITMIME) and RFC 6531 (SMTPUTF8).
//!
//! 1. The first word of a line names a row of [`VERBS`].
//! 2. The row parses the arguments: a command, or the reply to a line that is wrong.
//! 3. The row also says in which phases of a session the verb may come ([`Parsed::allowed_in`]).

use super::reply::{self, Reply};
use crate::alias::Mailbox;

/// A command, its arguments parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// HELO, with the client's name for itself.
    Helo(String),
    /// EHLO, with the client's name for itself.
    Ehlo(String),
    /// MAIL: begins a transaction.
    Mail(Mail),
    /// RCPT: one more recipient.
    Rcpt(Recipient),
    /// DATA: the message follows.
    Data,
    /// RSET: ends the transaction without a message.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// VRFY, whose argument makes no difference.
    Vrfy,
    /// HELP.
    Help,
}

/// MAIL FROM and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// `None` is the null path.
    pub reverse_path: Option<Mailbox>,
    /// SIZE, octets.
    pub size: Option<u64>,
    /// BODY=8BITMIME.
    pub eight_bit: bool,
    /// SMTPUTF8.
    pub utf8: bool,
}

/// RCPT TO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A forward-path.
    Path(Mailbox),
    /// `<postmaster>` without a domain (RFC 5321 §4.1.1.3).
    Postmaster,
}

/// Where a session stands, as far as it decides which verbs may come (RFC 5321 §4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Neither HELO nor EHLO has come.
    Greeted,
    /// Between two transactions.
    Ready,
    /// From MAIL to DATA.
    Transaction,
}

/// A set of phases.
#[derive(Clone, Copy, Debug)]
struct Phases(u8);

/// In any phase.
const ALWAYS: Phases = Phases::of(&[Phase::Greeted, Phase::Ready, Phase::Transaction]);
/// MAIL: between two transactions, so that they are not nested.
const BETWEEN_TRANSACTIONS: Phases = Phases::of(&[Phase::Ready]);
/// RCPT and DATA: what belongs to a transaction.
const WITHIN_TRANSACTION: Phases = Phases::of(&[Phase::Transaction]);

impl Phases {
    const fn of(phases: &[Phase]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < phases.len() {
            bits |= 1 << phases[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    fn contains(self, phase: Phase) -> bool {
        self.0 & 1 << phase as u8 != 0
    }
}

/// A verb: how its arguments are parsed, and when it may come.
struct Verb {
    name: &'static str,
    parse: fn(&str) -> Result<Command, Reply>,
    allowed: Phases,
}

const fn verb(name: &'static str, allowed: Phases, parse: fn(&str) -> Result<Command, Reply>) -> Verb {
    Verb { name, parse, allowed }
}

/// What separates words.
const BLANKS: [char; 2] = [' ', '\t'];

/// A row a verb, the frequent ones first.
const VERBS: &[Verb] = &[
    verb("RCPT", WITHIN_TRANSACTION, rcpt),
    verb("MAIL", BETWEEN_TRANSACTIONS, mail),
    verb("DATA", WITHIN_TRANSACTION, |rest| bare(rest, Command::Data)),
    verb("EHLO", ALWAYS, |rest| name(rest).map(Command::Ehlo)),
    verb("HELO", ALWAYS, |rest| name(rest).map(Command::Helo)),
    verb("QUIT", ALWAYS, |rest| bare(rest, Command::Quit)),
    verb("RSET", ALWAYS, |rest| bare(rest, Command::Rset)),
    verb("NOOP", ALWAYS, |_| Ok(Command::Noop)),
    verb("VRFY", ALWAYS, |_| Ok(Command::Vrfy)),
    verb("HELP", ALWAYS, |_| Ok(Command::Help)),
    verb("EXPN", ALWAYS, |_| Err(reply::NOT_IMPLEMENTED)),
    verb("AUTH", ALWAYS, |_| Err(reply::NOT_IMPLEMENTED)),
    verb("STARTTLS", ALWAYS, |_| Err(reply::NOT_IMPLEMENTED)),
    verb("BDAT", ALWAYS, |_| Err(reply::NOT_IMPLEMENTED)),
    verb("ETRN", ALWAYS, |_| Err(reply::NOT_IMPLEMENTED)),
    verb("TURN", ALWAYS, |_| Err(reply::NOT_IMPLEMENTED)),
];

/// A command that is well formed. Whether it may come now depends on the session.
#[derive(Debug)]
pub struct Parsed {
    /// Wherever it may come.
    pub command: Command,
    allowed: Phases,
}

impl Parsed {
    /// The command.
    ///
    /// # Errors
    /// The reply to a command that may not come in this phase.
    pub fn allowed_in(self, phase: Phase) -> Result<Command, Reply> {
        if self.allowed.contains(phase) { Ok(self.command) } else { Err(reply::BAD_SEQUENCE) }
    }
}

/// Parses one line without its CRLF.
///
/// # Errors
/// The reply to a line that is no command, or one whose arguments are wrong.
pub fn parse(line: &[u8]) -> Result<Parsed, Reply> {
    // RFC 6531 §3.7.1: what is not ASCII is UTF-8.
    let line = std::str::from_utf8(line).map_err(|_| reply::BAD_ARGUMENTS)?;
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let verb = VERBS.iter().find(|verb| verb.name.eq_ignore_ascii_case(name)).ok_or(reply::UNKNOWN_COMMAND)?;
    let command = (verb.parse)(rest.trim_matches([' ', '\t']))?;
    Ok(Parsed { command, allowed: verb.allowed })
}

fn bare(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(reply::BAD_ARGUMENTS) }
}

/// A domain or address literal. It goes into `Received`, so it holds nothing that could end or
/// comment anything there. Of several words, which some clients send, the first one is taken.
fn name(rest: &str) -> Result<String, Reply> {
    let rest = rest.split(BLANKS).next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_graphic() && !b"()<>@,;\\\"".contains(&b);
    let valid = !rest.is_empty() && rest.len() <= 255 && rest.bytes().all(plain);
    if valid { Ok(rest.to_owned()) } else { Err(reply::BAD_ARGUMENTS) }
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let (path, parameters) = path(rest, "FROM:")?;
    let mut mail = Mail::default();
    for parameter in parameters.split_ascii_whitespace() {
        let (keyword, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match keyword.to_ascii_uppercase().as_str() {
            "SIZE" => mail.size = Some(size(value)?),
            "BODY" if value.eq_ignore_ascii_case("8BITMIME") => mail.eight_bit = true,
            "BODY" if value.eq_ignore_ascii_case("7BIT") => mail.eight_bit = false,
            "BODY" => return Err(reply::BAD_ARGUMENTS),
            "SMTPUTF8" if value.is_empty() => mail.utf8 = true,
            _ => return Err(reply::UNKNOWN_PARAMETER),
        }
    }
    if !path.is_empty() {
        let path = Mailbox::parse_path(path).map_err(|_| reply::BAD_PATH)?;
        // A domain that came in U-labels goes on in A-labels, and needs nothing.
        if !mail.utf8 && !path.is_ascii() {
            return Err(reply::NEEDS_UTF8);
        }
        mail.reverse_path = Some(path);
    }
    Ok(Command::Mail(mail))
}

/// RFC 1870 §5 has up to 20 digits. What no number here can hold is too large for any message.
fn size(value: &str) -> Result<u64, Reply> {
    let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    if is_number { Ok(value.parse().unwrap_or(u64::MAX)) } else { Err(reply::BAD_ARGUMENTS) }
}

fn rcpt(rest: &str) -> Result<Command, Reply> {
    let (path, parameters) = path(rest, "TO:")?;
    if !parameters.is_empty() {
        return Err(reply::UNKNOWN_PARAMETER);
    }
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok(Command::Rcpt(Recipient::Postmaster));
    }
    Mailbox::parse_path(path).map(|path| Command::Rcpt(Recipient::Path(path))).map_err(|_| reply::BAD_PATH)
}

/// `FROM:<path> parameters`. A source route is taken off (RFC 5321 §4.1.1.3, Appendix C). Forgiven as everywhere: a blank
/// after the colon, a TAB before the parameters, and a path without brackets.
fn path<'a>(rest: &'a str, keyword: &str) -> Result<(&'a str, &'a str), Reply> {
    let (head, tail) = rest.split_at_checked(keyword.len()).ok_or(reply::BAD_ARGUMENTS)?;
    if !head.eq_ignore_ascii_case(keyword) {
        return Err(reply::BAD_ARGUMENTS);
    }
    let tail = tail.trim_start_matches(BLANKS);
    let (path, rest) = match tail.strip_prefix('<') {
        Some(inner) => {
            let end = end_of_path(inner, &['>']).ok_or(reply::BAD_PATH)?;
            (&inner[..end], &inner[end + 1..])
        }
        None => tail.split_at(end_of_path(tail, &BLANKS).unwrap_or(tail.len())),
    };
    if !(rest.is_empty() || rest.starts_with(BLANKS)) {
        return Err(reply::BAD_ARGUMENTS);
    }
    if path.is_empty() && !tail.starts_with('<') {
        return Err(reply::BAD_PATH);
    }
    let path = match path.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(reply::BAD_PATH)?.1,
        None => path,
    };
    Ok((path, rest.trim_matches(BLANKS)))
}

/// Index of the first of `ends` that is not inside a quoted string.
fn end_of_path(text: &str, ends: &[char]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if !quoted && ends.contains(&char::from(b)) => return Some(at),
            _ => {}
        }
    }
    None
}
