//! In which language a page speaks, and where it is.

use super::{negotiate, prose};
use crate::words::{Language, Words};
use askama::filters::Safe;
use hyper::header::HeaderMap;

/// The language of a page, and its path without the language.
pub(super) struct Locale {
    language: Language,
    here: String,
}

impl Locale {
    /// A page of ours at `here`.
    pub(super) fn new(language: Language, here: &str) -> Self {
        Self { language, here: here.to_owned() }
    }

    /// What a request asks for: the language that its path begins with, else the one its visitor likes best; and the
    /// path without the language. A slash at the end changes nothing.
    pub(super) fn asked<'a>(path: &'a str, request: &HeaderMap) -> (Language, &'a str) {
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        for language in Language::ALL {
            let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(language.tag()));
            match rest {
                Some("") => return (language, "/"),
                Some(rest) if rest.starts_with('/') => return (language, rest),
                _ => {}
            }
        }
        (negotiate::language(request), path)
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// The path, without the language.
    pub(super) fn here(&self) -> &str {
        &self.here
    }

    pub(super) fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// Another page in this language.
    pub(super) fn link(&self, path: &str) -> String {
        format!("/{}{path}", self.tag())
    }

    /// Whether a link to `path` would lead nowhere else.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.here == path
    }

    /// Pages that the head of every page links to.
    pub(super) fn pages(&self) -> [(&'static str, &'static str); 3] {
        let frame = &self.words().frame;
        [("/tools", frame.tools), ("/api", frame.api), ("/about", frame.about)]
    }

    /// Those that its foot links to.
    pub(super) fn small_print(&self) -> [(&'static str, &'static str); 2] {
        let frame = &self.words().frame;
        [("/privacy", frame.privacy), ("/opt-out", frame.opt_out)]
    }

    pub(super) fn languages(&self) -> [Language; 2] {
        Language::ALL
    }

    pub(super) fn speaks(&self, language: &Language) -> bool {
        self.language == *language
    }

    /// This page in another language. What only a form leads to is left for the page with the form.
    pub(super) fn elsewhere(&self, language: &Language) -> String {
        let here = match self.here.as_str() {
            "/aliases" => "/",
            "/tokens" | "/tokens/revoke" => "/tools",
            here => here,
        };
        format!("/{}{here}", language.tag())
    }

    /// Text with its code and links marked up.
    pub(super) fn prose(&self, text: &str) -> Safe<String> {
        Safe(prose::html(text, self.tag()))
    }
}
