//! The form, and what comes of it.

use super::problem::told;
use super::{Bounds, Locale, page, problem_page};
use crate::alias::{Caps, Domain};
use crate::config::settings::web::Live;
use crate::web::WebContext;
use crate::web::answer::Answer;
use crate::web::body::{self, Fields};
use crate::web::error::Refusal;
use crate::web::vault_client::Made;
use crate::words::Words;
use askama::Template;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};

/// What the form offers to fill in with one press.
const DAYS: [u32; 4] = [1, 3, 7, 30];
const MESSAGES: [u32; 2] = [1, 5];

/// Days of an alias whose maker does not care.
const USUAL_DAYS: u32 = 7;

/// A target and its limits, empty or as they were filled in: for an alias or for a token.
pub(super) struct Form<'a> {
    pub(super) domains: &'a [Domain],
    pub(super) caps: Caps,
    pub(super) given: Given,
    pub(super) problem: Option<Problem>,
}

/// What was filled in.
pub(super) struct Given {
    pub(super) target: String,
    pub(super) days: String,
    pub(super) max_usage: String,
    pub(super) domain: String,
}

/// What is wrong with it.
pub(super) struct Problem {
    /// As the API names it; `None` if no field is to blame.
    pub(super) field: Option<&'static str>,
    pub(super) words: String,
}

impl Problem {
    pub(super) fn of(refusal: &Refusal, words: &Words) -> Self {
        Self { field: refusal.words().2, words: told(refusal, words) }
    }

    /// The field of the page to go to.
    pub(super) fn goal(&self) -> Option<&'static str> {
        self.field.filter(|field| ["target", "days", "max-usage", "domain"].contains(field))
    }
}

impl<'a> Form<'a> {
    pub(super) fn empty(settings: &'a Live) -> Self {
        let days = USUAL_DAYS.min(settings.caps.max_days).to_string();
        let given = Given { target: String::new(), days, max_usage: String::new(), domain: String::new() };
        Self { domains: &settings.domains, caps: settings.caps, given, problem: None }
    }

    pub(super) fn again(settings: &'a Live, fields: &Fields, problem: Problem) -> Self {
        let text = |name: &str| fields.plain(name).to_owned();
        let max_usage = if text("max-usage").is_empty() { text("max_usage") } else { text("max-usage") };
        let given = Given { target: text("target"), days: text("days"), max_usage, domain: text("domain") };
        Self { domains: &settings.domains, caps: settings.caps, given, problem: Some(problem) }
    }

    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.field == Some(field))
    }

    pub(super) fn day_presets(&self) -> impl Iterator<Item = u32> {
        let max = self.caps.max_days;
        DAYS.into_iter().filter(move |&days| days <= max)
    }

    pub(super) fn message_presets(&self) -> impl Iterator<Item = u32> {
        let max = self.caps.max_usage;
        MESSAGES.into_iter().filter(move |&messages| messages <= max)
    }
}

/// The front page.
#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct Home<'a> {
    pub(super) locale: &'a Locale,
    pub(super) form: Form<'a>,
}

/// An alias that was just made.
#[derive(Template)]
#[template(path = "made.html")]
struct MadePage<'a> {
    locale: &'a Locale,
    address: &'a str,
    domain: &'a str,
    target: &'a str,
    days: Option<i64>,
    max_usage: Option<u32>,
    bounds: Bounds,
    manage: String,
    confirmed: bool,
}

impl WebContext {
    /// `POST /aliases` of a browser.
    pub(in crate::web) async fn page_create(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        let (headers, base, knock) = (request.headers().clone(), self.base(&request), self.knock(&request));
        let fields = match body::read(request, self.settings.body_timeout).await {
            Ok(fields) => fields,
            Err(unusable) => return problem_page(&unusable.into(), locale, &headers),
        };
        let made = knock.grant(1, self.make(1, &fields, &headers, locale.language())).await;
        match made.and_then(|mut made| made.pop().ok_or(Refusal::Unavailable)) {
            Ok(made) => made_page(&made, &base, locale, &headers),
            Err(refusal) => self.page_again(&fields, &refusal, locale, &headers),
        }
    }

    /// The front page once more, filled in, with what is wrong.
    fn page_again(&self, fields: &Fields, refusal: &Refusal, locale: &Locale, headers: &HeaderMap) -> Answer {
        let form = Form::again(&self.settings, fields, Problem::of(refusal, locale.words()));
        let mut answer = page(refusal.words().0, &Home { locale, form }, locale, headers);
        refusal.set_headers(&mut answer);
        answer
    }
}

/// The alias, large.
pub(super) fn made_page(made: &Made, base: &str, locale: &Locale, headers: &HeaderMap) -> Answer {
    let address = made.alias.address.as_str();
    let template = MadePage {
        locale,
        address,
        domain: address.rsplit('@').next().unwrap_or_default(),
        target: made.target.as_deref().unwrap_or_default(),
        days: made.days,
        max_usage: made.alias.account.limits.max_usage,
        bounds: Bounds::of(&made.alias.account, made.alias.now, locale.words()),
        manage: made.manage_url(&format!("{base}/{}", locale.tag())),
        confirmed: !made.alias.account.pending,
    };
    page(StatusCode::CREATED, &template, locale, headers)
}
