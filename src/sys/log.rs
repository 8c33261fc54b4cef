//! The log: lines on stderr, journald's native protocol, or syslog, by what stderr is.
//!
//! 1. stderr is the stream that `JOURNAL_STREAM` names: systemd reads it. Each event goes to journald as a line and as
//!    fields.
//! 2. stderr is a terminal, a pipe or a file: each event is a line there.
//! 3. stderr is `/dev/null` or closed, as under a classic init: each event goes to syslog.
//!
//! The sockets are connected at the start, because paths cannot be reached after the chroot. (tracing-journald connects
//! anew for each event.)

use nix::sys::stat::fstat;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixDatagram;
use std::sync::Mutex;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verbosity {
    /// Warnings and errors.
    Warnings,
    /// What happens, without aliases.
    #[default]
    Normal,
    /// Aliases as well.
    Debug,
}

impl Verbosity {
    fn filter(self) -> LevelFilter {
        match self {
            Self::Warnings => LevelFilter::WARN,
            Self::Normal => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

/// Starts the log of this process, whose events name `role`. Call once, before the sandbox.
pub fn start(role: &'static str, verbosity: Verbosity) {
    let filter = verbosity.filter();
    // Only events of this program: a library's may hold addresses.
    let ours = tracing_subscriber::filter::FilterFn::new(|meta| meta.target().starts_with("tempalias"));
    let base = tracing_subscriber::registry();
    // It fails if the log was started before, which goes on then.
    let _ = if is_journal(std::env::var("JOURNAL_STREAM").ok().as_deref(), io::stderr())
        && let Ok(journal) = Journal::open(role)
    {
        tracing::subscriber::set_global_default(base.with(journal.with_filter(ours).with_filter(filter)))
    } else if is_void()
        && let Ok(syslog) = Syslog::open(role)
    {
        tracing::subscriber::set_global_default(base.with(syslog.with_filter(ours).with_filter(filter)))
    } else {
        let lines = Lines { role, pid: std::process::id() };
        tracing::subscriber::set_global_default(base.with(lines.with_filter(ours).with_filter(filter)))
    };
}

/// Whether `output` is the stream that `JOURNAL_STREAM` names as `device:inode` (systemd.exec(5)). The variable alone
/// says nothing: it is inherited by each program of a desktop session, whose stderr may be a terminal.
fn is_journal(stream: Option<&str>, output: impl AsFd) -> bool {
    let named = stream.and_then(|stream| stream.split_once(':')).and_then(|(device, inode)| {
        let (device, inode): (u64, u64) = (device.parse().ok()?, inode.parse().ok()?);
        Some((device, inode))
    });
    named.is_some_and(|named| fstat(output).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == named))
}

/// Whether stderr is `/dev/null` or closed.
fn is_void() -> bool {
    match (std::fs::metadata("/proc/self/fd/2"), std::fs::metadata("/dev/null")) {
        (Ok(stderr), Ok(null)) => {
            use std::os::unix::fs::MetadataExt;
            stderr.file_type().is_char_device() && stderr.rdev() == null.rdev()
        }
        _ => true,
    }
}

/// The most octets of a value. An event has at most 32 fields: together with [`MAX_LINE_OCTETS`] it fits into a
/// datagram, which is lost (EMSGSIZE) if it is longer than the socket's buffer, 208 KiB by default.
const MAX_VALUE_OCTETS: usize = 4 * 1024;

/// The most octets of a line.
const MAX_LINE_OCTETS: usize = 16 * 1024;

/// An event as `message key=value …` (logfmt). A value with spaces, say, is quoted.
struct Line(String);

impl Line {
    fn of(event: &Event<'_>) -> Self {
        let mut line = Self(String::with_capacity(128));
        event.record(&mut line);
        cut(&mut line.0, MAX_LINE_OCTETS);
        line
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        if field.name() == "message" {
            self.0.insert_str(0, &escaped(&value));
            return;
        }
        let quote = value.is_empty() || value.contains([' ', '"', '=', '\\']);
        let value = if quote { quoted(&value) } else { escaped(&value) };
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {}={value}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// A value with all characters escaped that are not printable: line ends, control sequences of terminals, bidi
/// controls, what has no width. With them, a value could make a line look like another one. Cut if it is too long.
fn escaped(value: &str) -> String {
    escaped_with(value, |c| matches!(c, '"' | '\'' | '\\'))
}

/// The same in quotes. Quotes and backslashes in it are escaped as well.
fn quoted(value: &str) -> String {
    format!("\"{}\"", escaped_with(value, |c| c == '\''))
}

fn escaped_with(value: &str, is_plain: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(value.len().min(MAX_VALUE_OCTETS));
    for c in value.chars() {
        if text.len() > MAX_VALUE_OCTETS {
            break;
        }
        if is_plain(c) { text.push(c) } else { text.extend(c.escape_debug()) }
    }
    cut(&mut text, MAX_VALUE_OCTETS);
    text
}

/// Cuts text that is longer, and marks the place.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
}

/// Lines on stderr.
struct Lines {
    role: &'static str,
    pid: u32,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = event.metadata().level();
        let line = format!("tempalias[{}] {} {level}: {}\n", self.pid, self.role, Line::of(event).0);
        // One write, so that lines of several processes do not mix. If the log is gone, mail is served all the same.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
}

/// journald's [native protocol](https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): a datagram of `FIELD=value` lines.
///
/// `MESSAGE` is the whole line, because `systemctl status` shows nothing else. The other fields are for programs.
struct Journal {
    role: &'static str,
    socket: UnixDatagram,
}

/// An event's fields, a line each.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "message" {
            let name = field.name().to_ascii_uppercase();
            // Writing to a String cannot fail.
            let _ = writeln!(self.0, "TEMPALIAS_{name}={}", escaped(&format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl Journal {
    fn open(role: &'static str) -> std::io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect("/run/systemd/journal/socket")?;
        // A journal that does not keep up must not block mail.
        socket.set_nonblocking(true)?;
        Ok(Self { role, socket })
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        let mut fields = Fields(format!(
            "PRIORITY={priority}\nSYSLOG_IDENTIFIER=tempalias\nTEMPALIAS_ROLE={0}\nMESSAGE={0}: {1}\n",
            self.role,
            Line::of(event).0
        ));
        event.record(&mut fields);
        // If the log is gone, mail is served all the same.
        let _ = self.socket.send(fields.0.as_bytes());
    }
}

/// Classic syslog, facility mail.
struct Syslog {
    role: &'static str,
    logger: Mutex<syslog::Logger<syslog::LoggerBackend, syslog::Formatter3164>>,
}

impl Syslog {
    fn open(role: &'static str) -> Result<Self, syslog::Error> {
        let formatter = syslog::Formatter3164 {
            facility: syslog::Facility::LOG_MAIL,
            hostname: None,
            process: "tempalias".to_owned(),
            pid: std::process::id(),
        };
        Ok(Self { role, logger: Mutex::new(syslog::unix(formatter)?) })
    }
}

impl<S: Subscriber> Layer<S> for Syslog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let line = format!("{}: {}", self.role, Line::of(event).0);
        let Ok(mut logger) = self.logger.lock() else { return };
        // If the log is gone, mail is served all the same.
        let _ = match *event.metadata().level() {
            Level::ERROR => logger.err(line),
            Level::WARN => logger.warning(line),
            Level::INFO => logger.info(line),
            Level::DEBUG | Level::TRACE => logger.debug(line),
        };
    }
}

#[cfg(test)]
mod tests;
