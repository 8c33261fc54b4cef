//! Tokens: the form, what comes of it, and how to use it.

use super::form::{Form, Problem};
use super::{Locale, Moment, Mood, notice, page, problem_page};
use crate::web::answer::Answer;
use crate::web::body::{self, Fields};
use crate::web::context::WebContext;
use crate::web::error::WebError;
use crate::web::request::RequestContext;
use crate::wire::vault_web::IssuedToken;
use crate::words::{Section, Words};
use askama::Template;
use hyper::StatusCode;
use hyper::body::Incoming;

/// The page with everything that needs a token.
#[derive(Template)]
#[template(path = "tools.html")]
pub(super) struct Tools<'a> {
    pub(super) locale: &'a Locale,
    pub(super) form: Form<'a>,
    pub(super) base: String,
    /// What is wrong with the token that is to be revoked.
    pub(super) void: Option<String>,
}

impl Tools<'_> {
    /// What a token is good for.
    fn uses(&self) -> [&'static Section; 3] {
        let words = &self.locale.words().tools;
        [&words.bookmarklet, &words.managers, &words.shell]
    }
}

#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage<'a> {
    locale: &'a Locale,
    made: &'a IssuedToken,
    /// How visitors call this site: `https://example.org`.
    base: String,
    pending: String,
    each: String,
    expires: Moment,
}

impl WebContext {
    /// `POST /tokens` of a browser.
    pub(in crate::web) async fn page_issue_token(&self, request: &RequestContext, body: Incoming) -> Answer {
        let fields = match body::read(body, &request.headers, self.settings.body_timeout, body::TOKEN_MEMBERS).await {
            Ok(fields) => fields,
            Err(error) => return problem_page(&error, request),
        };
        let work = self.issue_token(&fields, request.locale.language());
        match self.creation_guard(request).grant(1, work).await {
            Ok(token) => token_page(token, Some(fields.plain("target")), self.base_url(request), request),
            Err(error) => self.tools_again(Some(&fields), &error, request),
        }
    }

    /// `POST /tokens/revoke`, which only a form needs.
    pub(in crate::web) async fn page_revoke_token(&self, request: &RequestContext, body: Incoming) -> Answer {
        let fields = match body::read(
            body,
            &request.headers,
            self.settings.body_timeout,
            body::TOKEN_REVOCATION_MEMBERS,
        )
        .await
        {
            Ok(fields) => fields,
            Err(error) => return problem_page(&error, request),
        };
        match self.revoke_token(fields.plain("token").trim().to_owned()).await {
            Ok(()) => {
                let words = &request.locale.words().tools;
                notice(StatusCode::OK, Mood::Vanished, words.revoked, words.revoked_text, request)
            }
            Err(error) => self.tools_again(None, &error, request),
        }
    }

    /// The tools page once more, with what is wrong: about the form for a token if `fields` are of that form, else
    /// about the token that cannot be revoked.
    fn tools_again(&self, fields: Option<&Fields>, error: &WebError, request: &RequestContext) -> Answer {
        let (locale, base, settings) = (&request.locale, self.base_url(request), &self.settings);
        let problem = Problem::of(error, locale.words());
        let tools = match fields {
            Some(fields) => Tools { locale, form: Form::again(settings, fields, problem), base, void: None },
            None => Tools { locale, form: Form::empty(settings), base, void: Some(problem.words) },
        };
        let mut answer = page(error.report().status, &tools, request);
        error.set_headers(&mut answer);
        answer
    }
}

/// The token, once, and how to use it; or that its `target` must agree first.
pub(super) fn token_page(token: IssuedToken, target: Option<&str>, base: String, request: &RequestContext) -> Answer {
    let (locale, words) = (&request.locale, request.locale.words());
    let template = TokenPage {
        locale,
        base,
        pending: words.token_pending(target.unwrap_or_default()),
        each: each(&token, words),
        expires: Moment::of(token.until, token.now, words),
        made: &token,
    };
    let status = if token.token.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    page(status, &template, request)
}

/// "3 days, 5 messages".
fn each(made: &IssuedToken, words: &Words) -> String {
    let (days, messages) = (made.days.map(|days| words.days(days)), made.max_usage.map(|max| words.messages(max)));
    days.into_iter().chain(messages).collect::<Vec<_>>().join(", ")
}
