//! From method and path to who answers.

use super::answer::{self, Answer};
use super::pages::{self, Locale, Mood};
use super::{House, api, negotiate};
use crate::wire::figures::Figure;
use crate::wire::web;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Method, Request, StatusCode};

impl House {
    /// Answers one request, and counts the answer.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let mut answer = self.route(request).await;
        if self.settings.url.as_ref().is_some_and(|url| url.starts_with("https://")) {
            answer::insist_on_tls(&mut answer);
        }
        self.tally.count(match answer.status().as_u16() {
            ..300 => Figure::WebAnswers2xx,
            300..400 => Figure::WebAnswers3xx,
            400..500 => Figure::WebAnswers4xx,
            500.. => Figure::WebAnswers5xx,
        });
        answer
    }

    async fn route(&self, request: Request<Incoming>) -> Answer {
        let locale = Locale::of(request.uri().path(), request.headers());
        let path = locale.here();
        let mut segments = path.trim_start_matches('/').split('/');
        let route = [(); 4].map(|()| segments.next());
        match route {
            [Some("aliases"), None, ..] => self.aliases(request, &locale).await,
            [Some("aliases"), Some(aid), None, _] if !aid.is_empty() => self.alias(decoded(aid), request).await,
            [Some("manage"), Some(aid), Some(key), None] => {
                self.manage(decoded(aid), decoded(key), request, &locale).await
            }
            [Some("healthz"), None, ..] => only_read(&request).unwrap_or_else(|| answer::text(StatusCode::OK, "ok\n")),
            [Some("readyz"), None, ..] => match only_read(&request) {
                Some(refused) => refused,
                None => self.ready().await,
            },
            _ => match self.files.get(&locale, request.headers()) {
                Some(file) => only_read(&request).unwrap_or(file),
                None => not_found(&locale, request.headers()),
            },
        }
    }

    async fn aliases(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        const METHODS: &str = "POST, OPTIONS";
        match *request.method() {
            Method::POST if negotiate::wants_html(request.headers()) => self.page_create(request, locale).await,
            Method::POST => self.api_create(request).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_for_people(not_allowed(METHODS), locale, request.headers()),
        }
    }

    async fn alias(&self, aid: String, request: Request<Incoming>) -> Answer {
        const METHODS: &str = "GET, HEAD, PATCH, DELETE, OPTIONS";
        match *request.method() {
            Method::GET | Method::HEAD => self.api_inspect(aid, request.headers()).await,
            Method::PATCH => self.api_change(aid, request).await,
            Method::DELETE => self.api_revoke(aid, request.headers()).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS),
        }
    }

    async fn manage(&self, aid: String, key: String, request: Request<Incoming>, locale: &Locale) -> Answer {
        match *request.method() {
            Method::GET | Method::HEAD => self.page_manage(aid, key, locale, request.headers()).await,
            Method::POST => self.page_change(aid, key, request, locale).await,
            _ => not_allowed("GET, HEAD, POST"),
        }
    }

    /// Whether aliases can be made and mail can be taken now.
    async fn ready(&self) -> Answer {
        match self.vault.ask(web::Request::Ping).await {
            Ok(web::Answer::Done) => answer::text(StatusCode::OK, "ready\n"),
            _ => {
                let mut answer = answer::text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n");
                answer::set(&mut answer, header::RETRY_AFTER, api::RETRY_AFTER);
                answer
            }
        }
    }
}

/// The refusal of a request that would do more than read.
fn only_read(request: &Request<Incoming>) -> Option<Answer> {
    (!matches!(*request.method(), Method::GET | Method::HEAD)).then(|| not_allowed("GET, HEAD"))
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = answer::text(StatusCode::METHOD_NOT_ALLOWED, "this is not what can be done here\n");
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    answer
}

fn not_found(locale: &Locale, headers: &HeaderMap) -> Answer {
    if !negotiate::wants_html(headers) {
        return answer::text(StatusCode::NOT_FOUND, "there is nothing here\n");
    }
    let words = &locale.words().problems.no_page;
    pages::notice(StatusCode::NOT_FOUND, Mood::Vanished, words.title, words.text, locale, headers)
}

/// A refusal as a page, if a browser asks: whoever opens the address of an answer again sees it.
fn not_for_people(refused: Answer, locale: &Locale, headers: &HeaderMap) -> Answer {
    if !negotiate::wants_html(headers) {
        return refused;
    }
    let words = &locale.words().problems.not_allowed;
    let mut answer = pages::notice(refused.status(), Mood::Alarmed, words.title, words.text, locale, headers);
    if let Some(methods) = refused.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, methods.clone());
    }
    answer
}

/// A path segment with its percent-encoding undone: `%40` may stand for the `@` of an address.
fn decoded(segment: &str) -> String {
    // A plus is not a space here, as it would be in a form.
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
}
