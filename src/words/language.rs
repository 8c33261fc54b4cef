//! Which languages there are, and which one a visitor wants.

use super::{Words, de, en};
use serde::{Deserialize, Serialize};

/// A language that the site speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// For everybody who understands none of the others.
    #[default]
    English,
    /// Addresses the reader as "du".
    German,
}

impl Language {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// As BCP 47 spells it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The one that a language range of RFC 4647 §2.1 names: `de`, `de-AT`, `DE-1996` are German; `*` is the default.
    pub fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        match primary {
            "*" => Some(Self::default()),
            _ => Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary)),
        }
    }

    /// Its texts.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &en::WORDS,
            Self::German => &de::WORDS,
        }
    }
}
