//! The pages that people see. Everything works without JavaScript.

mod fixed;
mod form;
mod links;
mod manage;
mod problem;
mod tokens;

#[cfg(test)]
mod tests;

pub(super) use fixed::{FIXED, fixed};
pub(super) use problem::{Mood, notice, problem_page};
use tokens::token_page;

use super::answer::{self, Answer};
use super::calendar;
use super::locale::Locale;
use super::request::RequestContext;
use crate::alias::{AliasState, Time};
use crate::words::Words;
use askama::Template;
use hyper::StatusCode;
use hyper::header;

pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A page on which the answer depends in language and coding.
pub(super) const VARY: &str = "Accept-Encoding, Accept-Language";

fn page(status: StatusCode, template: &impl Template, request: &RequestContext) -> Answer {
    match template.render() {
        Ok(page) => {
            let mut answer = answer::fresh(status, HTML, page, &request.headers);
            answer::set(&mut answer, header::VARY, VARY);
            answer::set(&mut answer, header::CONTENT_LANGUAGE, request.locale.tag());
            answer::isolate(&mut answer);
            answer
        }
        // The templates are part of the program: only memory can be short.
        Err(_) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be made\n"),
    }
}

/// A moment for people and, as RFC 3339 has it, for the script that shows it in their own time zone.
struct Moment {
    machine: String,
    words: String,
    /// "in 3 days"; empty once it has passed.
    left: String,
}

impl Moment {
    fn of(time: Time, now: Time, words: &Words) -> Self {
        let left = if time > now { words.time_left(time - now) } else { String::new() };
        Self { machine: calendar::rfc3339(time), words: words.date(time), left }
    }
}

/// What an alias is limited to, in words.
struct Bounds {
    starts: Option<Moment>,
    ends: Option<Moment>,
    /// All messages, for an alias that was just made.
    messages: Option<String>,
    /// Messages that are left, of how many.
    left: Option<String>,
}

impl Bounds {
    fn of(state: &AliasState, now: Time, words: &Words) -> Self {
        let limits = &state.limits;
        Self {
            starts: limits.not_before.filter(|&start| start > now).map(|time| Moment::of(time, now, words)),
            ends: limits.not_after.map(|time| Moment::of(time, now, words)),
            messages: limits.max_usage.map(|max| words.messages(max)),
            left: state.remaining().zip(limits.max_usage).map(|(left, of)| words.messages_left(left, of)),
        }
    }
}
