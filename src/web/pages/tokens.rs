//! Tokens: the form, what comes of it, and how to use it.

use super::form::{Form, Problem};
use super::{Locale, Moment, Mood, notice, page, problem_page};
use crate::web::WebContext;
use crate::web::answer::Answer;
use crate::web::body::{self, Fields};
use crate::web::error::Refusal;
use crate::wire::vault_web::IssuedToken;
use crate::words::{Section, Words};
use askama::Template;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};

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
    pub(in crate::web) async fn page_make_token(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        let (headers, base, knock) = (request.headers().clone(), self.base(&request), self.knock(&request));
        let fields = match body::read(request, self.settings.body_timeout).await {
            Ok(fields) => fields,
            Err(unusable) => return problem_page(&unusable.into(), locale, &headers),
        };
        match knock.grant(1, self.make_token(&fields, locale.language())).await {
            Ok(token) => token_page(token, Some(fields.plain("target")), base, locale, &headers),
            Err(refusal) => self.tools_again(Some(&fields), &refusal, base, locale, &headers),
        }
    }

    /// `POST /tokens/revoke`, which only a form needs.
    pub(in crate::web) async fn page_revoke_token(&self, request: Request<Incoming>, locale: &Locale) -> Answer {
        let (headers, base) = (request.headers().clone(), self.base(&request));
        let fields = match body::read(request, self.settings.body_timeout).await {
            Ok(fields) => fields,
            Err(unusable) => return problem_page(&unusable.into(), locale, &headers),
        };
        match self.revoke_token(fields.plain("token").trim().to_owned()).await {
            Ok(()) => {
                let words = &locale.words().tools;
                notice(StatusCode::OK, Mood::Vanished, words.revoked, words.revoked_text, locale, &headers)
            }
            Err(refusal) => self.tools_again(None, &refusal, base, locale, &headers),
        }
    }

    /// The tools page once more, with what is wrong: about the form for a token if `fields` are of that form, else
    /// about the token that cannot be revoked.
    fn tools_again(
        &self,
        fields: Option<&Fields>,
        refusal: &Refusal,
        base: String,
        locale: &Locale,
        headers: &HeaderMap,
    ) -> Answer {
        let problem = Problem::of(refusal, locale.words());
        let settings = &self.settings;
        let tools = match fields {
            Some(fields) => Tools { locale, form: Form::again(settings, fields, problem), base, void: None },
            None => Tools { locale, form: Form::empty(settings), base, void: Some(problem.words) },
        };
        let mut answer = page(refusal.words().0, &tools, locale, headers);
        refusal.set_headers(&mut answer);
        answer
    }
}

/// The token, once, and how to use it; or that its `target` must agree first.
pub(super) fn token_page(
    made: IssuedToken,
    target: Option<&str>,
    base: String,
    locale: &Locale,
    headers: &HeaderMap,
) -> Answer {
    let words = locale.words();
    let template = TokenPage {
        locale,
        base,
        pending: words.token_pending(target.unwrap_or_default()),
        each: each(&made, words),
        expires: Moment::of(made.until, made.now, words),
        made: &made,
    };
    let status = if made.token.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    page(status, &template, locale, headers)
}

/// "3 days, 5 messages".
fn each(made: &IssuedToken, words: &Words) -> String {
    let (days, messages) = (made.days.map(|days| words.days(days)), made.max_usage.map(|max| words.messages(max)));
    days.into_iter().chain(messages).collect::<Vec<_>>().join(", ")
}
