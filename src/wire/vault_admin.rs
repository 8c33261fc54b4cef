//! vault ← the administrator.

use super::metrics::{Metric, MetricKind, Metrics};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What the administrator may ask of the vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// How the daemon is.
    Status,
    /// Kill one alias.
    Revoke {
        /// Its address.
        address: String,
    },
    /// Kill every alias of this real address.
    Forget {
        /// The real address.
        address: String,
        /// Whether none is to be made for it any more.
        for_ever: bool,
    },
}

/// What the vault answers: counts, never a real address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To `Status`.
    Status(Status),
    /// How many aliases were removed; to `Revoke` and `Forget`.
    Removed(u64),
    /// Not an address.
    Refused,
    /// The store does not answer.
    Unavailable,
}

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// Since it was started.
    pub uptime_seconds: u64,
    /// The monitor first.
    pub processes: Vec<Process>,
    /// Aliases in the table; `None` where the store cannot tell without reading it all.
    pub aliases: Option<u64>,
    /// Of all processes together.
    pub metrics: Metrics,
}

/// One of the processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// What it does.
    pub role: String,
    /// Its number.
    pub pid: i32,
    /// Its walls, in words.
    pub walls: String,
}

impl Status {
    /// The [Prometheus text format](https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        // Writing to a String cannot fail.
        for &metric in Metric::ALL {
            let name = metric.name();
            if name != last {
                let kind = match metric.kind() {
                    MetricKind::Counter => "counter",
                    MetricKind::Gauge => "gauge",
                };
                let _ = writeln!(text, "# HELP tempalias_{name} {}\n# TYPE tempalias_{name} {kind}", metric.help());
                last = name;
            }
            let label = metric.label().map_or(String::new(), |(label, value)| format!("{{{label}=\"{value}\"}}"));
            let _ = writeln!(text, "tempalias_{name}{label} {}", self.metrics[metric]);
        }
        if let Some(aliases) = self.aliases {
            let _ = writeln!(
                text,
                "# HELP tempalias_aliases Aliases in the table.\n# TYPE tempalias_aliases gauge\ntempalias_aliases {aliases}"
            );
        }
        let _ = writeln!(
            text,
            "# HELP tempalias_uptime_seconds Time since the start.\n# TYPE tempalias_uptime_seconds gauge\n\
             tempalias_uptime_seconds {}",
            self.uptime_seconds
        );
        text
    }
}
