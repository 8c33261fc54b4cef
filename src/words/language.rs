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

    /// The one that Accept-Language fields like best (RFC 9110 §12.5.4): of equal weights the first named.
    pub fn negotiate<'a>(fields: impl IntoIterator<Item = &'a str>) -> Self {
        let mut best = (Self::default(), 0.0);
        for element in fields.into_iter().flat_map(|field| field.split(',')) {
            let mut parts = element.split(';').map(str::trim);
            let range = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let weight = weight.map_or(1.0, |text| text.parse::<f32>().unwrap_or(0.0));
            if let Some(language) = Self::of_range(range)
                && weight > best.1
                && weight <= 1.0
            {
                best = (language, weight);
            }
        }
        best.0
    }

    /// `de`, `de-AT`, `DE-1996` are German; `*` is whatever comes first.
    fn of_range(range: &str) -> Option<Self> {
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
