//! What people read: every text of the site and of e-mails, in every language.
//!
//! [`Words`] has a field for each text, and each language fills it in one file: the compiler sees to it
//! that no language lacks a text. Texts hold no HTML. A few may hold `` `code` `` and `[links](/path)`;
//! they are called prose.

mod de;
mod en;
mod language;
mod problem;
mod sentences;
mod texts;

#[cfg(test)]
mod tests;

pub use language::Language;
pub use problem::ProblemKind;
pub use sentences::Sentences;
pub use texts::{
    Api, Confirm, Frame, Home, Made, Manage, OptOut, Pop, Problem, Problems, Section, Token, Tools, Words,
};
