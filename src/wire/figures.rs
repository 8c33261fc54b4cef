//! What each process counts. No figure has an address or an alias in its name.

use serde::{Deserialize, Serialize};
use std::ops::{AddAssign, Index, IndexMut};

/// How a figure behaves (the types of the Prometheus text format).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from zero at the start of the daemon.
    Counter,
    /// Rises and falls.
    Gauge,
}

macro_rules! figures {
    ($($figure:ident $kind:ident $name:literal $label:literal $help:literal,)*) => {
        /// Everything that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Figure {
            $(#[doc = $help] $figure,)*
        }

        impl Figure {
            /// All, those of the same name side by side.
            pub const ALL: &[Self] = &[$(Self::$figure),*];

            /// What it is called, and the label that tells it from others of its name.
            pub fn name(self) -> (&'static str, &'static str) {
                match self { $(Self::$figure => ($name, $label),)* }
            }

            /// How it behaves.
            pub fn kind(self) -> Kind {
                match self { $(Self::$figure => Kind::$kind,)* }
            }

            /// What it tells.
            pub fn help(self) -> &'static str {
                match self { $(Self::$figure => $help,)* }
            }
        }
    };
}

figures! {
    SmtpSessions Gauge "smtp_sessions" "" "Mail sessions now.",
    SmtpSessionsTotal Counter "smtp_sessions_total" "" "Mail sessions.",
    SmtpTurnedAway Counter "smtp_turned_away_total" "" "Mail connections for which there was no place.",
    RecipientsAccepted Counter "recipients_total" "verdict=\"accepted\"" "Recipients of mail.",
    RecipientsUnknown Counter "recipients_total" "verdict=\"unknown\"" "Recipients of mail.",
    RecipientsPutOff Counter "recipients_total" "verdict=\"put_off\"" "Recipients of mail.",
    RecipientsRefused Counter "recipients_total" "verdict=\"refused\"" "Recipients of mail.",
    MessagesDelivered Counter "messages_total" "verdict=\"delivered\"" "Messages.",
    MessagesPutOff Counter "messages_total" "verdict=\"put_off\"" "Messages.",
    MessagesRefused Counter "messages_total" "verdict=\"refused\"" "Messages.",
    WebConnections Gauge "web_connections" "" "Visitors' connections now.",
    WebConnectionsTotal Counter "web_connections_total" "" "Visitors' connections.",
    WebTurnedAway Counter "web_turned_away_total" "" "Visitors' connections for which there was no place.",
    WebAnswers2xx Counter "web_answers_total" "class=\"2xx\"" "Answers to visitors.",
    WebAnswers3xx Counter "web_answers_total" "class=\"3xx\"" "Answers to visitors.",
    WebAnswers4xx Counter "web_answers_total" "class=\"4xx\"" "Answers to visitors.",
    WebAnswers5xx Counter "web_answers_total" "class=\"5xx\"" "Answers to visitors.",
    RelayConnections Gauge "relay_connections" "" "Connections to the next host in use now.",
    RelayFailures Counter "relay_failures_total" "" "Attempts to reach the next host that failed.",
    RelayVerdicts2xx Counter "relay_verdicts_total" "class=\"2xx\"" "What the next host said to messages.",
    RelayVerdicts4xx Counter "relay_verdicts_total" "class=\"4xx\"" "What the next host said to messages.",
    RelayVerdicts5xx Counter "relay_verdicts_total" "class=\"5xx\"" "What the next host said to messages.",
    RelayVerdictsLost Counter "relay_verdicts_total" "class=\"lost\"" "What the next host said to messages.",
    AliasesCreated Counter "aliases_created_total" "" "Aliases made.",
    LettersSent Counter "letters_total" "verdict=\"sent\"" "Letters of ours to targets.",
    LettersUnsent Counter "letters_total" "verdict=\"unsent\"" "Letters of ours to targets.",
    UsesHeld Gauge "tickets" "" "Recipients accepted whose message is still under way.",
    UsesSpent Counter "uses_spent_total" "" "Uses of counted aliases.",
    UsesRefunded Counter "uses_refunded_total" "" "Uses given back because the next host refused the message.",
    StoreUp Gauge "store_up" "" "Whether the store answers.",
}

const COUNT: usize = Figure::ALL.len();

/// A number for each figure; zero for those that a process does not count. Boxed, so that requests stay small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures(Box<[u64; COUNT]>);

impl Figures {
    /// Those that are not zero, in words.
    pub fn in_words(&self) -> String {
        let nonzero = Figure::ALL.iter().filter(|figure| self[**figure] > 0);
        let words: Vec<String> = nonzero.map(|figure| format!("{}={}", figure.plain_name(), self[*figure])).collect();
        if words.is_empty() { "nothing counted yet".to_owned() } else { words.join(" ") }
    }
}

impl Figure {
    /// Name and label in one word: `messages_delivered`, `web_answers_2xx`.
    pub fn plain_name(self) -> String {
        let (name, label) = self.name();
        match label.split('"').nth(1) {
            Some(value) => format!("{}_{value}", name.trim_end_matches("_total")),
            None => name.to_owned(),
        }
    }
}

impl Index<Figure> for Figures {
    type Output = u64;

    fn index(&self, figure: Figure) -> &u64 {
        &self.0[figure as usize]
    }
}

impl IndexMut<Figure> for Figures {
    fn index_mut(&mut self, figure: Figure) -> &mut u64 {
        &mut self.0[figure as usize]
    }
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
    }
}
