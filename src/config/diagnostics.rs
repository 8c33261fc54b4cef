//! What is to be told about the file: faults and warnings, each with its line.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::Path;

/// One fault or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line of the file, from 1; absent for what is missing from it.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

/// A diagnostic of the file at the path, as `file:line: message`.
pub struct Located<'a>(pub &'a Path, pub &'a Diagnostic);

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(path, Diagnostic { line, message }) = self;
        match line {
            Some(line) => write!(f, "{}:{line}: {message}", path.display()),
            None => write!(f, "{}: {message}", path.display()),
        }
    }
}

/// All of them, gathered while the file is read.
pub(super) struct Diagnostics<'t> {
    text: &'t str,
    faults: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
}

impl<'t> Diagnostics<'t> {
    /// None yet about `text`.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, faults: RefCell::default(), warnings: RefCell::default() }
    }

    /// Adds what keeps the daemon from starting. `span` is in octets of the text.
    pub(super) fn fault(&self, span: Option<Range<usize>>, message: String) {
        self.faults.borrow_mut().push(self.diagnostic(span, message));
    }

    /// Adds what is valid but odd.
    pub(super) fn warn(&self, span: Option<Range<usize>>, message: String) {
        self.warnings.borrow_mut().push(self.diagnostic(span, message));
    }

    fn diagnostic(&self, span: Option<Range<usize>>, message: String) -> Diagnostic {
        let line = span.map(|span| {
            let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
            1 + before.iter().filter(|&&octet| octet == b'\n').count()
        });
        Diagnostic { line, message }
    }

    /// Faults and warnings in the order of the file, those without a line last.
    pub(super) fn sorted(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let sort = |diagnostics: RefCell<Vec<Diagnostic>>| {
            let mut diagnostics = diagnostics.into_inner();
            diagnostics.sort_by_key(|diagnostic| diagnostic.line.unwrap_or(usize::MAX));
            diagnostics
        };
        (sort(self.faults), sort(self.warnings))
    }
}
