//! Where log lines go: a terminal, journald or syslog, as the place says.
//!
//! 1. `JOURNAL_STREAM` is set: systemd reads stderr; fields go to journald natively. Within a chroot journald's socket
//!    is not there: then lines go to stderr, with the prefix that tells journald their level (sd-daemon(3)).
//! 2. stderr is a terminal, a pipe or a file: lines go there.
//! 3. stderr is `/dev/null` or closed, as under a classic init: syslog.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::os::unix::fs::FileTypeExt;
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

/// Starts logging for this process, which calls itself `role`, and `will_chroot` or not. Call once.
pub fn start(role: &'static str, verbosity: Verbosity, will_chroot: bool) {
    let filter = verbosity.filter();
    // Only our own events: a library's may show what is not ours to show.
    let ours = tracing_subscriber::filter::FilterFn::new(|meta| meta.target().starts_with("tempalias"));
    let base = tracing_subscriber::registry();
    // A second start would be a defect of ours; logging then goes on as it was.
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let _ = if journal
        && !will_chroot
        && let Ok(journal) = tracing_journald::layer()
    {
        let journal = journal
            .with_syslog_identifier("tempalias".to_owned())
            .with_field_prefix(Some("TEMPALIAS".to_owned()))
            .with_custom_fields([("TEMPALIAS_ROLE", role)]);
        tracing::subscriber::set_global_default(base.with(journal.with_filter(ours).with_filter(filter)))
    } else if is_void()
        && let Ok(syslog) = Syslog::open(role)
    {
        tracing::subscriber::set_global_default(base.with(syslog.with_filter(ours).with_filter(filter)))
    } else {
        let lines = Lines { role, pid: std::process::id(), for_journal: journal };
        tracing::subscriber::set_global_default(base.with(lines.with_filter(ours).with_filter(filter)))
    };
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

/// One event as `message key=value …`, untrusted octets escaped.
struct Line(String);

impl Line {
    fn of(event: &Event<'_>) -> Self {
        let mut line = Self(String::with_capacity(128));
        event.record(&mut line);
        line
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = if field.name() == "message" {
            let rest = std::mem::take(&mut self.0);
            write!(self.0, "{value:?}{rest}")
        } else {
            write!(self.0, " {}={}", field.name(), Escaped(format!("{value:?}")))
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// A value that stays on its line and within printable characters.
struct Escaped(String);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// Lines on stderr.
struct Lines {
    role: &'static str,
    pid: u32,
    for_journal: bool,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = event.metadata().level();
        let line = Line::of(event).0;
        let line = if self.for_journal {
            format!("{}{}: {line}\n", prefix(*level), self.role)
        } else {
            format!("tempalias[{}] {} {level}: {line}\n", self.pid, self.role)
        };
        // One write, so that lines of several processes do not mix. A log that is gone is nobody's fault here.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
}

/// The level as sd-daemon(3) wants it at the beginning of a line.
fn prefix(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        Level::DEBUG | Level::TRACE => "<7>",
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
