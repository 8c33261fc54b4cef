//! Commands of RFC 5321 §4.1 with the parameters of RFC 1870 (SIZE), RFC 6152 (8BITMIME) and RFC 6531 (SMTPUTF8).

use super::reply::{self, Reply};
use crate::alias::Mailbox;

/// A command, its arguments parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// With the client's name.
    Helo(String),
    /// With the client's name.
    Ehlo(String),
    /// A new transaction.
    Mail(Mail),
    /// One more recipient.
    Rcpt(Recipient),
    /// The message follows.
    Data,
    /// Forget the transaction.
    Rset,
    /// Nothing.
    Noop,
    /// The end.
    Quit,
    /// Is there such a mailbox?
    Vrfy,
    /// What is spoken here?
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

type Parse = fn(&str) -> Result<Command, Reply>;

/// A row a verb.
const VERBS: &[(&str, Parse)] = &[
    ("RCPT", rcpt),
    ("MAIL", mail),
    ("DATA", |rest| bare(rest, Command::Data)),
    ("EHLO", |rest| name(rest).map(Command::Ehlo)),
    ("HELO", |rest| name(rest).map(Command::Helo)),
    ("QUIT", |rest| bare(rest, Command::Quit)),
    ("RSET", |rest| bare(rest, Command::Rset)),
    ("NOOP", |_| Ok(Command::Noop)),
    ("VRFY", |_| Ok(Command::Vrfy)),
    ("HELP", |_| Ok(Command::Help)),
    ("EXPN", |_| Err(reply::NOT_IMPLEMENTED)),
    ("AUTH", |_| Err(reply::NOT_IMPLEMENTED)),
    ("STARTTLS", |_| Err(reply::NOT_IMPLEMENTED)),
    ("BDAT", |_| Err(reply::NOT_IMPLEMENTED)),
    ("ETRN", |_| Err(reply::NOT_IMPLEMENTED)),
    ("TURN", |_| Err(reply::NOT_IMPLEMENTED)),
];

/// Parses one line without its CRLF, or says how it is refused.
pub fn parse(line: &[u8]) -> Result<Command, Reply> {
    // RFC 6531 §3.7.1: what is not ASCII is UTF-8.
    let line = std::str::from_utf8(line).map_err(|_| reply::BAD_ARGUMENTS)?;
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let (verb, rest) = line.split_at(end);
    match VERBS.iter().find(|(known, _)| known.eq_ignore_ascii_case(verb)) {
        Some((_, parse)) => parse(rest.trim_matches([' ', '\t'])),
        None => Err(reply::UNKNOWN_COMMAND),
    }
}

fn bare(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(reply::BAD_ARGUMENTS) }
}

/// A domain or address literal. It goes into `Received`, so it holds nothing that could end or
/// comment anything there.
fn name(rest: &str) -> Result<String, Reply> {
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
            "SIZE" => mail.size = Some(value.parse().map_err(|_| reply::BAD_ARGUMENTS)?),
            "BODY" if value.eq_ignore_ascii_case("8BITMIME") => mail.eight_bit = true,
            "BODY" if value.eq_ignore_ascii_case("7BIT") => mail.eight_bit = false,
            "BODY" => return Err(reply::BAD_ARGUMENTS),
            "SMTPUTF8" if value.is_empty() => mail.utf8 = true,
            _ => return Err(reply::UNKNOWN_PARAMETER),
        }
    }
    if !path.is_empty() {
        mail.reverse_path = Some(Mailbox::parse(path).map_err(|_| reply::BAD_PATH)?);
    }
    if !mail.utf8 && !path.is_ascii() {
        return Err(reply::NEEDS_UTF8);
    }
    Ok(Command::Mail(mail))
}

fn rcpt(rest: &str) -> Result<Command, Reply> {
    let (path, parameters) = path(rest, "TO:")?;
    if !parameters.is_empty() {
        return Err(reply::UNKNOWN_PARAMETER);
    }
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok(Command::Rcpt(Recipient::Postmaster));
    }
    Mailbox::parse(path).map(|path| Command::Rcpt(Recipient::Path(path))).map_err(|_| reply::BAD_PATH)
}

/// `FROM:<path> parameters`. A source route is taken off (RFC 5321 §4.1.1.3, Appendix C); a space
/// after the colon is forgiven, as everywhere.
fn path<'a>(rest: &'a str, keyword: &str) -> Result<(&'a str, &'a str), Reply> {
    let (head, tail) = rest.split_at_checked(keyword.len()).ok_or(reply::BAD_ARGUMENTS)?;
    if !head.eq_ignore_ascii_case(keyword) {
        return Err(reply::BAD_ARGUMENTS);
    }
    let inner = tail.trim_start_matches(' ').strip_prefix('<').ok_or(reply::BAD_PATH)?;
    let end = closing_bracket(inner).ok_or(reply::BAD_PATH)?;
    let (path, rest) = (&inner[..end], &inner[end + 1..]);
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return Err(reply::BAD_ARGUMENTS);
    }
    let path = match path.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(reply::BAD_PATH)?.1,
        None => path,
    };
    Ok((path, rest.trim_matches(' ')))
}

/// Index of the `>` that is not inside a quoted string.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}
