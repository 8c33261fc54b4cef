//! A page with one thing to say.

use super::{Locale, page};
use crate::web::answer::Answer;
use crate::web::error::{FieldError, WebError};
use crate::web::request::RequestContext;
use crate::words::Words;
use askama::Template;
use hyper::StatusCode;

/// The spy's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Mood {
    Waiting,
    Pleased,
    Alarmed,
    Asleep,
    Vanished,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    locale: &'a Locale,
    mood: Mood,
    title: &'a str,
    text: &'a str,
}

/// Says one thing and leads to the front page.
pub(in crate::web) fn notice(
    status: StatusCode,
    mood: Mood,
    title: &str,
    text: &str,
    request: &RequestContext,
) -> Answer {
    page(status, &Notice { locale: &request.locale, mood, title, text }, request)
}

/// Why something is not done, in a sentence.
pub(super) fn error_text(error: &WebError, words: &Words) -> String {
    match error {
        WebError::Order(error) => words.order_error(*error),
        WebError::RateLimited(allowance) => words.too_many_here(allowance.wait_seconds.div_ceil(60)),
        WebError::Field(FieldError::NothingChanges) => words.problems.nothing_changes.to_owned(),
        _ => words.problem(error.report().kind).text.to_owned(),
    }
}

/// Why something is not done, on a page of its own.
pub(in crate::web) fn problem_page(error: &WebError, request: &RequestContext) -> Answer {
    let report = error.report();
    let words = request.locale.words();
    let text = error_text(error, words);
    let mood = match report.status {
        StatusCode::NOT_FOUND => Mood::Vanished,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Mood::Asleep,
        _ => Mood::Alarmed,
    };
    let mut answer = notice(report.status, mood, words.problem(report.kind).title, &text, request);
    error.set_headers(&mut answer);
    answer
}
