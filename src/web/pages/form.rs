//! The form, and what comes of it.

use super::problem::error_text;
use super::{Bounds, Locale, page, problem_page};
use crate::alias::{Caps, Domain};
use crate::config::settings::web::Live;
use crate::web::answer::Answer;
use crate::web::body::{self, Fields};
use crate::web::context::WebContext;
use crate::web::error::WebError;
use crate::web::request::RequestContext;
use crate::web::vault_client::NewAlias;
use crate::words::Words;
use askama::Template;
use hyper::StatusCode;
use hyper::body::Incoming;

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
    pub(super) fn of(error: &WebError, words: &Words) -> Self {
        Self { field: error.report().field, words: error_text(error, words) }
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
struct NewAliasPage<'a> {
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
    pub(in crate::web) async fn page_create(&self, request: &RequestContext, body: Incoming) -> Answer {
        let fields = match body::read(body, &request.headers, self.settings.body_timeout, body::ORDER_MEMBERS).await {
            Ok(fields) => fields,
            Err(error) => return problem_page(&error, request),
        };
        let work = self.create(1, &fields, request, request.locale.language());
        let created = self.creation_guard(request).grant(1, work).await;
        match created.and_then(|mut created| created.pop().ok_or(WebError::Unavailable)) {
            Ok(alias) => new_alias_page(&alias, &self.base_url(request), request),
            Err(error) => self.form_again(&fields, &error, request),
        }
    }

    /// The front page once more, filled in, with what is wrong.
    fn form_again(&self, fields: &Fields, error: &WebError, request: &RequestContext) -> Answer {
        let locale = &request.locale;
        let form = Form::again(&self.settings, fields, Problem::of(error, locale.words()));
        let mut answer = page(error.report().status, &Home { locale, form }, request);
        error.set_headers(&mut answer);
        answer
    }
}

/// The alias, large.
pub(super) fn new_alias_page(alias: &NewAlias, base: &str, request: &RequestContext) -> Answer {
    let (info, locale) = (&alias.created.alias, &request.locale);
    let address = info.address.as_str();
    let template = NewAliasPage {
        locale,
        address,
        domain: info.address.domain(),
        target: alias.target.as_deref().unwrap_or_default(),
        days: alias.days,
        max_usage: info.state.limits.max_usage,
        bounds: Bounds::of(&info.state, info.now, locale.words()),
        manage: alias.manage_url(&format!("{base}/{}", locale.tag())),
        confirmed: !info.state.pending,
    };
    page(StatusCode::CREATED, &template, request)
}
