//! The pages that people see. Everything works without JavaScript.

use super::House;
use super::answer::{self, Answer};
use super::api::{language, timestamp};
use super::asking::Made;
use super::body::{self, Fields, Unusable};
use super::refusal::Refusal;
use crate::alias::{Account, Caps, Change, Domain, Time};
use crate::config::settings;
use crate::wire::web::Alias;
use askama::Template;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};

const HTML: &str = "text/html; charset=utf-8";

/// The form, empty or as it was filled in.
#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    domains: &'a [Domain],
    caps: Caps,
    given: Given,
    problem: Option<Problem>,
}

/// What was filled in.
struct Given {
    target: String,
    days: String,
    max_usage: String,
    domain: String,
}

/// What is wrong with it.
struct Problem {
    field: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "made.html")]
struct MadePage<'a> {
    address: &'a str,
    target: &'a str,
    limits: String,
    manage: String,
}

#[derive(Template)]
#[template(path = "manage.html")]
struct Manage<'a> {
    address: &'a str,
    limits: String,
    paused: bool,
    caps: Caps,
    counted: bool,
    max_usage: u32,
    problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    title: &'a str,
    words: &'a str,
}

/// The front page.
pub(super) fn home(settings: &settings::Web) -> askama::Result<String> {
    let given = Given { target: String::new(), days: "7".to_owned(), max_usage: String::new(), domain: String::new() };
    Home { domains: &settings.domains, caps: settings.caps, given, problem: None }.render()
}

impl House {
    /// `POST /aliases` of a browser.
    pub(super) async fn page_create(&self, request: Request<Incoming>) -> Answer {
        let (headers, base, knock) = (request.headers().clone(), self.base(&request), self.knock(&request));
        let fields = match body::read(request, self.settings.body_timeout).await {
            Ok(fields) => fields,
            Err(unusable) => return refusal_page(&unusable.into(), &headers),
        };
        let made = knock.grant(1, self.make(&fields, &headers, language(&headers))).await;
        match made.and_then(|made| made.into_iter().next().ok_or(Refusal::Unavailable)) {
            Ok(made) => page(StatusCode::CREATED, &made_page(&made, &base), &headers),
            Err(refusal) => match refusal.words() {
                (status, _, Some(field), words) => {
                    let home = Home {
                        domains: &self.settings.domains,
                        caps: self.settings.caps,
                        given: given(&fields),
                        problem: Some(Problem { field, words }),
                    };
                    page(status, &home, &headers)
                }
                _ => refusal_page(&refusal, &headers),
            },
        }
    }

    /// `GET /manage/{aid}/{key}`: shows, and changes nothing.
    pub(super) async fn page_manage(&self, aid: String, key: String, headers: &HeaderMap) -> Answer {
        match self.inspect(aid, key).await {
            Ok(alias) => page(StatusCode::OK, &self.manage_page(&alias, None), headers),
            Err(refusal) => refusal_page(&refusal, headers),
        }
    }

    /// `POST /manage/{aid}/{key}`.
    pub(super) async fn page_change(&self, aid: String, key: String, request: Request<Incoming>) -> Answer {
        let headers = request.headers().clone();
        let fields = match body::read(request, self.settings.body_timeout).await {
            Ok(fields) => fields,
            Err(unusable) => return refusal_page(&unusable.into(), &headers),
        };
        let changed = match fields.plain("action") {
            "revoke" => {
                return match self.revoke(aid, key).await {
                    Ok(()) => {
                        let notice = Notice { title: "It never existed", words: "The alias is gone for good." };
                        page(StatusCode::OK, &notice, &headers)
                    }
                    Err(refusal) => refusal_page(&refusal, &headers),
                };
            }
            "pause" => self.change(aid.clone(), key.clone(), paused(true)).await,
            "resume" => self.change(aid.clone(), key.clone(), paused(false)).await,
            _ => match fields.change(self.settings.caps) {
                Ok(change) => self.change(aid.clone(), key.clone(), change).await,
                Err(misfit) => Err(misfit.into()),
            },
        };
        match changed {
            Ok(alias) => page(StatusCode::OK, &self.manage_page(&alias, None), &headers),
            Err(refusal) => match (refusal.words(), self.inspect(aid, key).await) {
                ((status, _, Some(field), words), Ok(alias)) => {
                    page(status, &self.manage_page(&alias, Some(Problem { field, words })), &headers)
                }
                _ => refusal_page(&refusal, &headers),
            },
        }
    }

    fn manage_page<'a>(&self, alias: &'a Alias, problem: Option<Problem>) -> Manage<'a> {
        let Account { limits, paused, .. } = alias.account;
        Manage {
            address: alias.address.as_str(),
            limits: in_words(&alias.account),
            paused,
            caps: self.settings.caps,
            counted: limits.max_usage.is_some(),
            max_usage: limits.max_usage.unwrap_or_default(),
            problem,
        }
    }
}

fn paused(paused: bool) -> Change {
    Change { paused: Some(paused), ..Change::default() }
}

fn given(fields: &Fields) -> Given {
    let text = |name: &str| fields.plain(name).to_owned();
    Given { target: text("target"), days: text("days"), max_usage: text("max-usage"), domain: text("domain") }
}

fn made_page<'a>(made: &'a Made, base: &str) -> MadePage<'a> {
    MadePage {
        address: made.alias.address.as_str(),
        target: made.target.as_deref().unwrap_or_default(),
        limits: in_words(&made.alias.account),
        manage: made.manage_url(base),
    }
}

/// "until 24 November 2026, 18:00 UTC, for 3 more messages".
fn in_words(account: &Account) -> String {
    let until = account.limits.not_after.map(|time| format!("until {}", date(time)));
    let messages = account.remaining().map(|left| match left {
        0 => "no message is left".to_owned(),
        1 => "for 1 more message".to_owned(),
        n => format!("for {n} more messages"),
    });
    [until, messages].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn date(time: Time) -> String {
    timestamp(time).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn refusal_page(refusal: &Refusal, headers: &HeaderMap) -> Answer {
    let (status, _, _, words) = refusal.words();
    let title = match refusal {
        Refusal::NotFound => "Nothing here",
        Refusal::Unavailable => "Not now",
        Refusal::Body(Unusable::TooLong(_)) | Refusal::TooMany(_) => "Too much",
        Refusal::Listed => "Not from there",
        _ => "That did not work",
    };
    let mut answer = page(status, &Notice { title, words: &sentence(&words) }, headers);
    refusal.set_headers(&mut answer);
    answer
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => String::new(),
    }
}

fn page(status: StatusCode, template: &impl Template, headers: &HeaderMap) -> Answer {
    match template.render() {
        Ok(page) => answer::fresh(status, HTML, page, headers),
        // The templates are part of the program: only memory can be short.
        Err(_) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be made\n"),
    }
}
