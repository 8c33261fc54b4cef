//! What goes out by e-mail: the form that refuses aliases for an address, and the pages behind links.

use super::form::Problem;
use super::{Locale, Mood, notice, page, problem_page, token_page};
use crate::alias::AliasAddress;
use crate::web::answer::Answer;
use crate::web::body;
use crate::web::context::WebContext;
use crate::web::error::WebError;
use crate::web::request::RequestContext;
use crate::wire::vault_web::{Followed, LinkPurpose};
use askama::Template;
use hyper::StatusCode;
use hyper::body::Incoming;

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
    pub(in crate::web) async fn page_opt_out(&self, request: &RequestContext, body: Incoming) -> Answer {
        let fields = match body::read(body, &request.headers, self.settings.body_timeout, body::OPT_OUT_MEMBERS).await {
            Ok(fields) => fields,
            Err(error) => return problem_page(&error, request),
        };
        let work = self.opt_out(&fields, request.locale.language());
        match self.creation_guard(request).grant(1, work).await {
            Ok(()) => {
                let words = &request.locale.words().opt_out;
                notice(StatusCode::ACCEPTED, Mood::Waiting, words.sent, words.sent_text, request)
            }
            Err(error) => opt_out_again(fields.plain("target"), &error, request),
        }
    }

    /// `GET /confirm/{link}` of a browser: tells, and does nothing.
    pub(in crate::web) async fn page_inspect_link(&self, link: String, request: &RequestContext) -> Answer {
        match self.inspect_link(link).await {
            Ok(purpose) => confirm_page(&purpose, request),
            Err(error) => problem_page(&error, request),
        }
    }

    /// `POST /confirm/{link}` of a browser: does it.
    pub(in crate::web) async fn page_follow_link(&self, link: String, request: &RequestContext) -> Answer {
        match self.follow_link(link).await {
            Ok((_, Followed::Token(token))) => token_page(token, None, self.base_url(request), request),
            Ok((_, Followed::Activated(aliases))) => activated_page(&aliases, request),
            Ok((purpose, Followed::Done)) => done_page(&purpose, request),
            Err(error) => problem_page(&error, request),
        }
    }
}

/// The form once more, with what is wrong.
pub(super) fn opt_out_again(target: &str, error: &WebError, request: &RequestContext) -> Answer {
    let locale = &request.locale;
    let problem = Some(Problem::of(error, locale.words()));
    let mut answer = page(error.report().status, &OptOut { locale, target, problem }, request);
    error.set_headers(&mut answer);
    answer
}

/// It is done.
pub(super) fn done_page(purpose: &LinkPurpose, request: &RequestContext) -> Answer {
    let words = &request.locale.words().confirm;
    let (mood, title, text) = match purpose {
        LinkPurpose::OptIn => (Mood::Pleased, words.allowed, words.allowed_text),
        _ => (Mood::Vanished, words.refused, words.refused_text),
    };
    notice(StatusCode::OK, mood, title, text, request)
}

pub(super) fn activated_page(addresses: &[AliasAddress], request: &RequestContext) -> Answer {
    page(StatusCode::OK, &Confirmed { locale: &request.locale, addresses }, request)
}

pub(super) fn confirm_page(purpose: &LinkPurpose, request: &RequestContext) -> Answer {
    let locale = &request.locale;
    let words = &locale.words().confirm;
    let (title, text, button, mood) = match purpose {
        LinkPurpose::Activate(_) => (words.activate, words.activate_text, words.activate_button, Mood::Waiting),
        LinkPurpose::HandOut { .. } => (words.token, words.token_text, words.token_button, Mood::Waiting),
        LinkPurpose::OptOut => (words.refuse, words.refuse_text, words.refuse_button, Mood::Alarmed),
        LinkPurpose::OptIn => (words.allow, words.allow_text, words.allow_button, Mood::Asleep),
    };
    page(StatusCode::OK, &Confirm { locale, mood, title, text, button }, request)
}
