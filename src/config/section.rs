//! One table of the file, from which keys are taken by name.

use super::Note;
use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Faults and warnings, gathered while reading.
pub(super) struct Notes<'t> {
    text: &'t str,
    faults: RefCell<Vec<Note>>,
    warnings: RefCell<Vec<Note>>,
}

impl<'t> Notes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, faults: RefCell::default(), warnings: RefCell::default() }
    }

    pub(super) fn fault(&self, span: Option<Range<usize>>, what: String) {
        self.faults.borrow_mut().push(self.note(span, what));
    }

    pub(super) fn warn(&self, span: Option<Range<usize>>, what: String) {
        self.warnings.borrow_mut().push(self.note(span, what));
    }

    fn note(&self, span: Option<Range<usize>>, what: String) -> Note {
        let line = span
            .map(|s| 1 + self.text.as_bytes()[..s.start.min(self.text.len())].iter().filter(|&&b| b == b'\n').count());
        Note { line, what }
    }

    /// Faults and warnings in the order of the file.
    pub(super) fn sorted(self) -> (Vec<Note>, Vec<Note>) {
        let sort = |notes: RefCell<Vec<Note>>| {
            let mut notes = notes.into_inner();
            notes.sort_by_key(|n| n.line.unwrap_or(usize::MAX));
            notes
        };
        (sort(self.faults), sort(self.warnings))
    }
}

/// A table being read. Dropping it reports the keys that nobody took.
pub(super) struct Section<'t, 'n> {
    name: String,
    table: DeTable<'t>,
    known: Vec<&'static str>,
    notes: &'n Notes<'t>,
}

impl<'t, 'n> Section<'t, 'n> {
    pub(super) fn root(text: &'t str, notes: &'n Notes<'t>) -> Result<Self, toml::de::Error> {
        let table = DeTable::parse(text)?.into_inner();
        Ok(Self { name: String::new(), table, known: Vec::new(), notes })
    }

    /// The sub-table `name`, empty if it is absent.
    pub(super) fn section(&mut self, name: &'static str) -> Self {
        let mut table = DeTable::new();
        if let Some(value) = self.remove(name) {
            let span = value.span();
            match value.into_inner() {
                DeValue::Table(found) => table = found,
                _ => self.notes.fault(Some(span), format!("{name} must be a section: write [{name}]")),
            }
        }
        Self { name: name.to_owned(), table, known: Vec::new(), notes: self.notes }
    }

    /// The value of `key` as `read` reads it, `None` if it is absent or faulty (and then said so).
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.remove(key)?;
        match read(value.get_ref()) {
            Ok(value) => Some(value),
            Err(what) => {
                self.notes.fault(Some(value.span()), format!("{} {what}", self.full(key)));
                None
            }
        }
    }

    /// Like [`Section::take`]; being absent is a fault, with `cure` as the line to write.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        cure: &str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, String>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            self.notes.fault(None, format!("{} is missing; write, for example, {cure}", self.full(key)));
            return None;
        }
        self.take(key, read)
    }

    /// Where the value of `key` stands, before it is taken.
    pub(super) fn span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get(key).map(Spanned::span)
    }

    fn remove(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl Drop for Section<'_, '_> {
    fn drop(&mut self) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            let hint = match self.known.iter().min_by_key(|known| distance(known, name)) {
                Some(near) if distance(near, name) <= 3 => format!("; did you mean {near}?"),
                _ => format!("; known here: {}", self.known.join(", ")),
            };
            self.notes.fault(Some(key.span()), format!("{} is not a key of this file{hint}", self.full(name)));
        }
    }
}

/// Edits from one word to the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

pub(super) fn text(value: &DeValue<'_>) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("must be text in quotes, not {}", value.type_str()))
}

pub(super) fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

/// A whole number of at least `min`.
pub(super) fn number<N: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display>(
    min: N,
) -> impl FnOnce(&DeValue<'_>) -> Result<N, String> {
    move |value| {
        let parsed = value.as_integer().and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
        let number = parsed.and_then(|n| N::try_from(n).ok()).filter(|n| *n >= min);
        number.ok_or_else(|| format!("must be a whole number, {min} or more"))
    }
}

/// `"90s"`, `"5m"`, `"1h 30m"`: jiff's friendly format.
pub(super) fn duration(value: &DeValue<'_>) -> Result<Duration, String> {
    let parsed = value.as_str().and_then(|t| t.parse::<jiff::SignedDuration>().ok());
    parsed
        .and_then(|d| Duration::try_from(d).ok())
        .ok_or_else(|| "must be a span of time in quotes, like \"30s\" or \"5m\"".to_owned())
}

/// One text, or a list of texts, each as `read` reads it.
pub(super) fn list<T>(read: impl Fn(&str) -> Result<T, String>) -> impl FnOnce(&DeValue<'_>) -> Result<Vec<T>, String> {
    move |value| {
        let wrong = || "must be a list of texts, like [\"one\", \"two\"]".to_owned();
        let items = value.as_array().ok_or_else(wrong)?;
        let read = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().ok_or_else(wrong).and_then(&read);
        items.iter().map(read).collect()
    }
}
