//! A page with one thing to say.

use super::{Locale, page};
use crate::web::answer::Answer;
use crate::web::error::Refusal;
use crate::words::Words;
use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderMap;

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
    locale: &Locale,
    headers: &HeaderMap,
) -> Answer {
    page(status, &Notice { locale, mood, title, text }, locale, headers)
}

/// Why something is not done, in a sentence.
pub(super) fn told(refusal: &Refusal, words: &Words) -> String {
    match refusal {
        Refusal::Fault(fault) => words.fault(*fault),
        Refusal::TooMany(allowance) => words.too_many_here(allowance.wait_seconds.div_ceil(60)),
        Refusal::Misfit("days", _) => words.problems.nothing_changes.to_owned(),
        _ => words.problem(refusal.words().1).text.to_owned(),
    }
}

/// Why something is not done, on a page of its own.
pub(in crate::web) fn problem_page(refusal: &Refusal, locale: &Locale, headers: &HeaderMap) -> Answer {
    let (status, word, _, _) = refusal.words();
    let words = locale.words();
    let problem = words.problem(word);
    let text = told(refusal, words);
    let mood = match status {
        StatusCode::NOT_FOUND => Mood::Vanished,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Mood::Asleep,
        _ => Mood::Alarmed,
    };
    let mut answer = notice(status, mood, problem.title, &text, locale, headers);
    refusal.set_headers(&mut answer);
    answer
}
