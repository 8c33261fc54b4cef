//! Where log lines go: a terminal, journald or syslog, as the place says.
//!
//! 1. stderr is the stream that `JOURNAL_STREAM` names: systemd reads it; each event goes to journald natively, as a line
//!    and as fields.
//! 2. stderr is a terminal, a pipe or a file: lines go there.
//! 3. stderr is `/dev/null` or closed, as under a classic init: syslog.

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
    /// Only what an administrator must act on.
    Warnings,
    /// One line an event.
    #[default]
    Normal,
    /// Aliases too.
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

/// Starts logging for this process, which calls itself `role`. Call once, while paths mean what they did.
pub fn start(role: &'static str, verbosity: Verbosity) {
    let filter = verbosity.filter();
    // Only our own events: a library's may show what is not ours to show.
    let ours = tracing_subscriber::filter::FilterFn::new(|meta| meta.target().starts_with("tempalias"));
    let base = tracing_subscriber::registry();
    // A second start would be a defect of ours; logging then goes on as it was.
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

/// Whether `output` is what `JOURNAL_STREAM` names, as `device:inode` (systemd.exec(5)): the variable alone is inherited by
/// every program that is started from a session of systemd's, whose stderr may be a terminal.
fn is_journal(stream: Option<&str>, output: impl AsFd) -> bool {
    let named = stream.and_then(|stream| stream.split_once(':')).and_then(|(device, inode)| {
        let (device, inode): (u64, u64) = (device.parse().ok()?, inode.parse().ok()?);
        Some((device, inode))
    });
    named.is_some_and(|named| fstat(output).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == named))
}

/// Whether stderr leads nowhere.
fn is_void() -> bool {
    match (std::fs::metadata("/proc/self/fd/2"), std::fs::metadata("/dev/null")) {
        (Ok(stderr), Ok(null)) => {
            use std::os::unix::fs::MetadataExt;
            stderr.file_type().is_char_device() && stderr.rdev() == null.rdev()
        }
        _ => true,
    }
}

/// Octets of one value at the most. An event has 32 fields at the most, so that with [`MAX_LINE`] it fits into a datagram,
/// which may not be longer than the socket's buffer (208 KiB by default): a longer one is lost (EMSGSIZE).
const MAX_VALUE: usize = 4 * 1024;

/// Octets of one line at the most.
const MAX_LINE: usize = 16 * 1024;

/// One event as `message key=value …`, which is logfmt: a value that would seem to be several is quoted.
struct Line(String);

impl Line {
    fn of(event: &Event<'_>) -> Self {
        let mut line = Self(String::with_capacity(128));
        event.record(&mut line);
        cut(&mut line.0, MAX_LINE);
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

/// A value that stays on its line and shows as what it is: what is not printable is escaped, controls of the direction
/// of writing and what has no width among it. It is cut where it is too long.
fn escaped(value: &str) -> String {
    escaped_with(value, |c| matches!(c, '"' | '\'' | '\\'))
}

/// The same between quotes, where quotes and backslashes are escaped too.
fn quoted(value: &str) -> String {
    format!("\"{}\"", escaped_with(value, |c| c == '\''))
}

fn escaped_with(value: &str, is_plain: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(value.len().min(MAX_VALUE));
    for c in value.chars() {
        if text.len() > MAX_VALUE {
            break;
        }
        if is_plain(c) { text.push(c) } else { text.extend(c.escape_debug()) }
    }
    cut(&mut text, MAX_VALUE);
    text
}

/// Cuts what is longer, and shows that it did.
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
        // One write, so that lines of several processes do not mix. A log that is gone is nobody's fault here.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
}

/// journald's [native protocol](https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): a datagram of `FIELD=value` lines.
///
/// The message is the whole line, because that is what `systemctl status` shows; the fields are for machines.
struct Journal {
    role: &'static str,
    socket: UnixDatagram,
}

/// An event's fields as journald wants them.
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
        // A journal that does not keep up must not hold up mail.
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
        // A log that is gone is nobody's fault here.
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
        // A log that is gone is nobody's fault here.
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
