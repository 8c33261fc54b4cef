//! Tokens: the form, what comes of it, and how to use it.
#![allow(dead_code)] // until tokens are routed

use super::form::{Form, Problem};
use super::{Locale, Moment, Mood, notice, page};
use crate::alias::Time;
use crate::config::settings;
use crate::web::House;
use crate::web::answer::Answer;
use crate::web::api::Refusal;
use crate::web::body::Fields;
use crate::words::{Section, Words};
use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderMap;

/// The page with everything that needs a token.
#[derive(Template)]
#[template(path = "tools.html")]
pub(super) struct Tools<'a> {
    pub(super) locale: &'a Locale,
    pub(super) form: Form<'a>,
    pub(super) base: String,
    /// What is wrong with the token that is to be revoked.
    pub(super) void: Option<String>,
}

impl Tools<'_> {
    /// What a token is good for.
    fn uses(&self) -> [&'static Section; 3] {
        let words = &self.locale.words().tools;
        [&words.bookmarklet, &words.managers, &words.shell]
    }
}

/// A token as the vault made it, or will once its target agrees.
pub(in crate::web) struct TokenMade {
    /// `None` while the target has not agreed.
    pub(in crate::web) token: Option<String>,
    /// As it was typed; only said while the target has not agreed.
    pub(in crate::web) target: String,
    /// Limit of each alias.
    pub(in crate::web) days: Option<u32>,
    /// Limit of each alias.
    pub(in crate::web) max_usage: Option<u32>,
    /// Where its aliases live.
    pub(in crate::web) domain: String,
    /// Until when it is good.
    pub(in crate::web) expires: Option<Time>,
    /// The vault's clock.
    pub(in crate::web) now: Time,
    /// How visitors call this site: `https://example.org`.
    pub(in crate::web) base: String,
}

#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage<'a> {
    locale: &'a Locale,
    made: &'a TokenMade,
    pending: String,
    each: String,
    expires: Option<Moment>,
}

/// The token, once: how to use it.
pub(in crate::web) fn token_page(made: &TokenMade, locale: &Locale, headers: &HeaderMap) -> Answer {
    let words = locale.words();
    let template = TokenPage {
        locale,
        made,
        pending: words.token_pending(&made.target),
        each: each(made, words),
        expires: made.expires.map(|time| Moment::of(time, made.now, words)),
    };
    let status = if made.token.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    page(status, &template, locale, headers)
}

/// "3 days, 5 messages".
fn each(made: &TokenMade, words: &Words) -> String {
    let (days, messages) = (made.days.map(|days| words.days(days)), made.max_usage.map(|max| words.messages(max)));
    days.into_iter().chain(messages).collect::<Vec<_>>().join(", ")
}

/// A token was revoked.
pub(in crate::web) fn token_revoked_page(locale: &Locale, headers: &HeaderMap) -> Answer {
    let words = &locale.words().tools;
    notice(StatusCode::OK, Mood::Vanished, words.revoked, words.revoked_text, locale, headers)
}

/// The tools page once more, with what is wrong: about the form for a token if `fields` are of that form, else
/// about the token that cannot be revoked.
pub(in crate::web) fn tools_page(
    house: &House,
    fields: Option<&Fields>,
    refusal: &Refusal,
    locale: &Locale,
    headers: &HeaderMap,
) -> Answer {
    let problem = Problem::of(refusal, locale.words());
    let base = settings_base(&house.settings);
    let tools = match fields {
        Some(fields) => Tools { locale, form: Form::again(&house.settings, fields, problem), base, void: None },
        None => Tools { locale, form: Form::empty(&house.settings), base, void: Some(problem.words) },
    };
    let mut answer = page(refusal.words().0, &tools, locale, headers);
    refusal.set_headers(&mut answer);
    answer
}

/// How the site is called, as far as is known without a visitor; the script puts in what the visitor calls it.
pub(super) fn settings_base(settings: &settings::Web) -> String {
    let guess = || settings.domains.first().map_or_else(String::new, |domain| format!("http://{domain}"));
    settings.url.clone().unwrap_or_else(guess)
}
