//! Metrics: what each process counts, named by the [conventions](https://prometheus.io/docs/practices/naming/) of
//! Prometheus. No metric has an address or an alias in its name.

use serde::{Deserialize, Serialize};
use std::ops::{AddAssign, Index, IndexMut};

/// How a metric behaves (the types of the Prometheus text format).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, from zero at the start of the daemon.
    Counter,
    /// Rises and falls.
    Gauge,
}

macro_rules! metrics {
    ($($metric:ident $kind:ident $name:literal [$($label:literal $value:literal)?] $help:literal,)*) => {
        /// Everything that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric {
            $(#[doc = $help] $metric,)*
        }

        impl Metric {
            /// All, those of the same name side by side.
            pub const ALL: &[Self] = &[$(Self::$metric),*];

            /// What it is called, without the prefix of the program.
            pub fn name(self) -> &'static str {
                match self { $(Self::$metric => $name,)* }
            }

            /// Name and value of the label that tells it from others of its name, if there are others.
            pub fn label(self) -> Option<(&'static str, &'static str)> {
                match self { $(Self::$metric => [$(($label, $value))?].first().copied(),)* }
            }

            /// How it behaves.
            pub fn kind(self) -> MetricKind {
                match self { $(Self::$metric => MetricKind::$kind,)* }
            }

            /// What it tells.
            pub fn help(self) -> &'static str {
                match self { $(Self::$metric => $help,)* }
            }
        }
    };
}

metrics! {
    SmtpSessions Gauge "smtp_sessions" [] "Mail sessions now.",
    SmtpSessionsTotal Counter "smtp_sessions_total" [] "Mail sessions.",
    SmtpConnectionsRejected Counter "smtp_connections_rejected_total" [] "Mail connections rejected by a connection limit.",
    RecipientsAccepted Counter "smtp_recipients_total" ["result" "accepted"] "Recipients of mail.",
    RecipientsUnknown Counter "smtp_recipients_total" ["result" "unknown"] "Recipients of mail.",
    RecipientsDeferred Counter "smtp_recipients_total" ["result" "deferred"] "Recipients of mail.",
    RecipientsRejected Counter "smtp_recipients_total" ["result" "rejected"] "Recipients of mail.",
    MessagesDelivered Counter "smtp_messages_total" ["result" "delivered"] "Messages.",
    MessagesDeferred Counter "smtp_messages_total" ["result" "deferred"] "Messages.",
    MessagesRejected Counter "smtp_messages_total" ["result" "rejected"] "Messages.",
    WebConnections Gauge "web_connections" [] "HTTP connections now.",
    WebConnectionsTotal Counter "web_connections_total" [] "HTTP connections.",
    WebConnectionsRejected Counter "web_connections_rejected_total" [] "HTTP connections rejected by a connection limit.",
    WebResponses2xx Counter "web_responses_total" ["code" "2xx"] "HTTP responses.",
    WebResponses3xx Counter "web_responses_total" ["code" "3xx"] "HTTP responses.",
    WebResponses4xx Counter "web_responses_total" ["code" "4xx"] "HTTP responses.",
    WebResponses5xx Counter "web_responses_total" ["code" "5xx"] "HTTP responses.",
    RelayConnections Gauge "relay_connections" [] "Connections to the next host in use now.",
    RelayConnectionFailures Counter "relay_connection_failures_total" [] "Failed attempts to connect to the next host.",
    RelayReplies2xx Counter "relay_replies_total" ["code" "2xx"] "Replies of the next host to messages.",
    RelayReplies4xx Counter "relay_replies_total" ["code" "4xx"] "Replies of the next host to messages.",
    RelayReplies5xx Counter "relay_replies_total" ["code" "5xx"] "Replies of the next host to messages.",
    RelayRepliesLost Counter "relay_replies_lost_total" [] "Messages to which the next host gave no reply.",
    AliasesCreated Counter "aliases_created_total" [] "Aliases created.",
    NotificationsSent Counter "notifications_total" ["result" "sent"] "E-mails that tempalias itself sent to targets.",
    NotificationsFailed Counter "notifications_total" ["result" "failed"] "E-mails that tempalias itself sent to targets.",
    Tickets Gauge "tickets_outstanding" [] "Accepted recipients whose message is still in flight.",
    UsesSpent Counter "uses_spent_total" [] "Uses of counted aliases.",
    UsesRefunded Counter "uses_refunded_total" [] "Uses given back because the next host refused the message.",
    StoreUp Gauge "store_up" [] "Whether the store answers.",
}

/// How many there are.
const METRIC_COUNT: usize = Metric::ALL.len();

/// A number for each metric; zero for those that a process does not count. Boxed, so that requests stay small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Box<[u64]>")]
pub struct Metrics(Box<[u64]>);

impl Default for Metrics {
    fn default() -> Self {
        Self([0; METRIC_COUNT].into())
    }
}

/// As many numbers as there are metrics, or it is not ours.
impl TryFrom<Box<[u64]>> for Metrics {
    type Error = &'static str;

    fn try_from(values: Box<[u64]>) -> Result<Self, Self::Error> {
        if values.len() == METRIC_COUNT { Ok(Self(values)) } else { Err("another number of metrics than there are") }
    }
}

impl Metrics {
    /// Those that are not zero, in words.
    pub fn in_words(&self) -> String {
        let nonzero = Metric::ALL.iter().filter(|metric| self[**metric] > 0);
        let words: Vec<String> = nonzero.map(|metric| format!("{}={}", metric.plain_name(), self[*metric])).collect();
        if words.is_empty() { "nothing counted yet".to_owned() } else { words.join(" ") }
    }
}

impl Metric {
    /// Name and label in one word: `smtp_messages_delivered`, `web_responses_2xx`.
    pub fn plain_name(self) -> String {
        match self.label() {
            Some((_, value)) => format!("{}_{value}", self.name().trim_end_matches("_total")),
            None => self.name().to_owned(),
        }
    }
}

impl Index<Metric> for Metrics {
    type Output = u64;

    fn index(&self, metric: Metric) -> &u64 {
        &self.0[metric as usize]
    }
}

impl IndexMut<Metric> for Metrics {
    fn index_mut(&mut self, metric: Metric) -> &mut u64 {
        &mut self.0[metric as usize]
    }
}

impl AddAssign<&Metrics> for Metrics {
    fn add_assign(&mut self, other: &Metrics) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
    }
}
