//! The text in which Prometheus reads metrics: its
//! [exposition format](https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4.

use super::metrics::{Metric, MetricKind};
use super::vault_admin::DaemonStatus;
use std::fmt::Write as _;

/// Its media type, for `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The prefix of every name.
const PREFIX: &str = "tempalias";

impl DaemonStatus {
    /// All metrics of the daemon, in the exposition format.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for &metric in Metric::ALL {
            let name = metric.name();
            if name != last {
                let kind = match metric.kind() {
                    MetricKind::Counter => "counter",
                    MetricKind::Gauge => "gauge",
                };
                describe(&mut text, name, kind, metric.help());
                last = name;
            }
            let label = metric.label().map_or(String::new(), |(label, value)| format!("{{{label}=\"{value}\"}}"));
            sample(&mut text, name, &label, self.metrics[metric]);
        }
        if let Some(aliases) = self.aliases {
            describe(&mut text, "aliases", "gauge", "Aliases in the table.");
            sample(&mut text, "aliases", "", aliases);
        }
        describe(&mut text, "uptime_seconds", "gauge", "Time since the start.");
        sample(&mut text, "uptime_seconds", "", self.uptime_seconds);
        text
    }
}

// Writing to a String cannot fail.

fn describe(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {PREFIX}_{name} {help}\n# TYPE {PREFIX}_{name} {kind}");
}

fn sample(text: &mut String, name: &str, label: &str, value: u64) {
    let _ = writeln!(text, "{PREFIX}_{name}{label} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::metrics::Metrics;

    #[test]
    fn each_name_is_described_once_and_each_metric_has_a_sample() {
        let mut metrics = Metrics::default();
        metrics[Metric::MessagesDeferred] = 7;
        let mut status = DaemonStatus {
            version: String::new(),
            uptime_seconds: 5,
            processes: Vec::new(),
            aliases: Some(3),
            metrics,
        };
        let text = status.prometheus();
        assert_eq!(text.matches("# HELP tempalias_smtp_messages_total ").count(), 1);
        assert!(text.contains(
            "# TYPE tempalias_smtp_messages_total counter\n\
             tempalias_smtp_messages_total{result=\"delivered\"} 0\n\
             tempalias_smtp_messages_total{result=\"deferred\"} 7\n"
        ));
        assert!(text.contains("# TYPE tempalias_aliases gauge\ntempalias_aliases 3\n"));
        assert!(text.ends_with("# TYPE tempalias_uptime_seconds gauge\ntempalias_uptime_seconds 5\n"));
        let samples = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(samples, Metric::ALL.len() + 2);
        status.aliases = None;
        assert!(!status.prometheus().contains("tempalias_aliases "));
    }
}
