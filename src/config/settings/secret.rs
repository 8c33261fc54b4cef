//! Text that nobody is to read.

use serde::{Deserialize, Serialize};

/// A password, or text that may hold one. It cannot be printed: settings that hold one cannot derive `Debug`, so that
/// it gets into no log and no error by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one purpose that it has.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
