//! Pages that are the same for every visitor: rendered once for each language.

use super::Locale;
use super::form::{Form, Home};
use super::links::OptOut;
use super::tokens::Tools;
use crate::config::settings::web::Live;
use crate::words::Section;
use askama::Template;

/// Their paths.
pub(in crate::web) const FIXED: [&str; 7] = ["/", "/about", "/api", "/opt-out", "/pop", "/privacy", "/tools"];

/// Headings and paragraphs.
#[derive(Template)]
#[template(path = "article.html")]
struct Article<'a> {
    locale: &'a Locale,
    head: &'static Section,
    parts: &'static [Section],
}

/// The documentation of the API.
#[derive(Template)]
#[template(path = "api.html")]
struct Api<'a> {
    locale: &'a Locale,
    base: String,
    domain: String,
}

impl Api<'_> {
    /// Its chapters, by their anchors.
    fn contents(&self) -> [(&'static str, &'static Section); 16] {
        let a = &self.locale.words().api;
        [
            ("start", &a.start),
            ("make", &a.make),
            ("many", &a.many),
            ("inspect", &a.inspect),
            ("change", &a.change),
            ("end", &a.end),
            ("token", &a.token),
            ("token-use", &a.token_use),
            ("token-end", &a.token_end),
            ("managers", &a.managers),
            ("opt-out", &a.opt_out),
            ("notifications", &a.consent),
            ("errors", &a.errors),
            ("limits", &a.limits),
            ("scripts", &a.scripts),
            ("health", &a.health),
        ]
    }
}

/// The bookmarklet's small window.
#[derive(Template)]
#[template(path = "pop.html")]
struct Pop<'a> {
    locale: &'a Locale,
}

/// One of [`FIXED`], where `locale` is.
pub(in crate::web) fn fixed(locale: &Locale, settings: &Live) -> askama::Result<String> {
    let words = locale.words();
    let base = settings.site.clone();
    match locale.here() {
        "/about" => Article { locale, head: &words.about, parts: &words.about_parts }.render(),
        "/api" => {
            let domain = settings.domains.first().map_or_else(String::new, ToString::to_string);
            Api { locale, base, domain }.render()
        }
        "/opt-out" => OptOut { locale, target: "", problem: None }.render(),
        "/pop" => Pop { locale }.render(),
        "/privacy" => Article { locale, head: &words.privacy, parts: &words.privacy_parts }.render(),
        "/tools" => Tools { locale, form: Form::empty(settings), base, void: None }.render(),
        _ => Home { locale, form: Form::empty(settings) }.render(),
    }
}
