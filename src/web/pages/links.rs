//! What goes out by letter: the form that refuses aliases for an address, and the pages behind links.

use super::form::Problem;
use super::{Locale, Mood, notice, page, problem_page, token_page};
use crate::alias::AliasAddress;
use crate::web::WebContext;
use crate::web::answer::Answer;
use crate::web::body;
use crate::web::error::Refusal;
use crate::web::vault_client::Followed;
use crate::wire::vault_web::LinkPurpose;
use askama::Template;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};

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
    mood: Mood,
    title: &'static str,
    text: &'static str,
    button: &'static str,
}

/// These aliases live now.
#[derive(Template)]
#[template(path = "confirmed.html")]
struct Confirmed<'a> {
    locale: &'a Locale,
    addresses: &'a [AliasAddress],
}

impl WebContext {
    /// `POST /opt-out` of a browser.
    pub(in crate::web) async fn page_opt_out(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        let (headers, knock) = (request.headers().clone(), self.knock(&request));
        let fields = match body::read(request, self.settings.body_timeout).await {
            Ok(fields) => fields,
            Err(unusable) => return problem_page(&unusable.into(), locale, &headers),
        };
        match knock.grant(1, self.opt_out(&fields, locale.language())).await {
            Ok(()) => {
                let words = &locale.words().opt_out;
                notice(StatusCode::ACCEPTED, Mood::Waiting, words.sent, words.sent_text, locale, &headers)
            }
            Err(refusal) => opt_out_again(fields.plain("target"), &refusal, locale, &headers),
        }
    }

    /// `GET /confirm/{link}` of a browser: tells, and does nothing.
    pub(in crate::web) async fn page_look(&self, link: String, locale: &Locale, headers: &HeaderMap) -> Answer {
        match self.look(link).await {
            Ok(purpose) => confirm_page(&purpose, locale, headers),
            Err(refusal) => problem_page(&refusal, locale, headers),
        }
    }

    /// `POST /confirm/{link}` of a browser: does it.
    pub(in crate::web) async fn page_follow(
        &self,
        link: String,
        locale: &Locale,
        request: &Request<Incoming>,
    ) -> Answer {
        let headers = request.headers();
        match self.follow(link).await {
            Ok(Followed::Token(token)) => token_page(token, None, self.base(request), locale, headers),
            Ok(Followed::Activated(aliases)) => activated_page(&aliases, locale, headers),
            Ok(Followed::Done(purpose)) => done_page(&purpose, locale, headers),
            Err(refusal) => problem_page(&refusal, locale, headers),
        }
    }
}

/// The form once more, with what is wrong.
pub(super) fn opt_out_again(target: &str, refusal: &Refusal, locale: &Locale, headers: &HeaderMap) -> Answer {
    let problem = Some(Problem::of(refusal, locale.words()));
    let mut answer = page(refusal.words().0, &OptOut { locale, target, problem }, locale, headers);
    refusal.set_headers(&mut answer);
    answer
}

/// It is done.
pub(super) fn done_page(purpose: &LinkPurpose, locale: &Locale, headers: &HeaderMap) -> Answer {
    let words = &locale.words().confirm;
    let (mood, title, text) = match purpose {
        LinkPurpose::OptIn => (Mood::Pleased, words.allowed, words.allowed_text),
        _ => (Mood::Vanished, words.refused, words.refused_text),
    };
    notice(StatusCode::OK, mood, title, text, locale, headers)
}

pub(super) fn activated_page(addresses: &[AliasAddress], locale: &Locale, headers: &HeaderMap) -> Answer {
    page(StatusCode::OK, &Confirmed { locale, addresses }, locale, headers)
}

pub(super) fn confirm_page(purpose: &LinkPurpose, locale: &Locale, headers: &HeaderMap) -> Answer {
    let words = &locale.words().confirm;
    let (title, text, button, mood) = match purpose {
        LinkPurpose::Activate(_) => (words.activate, words.activate_text, words.activate_button, Mood::Waiting),
        LinkPurpose::HandOut { .. } => (words.token, words.token_text, words.token_button, Mood::Waiting),
        LinkPurpose::OptOut => (words.refuse, words.refuse_text, words.refuse_button, Mood::Alarmed),
        LinkPurpose::OptIn => (words.allow, words.allow_text, words.allow_button, Mood::Asleep),
    };
    page(StatusCode::OK, &Confirm { locale, mood, title, text, button }, locale, headers)
}
