//! From method and path to who answers.

use super::answer::{self, Answer};
use super::forwarders::Service;
use super::visitor::Line;
use super::{House, api, negotiate, refusal};
use crate::wire::figures::Figure;
use crate::wire::web;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};

impl House {
    /// Answers one request that came over `line`, and counts the answer.
    pub(super) async fn answer(&self, mut request: Request<Incoming>, line: Line) -> Answer {
        let visitor = self.receive(line, request.headers());
        request.extensions_mut().insert(visitor);
        let creates = creates(&request);
        let mut answer = self.route(request).await;
        if creates {
            self.announce(visitor, &mut answer);
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
        let path = request.uri().path().to_owned();
        if let Some(service) = Service::at(&path) {
            return self.forwarder(service, request).await;
        }
        let mut segments = path.trim_start_matches('/').split('/');
        let route = [(); 4].map(|()| segments.next());
        match route {
            [Some("aliases"), None, ..] => self.aliases(request).await,
            [Some("aliases"), Some(aid), None, _] if !aid.is_empty() => self.alias(decoded(aid), request).await,
            [Some("tokens"), None, ..] => self.tokens(request).await,
            [Some("opt-out"), None, ..] => self.opting_out(request).await,
            [Some("confirm"), Some(link), None, _] => self.confirm(link.to_owned(), request).await,
            [Some("manage"), Some(aid), Some(key), None] => self.manage(decoded(aid), decoded(key), request).await,
            [Some("healthz"), None, ..] => only_read(&request).unwrap_or_else(|| answer::text(StatusCode::OK, "ok\n")),
            [Some("readyz"), None, ..] => match only_read(&request) {
                Some(refused) => refused,
                None => self.ready().await,
            },
            _ if self.files.has(&path) => {
                only_read(&request).or_else(|| self.files.get(&path, request.headers())).unwrap_or_else(not_found)
            }
            _ => not_found(),
        }
    }

    async fn aliases(&self, request: Request<Incoming>) -> Answer {
        const METHODS: &str = "POST, OPTIONS";
        match *request.method() {
            Method::POST if negotiate::wants_html(request.headers()) => self.page_create(request).await,
            Method::POST => self.api_create(request).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS),
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

    async fn tokens(&self, request: Request<Incoming>) -> Answer {
        const METHODS: &str = "POST, DELETE, OPTIONS";
        match *request.method() {
            Method::POST => self.api_make_token(request).await,
            Method::DELETE => self.api_revoke_token(request.headers()).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS),
        }
    }

    async fn opting_out(&self, request: Request<Incoming>) -> Answer {
        const METHODS: &str = "POST, OPTIONS";
        match *request.method() {
            Method::POST => self.api_opt_out(request).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS),
        }
    }

    async fn confirm(&self, link: String, request: Request<Incoming>) -> Answer {
        const METHODS: &str = "GET, HEAD, POST, OPTIONS";
        match *request.method() {
            Method::GET | Method::HEAD => self.api_look(link, request.headers()).await,
            Method::POST => self.api_follow(link, request.headers()).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => not_allowed(METHODS),
        }
    }

    async fn manage(&self, aid: String, key: String, request: Request<Incoming>) -> Answer {
        match *request.method() {
            Method::GET | Method::HEAD => self.page_manage(aid, key, request.headers()).await,
            Method::POST => self.page_change(aid, key, request).await,
            _ => not_allowed("GET, HEAD, POST"),
        }
    }

    /// Whether aliases can be made and mail can be taken now.
    async fn ready(&self) -> Answer {
        match self.vault.ask(web::Request::Ping).await {
            Ok(web::Answer::Done) => answer::text(StatusCode::OK, "ready\n"),
            _ => {
                let mut answer = answer::text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n");
                answer::set(&mut answer, header::RETRY_AFTER, refusal::RETRY_AFTER);
                answer
            }
        }
    }
}

/// Whether a request makes something, or has a letter sent: how much of that a client may is limited.
fn creates(request: &Request<Incoming>) -> bool {
    let path = request.uri().path();
    *request.method() == Method::POST
        && (matches!(path, "/aliases" | "/tokens" | "/opt-out") || Service::at(path).is_some())
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

fn not_found() -> Answer {
    answer::text(StatusCode::NOT_FOUND, "there is nothing here\n")
}

/// A path segment with its percent-encoding undone: `%40` may stand for the `@` of an address.
fn decoded(segment: &str) -> String {
    // A plus is not a space here, as it would be in a form.
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
}
