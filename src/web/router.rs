//! From a request to its answer: a prepared file, or what the table of routes says.

use super::answer::{self, Answer};
use super::context::WebContext;
use super::error::{STORE_RETRY_AFTER_SECONDS, WebError};
use super::forwarders::ForwarderApi;
use super::locale::Locale;
use super::negotiate;
use super::pages;
use super::request::RequestContext;
use super::request_head;
use super::routes::{Endpoint, Route};
use super::vault_client::presented;
use super::visitor::{PeerInfo, Visitor};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::Ping;
use hyper::body::Incoming;
use hyper::header;
use hyper::{Method, Request, StatusCode};

/// The methods that anything here takes.
const ALL_METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";

impl WebContext {
    /// Answers one request that came over a connection from `peer`, and counts the answer.
    pub(super) async fn answer(&self, request: Request<Incoming>, peer: PeerInfo) -> Answer {
        let mut answer = match request_head::check(&request) {
            Ok(()) => self.file_or_route(request, peer).await,
            Err(error) => error.json(request.headers()),
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

    async fn file_or_route(&self, request: Request<Incoming>, peer: PeerInfo) -> Answer {
        let visitor = self.visitor(peer, request.headers());
        let (language, here) = Locale::asked(request.uri().path(), request.headers());
        let file = match *request.method() {
            Method::GET | Method::HEAD => self.files.get(language, here, request.headers()),
            // Of the server as a whole (RFC 9110 §9.3.7).
            Method::OPTIONS if here == "*" => return answer::preflight(ALL_METHODS),
            _ => None,
        };
        match file {
            Some(file) => file,
            None => {
                let locale = Locale::new(language, here);
                // In a box, since its many ways would make the future of every request as large as theirs.
                Box::pin(self.route(request, visitor, locale)).await
            }
        }
    }

    /// Answers what is no file.
    async fn route(&self, request: Request<Incoming>, visitor: Visitor, locale: Locale) -> Answer {
        let (parts, body) = request.into_parts();
        let request = RequestContext { method: parts.method, headers: parts.headers, visitor, locale };
        match Route::find(request.locale.here()) {
            Some((route, open)) => {
                let open = open.map(decoded);
                let limited = route.creates && request.method == Method::POST;
                let mut answer = self.endpoint(route, open, &request, body).await;
                if limited {
                    self.set_rate_limit_headers(visitor, &mut answer);
                }
                answer
            }
            None if self.files.has(request.locale.here()) => {
                not_granted(&WebError::MethodNotAllowed("GET, HEAD"), &request)
            }
            None => not_granted(&WebError::NoPage, &request),
        }
    }

    /// Answers at one route; `open` are the segments that its pattern leaves open.
    async fn endpoint(&self, route: &Route, open: [String; 2], request: &RequestContext, body: Incoming) -> Answer {
        if !route.takes(&request.method) {
            let error = WebError::MethodNotAllowed(route.methods);
            return if route.for_programs { error.json(&request.headers) } else { not_granted(&error, request) };
        }
        if request.method == Method::OPTIONS {
            return answer::preflight(route.methods);
        }
        let (html, [first, second]) = (negotiate::wants_html(&request.headers), open);
        let (get, post) = (matches!(request.method, Method::GET | Method::HEAD), request.method == Method::POST);
        match route.endpoint {
            Endpoint::Aliases if html => self.page_create(request, body).await,
            Endpoint::Aliases => self.api_create(request, body).await,
            Endpoint::Alias if get => self.api_inspect(first, request).await,
            Endpoint::Alias if request.method == Method::PATCH => self.api_amend(first, request, body).await,
            Endpoint::Alias => self.api_revoke(first, request).await,
            Endpoint::Manage if get => self.page_manage(first, second, request).await,
            Endpoint::Manage => self.page_amend(first, second, request, body).await,
            Endpoint::Tokens if post && html => self.page_issue_token(request, body).await,
            Endpoint::Tokens if post => self.api_issue_token(request, body).await,
            Endpoint::Tokens => self.api_revoke_token(request).await,
            Endpoint::RevokeToken => self.page_revoke_token(request, body).await,
            Endpoint::OptOut if get => not_granted(&WebError::NoPage, request),
            Endpoint::OptOut if html => self.page_opt_out(request, body).await,
            Endpoint::OptOut => self.api_opt_out(request, body).await,
            Endpoint::Confirm if get && html => self.page_inspect_link(first, request).await,
            Endpoint::Confirm if get => self.api_inspect_link(first, request).await,
            Endpoint::Confirm if html => self.page_follow_link(first, request).await,
            Endpoint::Confirm => self.api_follow_link(first, request).await,
            Endpoint::Health => answer::text(StatusCode::OK, "ok\n"),
            Endpoint::Ready => self.ready().await,
            Endpoint::Addy => self.forward(ForwarderApi::Addy, request, body).await,
            Endpoint::SimpleLogin => self.forward(ForwarderApi::SimpleLogin, request, body).await,
        }
    }

    /// Whether aliases can be created and mail can be taken now.
    async fn ready(&self) -> Answer {
        match self.call_vault(Ping).await {
            Ok(()) => answer::text(StatusCode::OK, "ready\n"),
            Err(_) => {
                let mut answer = answer::text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n");
                answer::set(&mut answer, header::RETRY_AFTER, STORE_RETRY_AFTER_SECONDS);
                answer
            }
        }
    }
}

/// An error for a person, or for a program.
fn not_granted(error: &WebError, request: &RequestContext) -> Answer {
    if negotiate::wants_html(&request.headers) {
        pages::problem_page(error, request)
    } else {
        error.json(&request.headers)
    }
}

/// A path segment with its percent-encoding undone: `%40` may stand for the `@` of an address.
fn decoded(segment: &str) -> String {
    // A plus is not a space here, as it would be in a form.
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or_else(String::new, |(text, _)| presented(&text).to_owned())
}
