//! From method and path to who answers.

use super::answer::{self, Answer};
use super::error::{RETRY_AFTER, Refusal};
use super::forwarders::Service;
use super::pages::{self, Locale};
use super::visitor::{Line, Visitor};
use super::{WebContext, api, negotiate};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::Ping;
use hyper::body::Incoming;
use hyper::header;
use hyper::{HeaderMap, Method, Request, StatusCode};

/// The methods of what can only be read.
const READ: &str = "GET, HEAD";

impl WebContext {
    /// Answers one request that came over `line`, and counts the answer.
    pub(super) async fn answer(&self, request: Request<Incoming>, line: Line) -> Answer {
        let visitor = self.receive(line, request.headers());
        let (language, here) = Locale::asked(request.uri().path(), request.headers());
        let file = match *request.method() {
            Method::GET | Method::HEAD => self.files.get(language, here, request.headers()),
            _ => None,
        };
        let mut answer = match file {
            Some(file) => file,
            None => {
                let locale = Locale::new(language, here);
                // In a box, since its many ways would make the future of every request as large as theirs.
                Box::pin(self.work(request, visitor, locale)).await
            }
        };
        if self.settings.url.as_ref().is_some_and(|url| url.starts_with("https://")) {
            answer::insist_on_tls(&mut answer);
        }
        self.recorder.increment(match answer.status().as_u16() {
            ..300 => Metric::WebResponses2xx,
            300..400 => Metric::WebResponses3xx,
            400..500 => Metric::WebResponses4xx,
            500.. => Metric::WebResponses5xx,
        });
        answer
    }

    /// Answers what is no file.
    async fn work(&self, mut request: Request<Incoming>, visitor: Visitor, locale: Locale) -> Answer {
        request.extensions_mut().insert(visitor);
        let creates = *request.method() == Method::POST && creates(locale.here());
        let mut answer = self.route(request, &locale).await;
        if creates {
            self.announce(visitor, &mut answer);
        }
        answer
    }

    async fn route(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        let path = locale.here();
        if let Some(service) = Service::at(path) {
            return self.forwarder(service, request).await;
        }
        let mut segments = path.trim_start_matches('/').split('/');
        let route = [(); 4].map(|()| segments.next());
        match route {
            [Some("aliases"), None, ..] => self.aliases(request, locale).await,
            [Some("aliases"), Some(aid), None, _] if !aid.is_empty() => self.alias(decoded(aid), request, locale).await,
            [Some("manage"), Some(aid), Some(key), None] => {
                self.manage(decoded(aid), decoded(key), request, locale).await
            }
            [Some("tokens"), None, ..] => self.tokens(request, locale).await,
            [Some("tokens"), Some("revoke"), None, _] => match *request.method() {
                Method::POST => self.page_revoke_token(request, locale).await,
                _ => not_allowed("POST", locale, &request),
            },
            [Some("opt-out"), None, ..] if *request.method() != Method::GET && *request.method() != Method::HEAD => {
                self.opting_out(request, locale).await
            }
            [Some("confirm"), Some(link), None, _] => self.confirm(link.to_owned(), request, locale).await,
            [Some("healthz"), None, ..] => {
                only_read(&request, locale).unwrap_or_else(|| answer::text(StatusCode::OK, "ok\n"))
            }
            [Some("readyz"), None, ..] => match only_read(&request, locale) {
                Some(refused) => refused,
                None => self.ready().await,
            },
            _ if self.files.has(path) => not_allowed(READ, locale, &request),
            _ => refused(&Refusal::NoPage, locale, request.headers()),
        }
    }

    async fn aliases(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        const METHODS: &str = "POST, OPTIONS";
        match *request.method() {
            Method::POST if negotiate::wants_html(request.headers()) => self.page_create(request, locale).await,
            Method::POST => self.api_create(request).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS, locale, &request),
        }
    }

    async fn alias(&self, aid: String, request: Request<Incoming>, locale: &Locale) -> Answer {
        const METHODS: &str = "GET, HEAD, PATCH, DELETE, OPTIONS";
        match *request.method() {
            Method::GET | Method::HEAD => self.api_inspect(aid, request.headers()).await,
            Method::PATCH => self.api_change(aid, request).await,
            Method::DELETE => self.api_revoke(aid, request.headers()).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS, locale, &request),
        }
    }

    async fn tokens(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        const METHODS: &str = "POST, DELETE, OPTIONS";
        match *request.method() {
            Method::POST if negotiate::wants_html(request.headers()) => self.page_make_token(request, locale).await,
            Method::POST => self.api_make_token(request).await,
            Method::DELETE => self.api_revoke_token(request.headers()).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS, locale, &request),
        }
    }

    /// What is not reading the page with the form.
    async fn opting_out(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        const METHODS: &str = "GET, HEAD, POST, OPTIONS";
        match *request.method() {
            Method::POST if negotiate::wants_html(request.headers()) => self.page_opt_out(request, locale).await,
            Method::POST => self.api_opt_out(request).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS, locale, &request),
        }
    }

    async fn confirm(&self, link: String, request: Request<Incoming>, locale: &Locale) -> Answer {
        const METHODS: &str = "GET, HEAD, POST, OPTIONS";
        let to_people = negotiate::wants_html(request.headers());
        match *request.method() {
            Method::GET | Method::HEAD if to_people => self.page_look(link, locale, request.headers()).await,
            Method::GET | Method::HEAD => self.api_look(link, request.headers()).await,
            Method::POST if to_people => self.page_follow(link, locale, &request).await,
            Method::POST => self.api_follow(link, request.headers()).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS, locale, &request),
        }
    }

    async fn manage(&self, aid: String, key: String, request: Request<Incoming>, locale: &Locale) -> Answer {
        match *request.method() {
            Method::GET | Method::HEAD => self.page_manage(aid, key, locale, request.headers()).await,
            Method::POST => self.page_change(aid, key, request, locale).await,
            _ => not_allowed("GET, HEAD, POST", locale, &request),
        }
    }

    /// Whether aliases can be made and mail can be taken now.
    async fn ready(&self) -> Answer {
        match self.vault.call(Ping).await {
            Ok(Ok(())) => answer::text(StatusCode::OK, "ready\n"),
            _ => {
                let mut answer = answer::text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n");
                answer::set(&mut answer, header::RETRY_AFTER, RETRY_AFTER);
                answer
            }
        }
    }
}

/// Whether who POSTs there makes something, or has a letter sent: how much of that a client may is limited.
fn creates(path: &str) -> bool {
    matches!(path.trim_start_matches('/'), "aliases" | "tokens" | "opt-out") || Service::at(path).is_some()
}

/// The refusal of a request that would do more than read.
fn only_read(request: &Request<Incoming>, locale: &Locale) -> Option<Answer> {
    (!matches!(*request.method(), Method::GET | Method::HEAD)).then(|| not_allowed(READ, locale, request))
}

/// A refusal for who reads pages, or for a program.
fn refused(refusal: &Refusal, locale: &Locale, headers: &HeaderMap) -> Answer {
    if negotiate::wants_html(headers) { pages::problem_page(refusal, locale, headers) } else { refusal.json(headers) }
}

fn not_allowed(methods: &'static str, locale: &Locale, request: &Request<Incoming>) -> Answer {
    refused(&Refusal::NotAllowed(methods), locale, request.headers())
}

/// A path segment with its percent-encoding undone: `%40` may stand for the `@` of an address.
fn decoded(segment: &str) -> String {
    // A plus is not a space here, as it would be in a form.
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
}
