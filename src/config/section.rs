//! One table of the file, from which keys are taken by name.

use super::diagnostics::Diagnostics;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys that differ by more edits than this are not meant.
const MAX_EDITS: usize = 3;

/// A table being read. Dropping it reports the keys that nobody took.
pub(super) struct Section<'t, 'd> {
    /// Empty for the keys in front of all sections.
    name: &'static str,
    table: DeTable<'t>,
    /// The keys that were asked for, with the place of their value if they are there.
    known: Vec<(&'static str, Option<Range<usize>>)>,
    diagnostics: &'d Diagnostics<'t>,
}

impl<'t, 'd> Section<'t, 'd> {
    /// The whole file.
    ///
    /// # Errors
    /// Text that is not TOML.
    pub(super) fn root(text: &'t str, diagnostics: &'d Diagnostics<'t>) -> Result<Self, toml::de::Error> {
        Ok(Self { name: "", table: DeTable::parse(text)?.into_inner(), known: Vec::new(), diagnostics })
    }

    /// The sub-table `name`, empty if it is absent.
    pub(super) fn section(&mut self, name: &'static str) -> Self {
        let mut table = DeTable::new();
        if let Some(value) = self.remove(name) {
            let span = value.span();
            match value.into_inner() {
                DeValue::Table(found) => table = found,
                _ => self.diagnostics.fault(Some(span), format!("{name} must be a section: write [{name}]")),
            }
        }
        Self { name, table, known: Vec::new(), diagnostics: self.diagnostics }
    }

    /// The value of `key` as `read` reads it, `None` if it is absent or faulty (and then reported).
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.remove(key)?;
        match read(value.get_ref()) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(key, &fault);
                None
            }
        }
    }

    /// Like [`Self::take`], for a key that was `old` in older versions: that is still taken, with a warning.
    pub(super) fn take_renamed<T>(
        &mut self,
        key: &'static str,
        old: &str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, String>,
    ) -> Option<T> {
        if let Some((name, value)) = self.table.remove_entry(old) {
            let (old, new) = (self.full(old), self.full(key));
            if self.table.contains_key(key) {
                let message = format!("{old} is the old name of {new}, and both are set: remove it");
                self.diagnostics.fault(Some(name.span()), message);
            } else {
                self.diagnostics.warn(Some(name.span()), format!("{old} is now {new}: rename it"));
                self.table.insert(Spanned::new(name.span(), key.into()), value);
            }
        }
        self.take(key, read)
    }

    /// Like [`Self::take`]; being absent is a fault, with `example` as the line to write.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, String>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.known.push((key, None));
            self.fault(key, &format!("is missing; write, for example, {example}"));
            return None;
        }
        self.take(key, read)
    }

    /// Whether `key`, which was taken, is in the file, faulty or not.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.span(key).is_some()
    }

    /// Reports a fault of `key`, which was taken. The message goes on where the key's name ends.
    pub(super) fn fault(&self, key: &str, message: &str) {
        self.diagnostics.fault(self.span(key), format!("{} {message}", self.full(key)));
    }

    /// Reports what is odd about `key`, likewise.
    pub(super) fn warn(&self, key: &str, message: &str) {
        self.diagnostics.warn(self.span(key), format!("{} {message}", self.full(key)));
    }

    fn span(&self, key: &str) -> Option<Range<usize>> {
        self.known.iter().find(|(known, _)| *known == key).and_then(|(_, span)| span.clone())
    }

    fn remove(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        let value = self.table.remove(key);
        self.known.push((key, value.as_ref().map(Spanned::span)));
        value
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl Drop for Section<'_, '_> {
    fn drop(&mut self) {
        let known: Vec<&str> = self.known.iter().map(|(key, _)| *key).collect();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            let edits = |known: &str| strsim::levenshtein(known, name);
            let hint = match known.iter().min_by_key(|known| edits(known)) {
                Some(near) if edits(near) <= MAX_EDITS => format!("; did you mean {near}?"),
                _ => format!("; known here: {}", known.join(", ")),
            };
            self.diagnostics.fault(Some(key.span()), format!("{} is not a key of this file{hint}", self.full(name)));
        }
    }
}
