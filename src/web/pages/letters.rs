//! What goes out by letter: the form that refuses aliases for an address, and the pages behind links.
#![allow(dead_code)] // until they are routed

use super::form::Problem;
use super::{Locale, Mood, notice, page};
use crate::web::answer::Answer;
use crate::web::api::Refusal;
use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderMap;

/// What a link in a letter does, once its button is pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Purpose {
    /// Makes an alias alive.
    Activate,
    /// Shows a token.
    Token,
    /// Refuses aliases for ever.
    Refuse,
    /// Allows them again.
    Allow,
}

/// "No aliases for my address."
#[derive(Template)]
#[template(path = "opt-out.html")]
pub(super) struct OptOut<'a> {
    pub(super) locale: &'a Locale,
    pub(super) target: &'a str,
    pub(super) problem: Option<Problem>,
}

/// What the link will do; its form is posted to the page's own address.
#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm<'a> {
    locale: &'a Locale,
    purpose: Purpose,
    title: &'static str,
    text: &'static str,
    button: &'static str,
}

/// It is done.
#[derive(Template)]
#[template(path = "confirmed.html")]
struct Confirmed<'a> {
    locale: &'a Locale,
    purpose: Purpose,
    title: &'static str,
    text: &'static str,
    addresses: &'a [String],
}

/// The form once more, with what is wrong.
pub(in crate::web) fn opt_out_page(target: &str, refusal: &Refusal, locale: &Locale, headers: &HeaderMap) -> Answer {
    let problem = Some(Problem::of(refusal, locale.words()));
    let mut answer = page(refusal.words().0, &OptOut { locale, target, problem }, locale, headers);
    refusal.set_headers(&mut answer);
    answer
}

/// A letter is on its way.
pub(in crate::web) fn opt_out_sent_page(locale: &Locale, headers: &HeaderMap) -> Answer {
    let words = &locale.words().opt_out;
    notice(StatusCode::ACCEPTED, Mood::Waiting, words.sent, words.sent_text, locale, headers)
}

/// `GET /confirm/{capability}`: tells, and does nothing.
pub(in crate::web) fn confirm_page(purpose: Purpose, locale: &Locale, headers: &HeaderMap) -> Answer {
    let words = &locale.words().confirm;
    let (title, text, button) = match purpose {
        Purpose::Activate => (words.activate, words.activate_text, words.activate_button),
        Purpose::Token => (words.token, words.token_text, words.token_button),
        Purpose::Refuse => (words.refuse, words.refuse_text, words.refuse_button),
        Purpose::Allow => (words.allow, words.allow_text, words.allow_button),
    };
    page(StatusCode::OK, &Confirm { locale, purpose, title, text, button }, locale, headers)
}

/// `POST /confirm/{capability}`: it is done. `addresses` are the aliases that live now. A token has
/// [`super::token_page`].
pub(in crate::web) fn confirmed_page(
    purpose: Purpose,
    addresses: &[String],
    locale: &Locale,
    headers: &HeaderMap,
) -> Answer {
    let words = &locale.words().confirm;
    let (title, text) = match purpose {
        Purpose::Activate | Purpose::Token => (words.activated, words.activated_text),
        Purpose::Refuse => (words.refused, words.refused_text),
        Purpose::Allow => (words.allowed, words.allowed_text),
    };
    page(StatusCode::OK, &Confirmed { locale, purpose, title, text, addresses }, locale, headers)
}
