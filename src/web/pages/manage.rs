//! The page behind the private link.

use super::form::Problem;
use super::{Bounds, Locale, Mood, notice, page, problem_page};
use crate::alias::{AliasState, Caps, Change, DAY, Time};
use crate::web::answer::Answer;
use crate::web::body;
use crate::web::context::WebContext;
use crate::web::error::WebError;
use crate::web::request::RequestContext;
use crate::wire::vault_web::AliasInfo;
use crate::words::Words;
use askama::Template;
use hyper::StatusCode;
use hyper::body::Incoming;

/// How an alias stands, with all that can be done about it.
#[derive(Template)]
#[template(path = "manage.html")]
struct Manage<'a> {
    locale: &'a Locale,
    address: &'a str,
    bounds: Bounds,
    standing: Standing,
    /// How much of the fuse is left, in percent.
    fuse: u64,
    paused: bool,
    caps: Caps,
    days: u64,
    spent: u32,
    max_usage: Option<u32>,
    saved: bool,
    problem: Option<Problem>,
}

/// What its owner sees of an alias; nobody else can tell any two of these apart but the first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Alive,
    Pending,
    Paused,
    Early,
    UsedUp,
    Over,
}

impl Standing {
    fn of(state: &AliasState, now: Time) -> Self {
        if state.limits.not_after.is_some_and(|end| now >= end) {
            Self::Over
        } else if state.remaining() == Some(0) {
            Self::UsedUp
        } else if state.pending {
            Self::Pending
        } else if state.paused {
            Self::Paused
        } else if state.limits.not_before.is_some_and(|start| now < start) {
            Self::Early
        } else {
            Self::Alive
        }
    }

    fn words(self, words: &Words) -> &'static str {
        let manage = &words.manage;
        match self {
            Self::Alive => manage.alive,
            Self::Pending => manage.unconfirmed,
            Self::Paused => manage.paused,
            Self::Early => manage.early,
            Self::UsedUp => manage.used_up,
            Self::Over => manage.over,
        }
    }
}

/// The shorter of two fuses: messages in proportion; days as if the last ones burned slower, so that one day
/// of sixty can still be seen.
fn fuse(state: &AliasState, now: Time, caps: Caps) -> u64 {
    let messages = state.remaining().zip(state.limits.max_usage);
    let messages = messages.map(|(left, of)| 100 * u64::from(left) / u64::from(of.max(1)));
    let time = state.limits.not_after.map(|end| {
        let most = u64::from(caps.max_days.max(1)) * DAY;
        (10_000 * end.saturating_sub(now).min(most) / most).isqrt()
    });
    messages.into_iter().chain(time).min().unwrap_or(100)
}

impl WebContext {
    /// `GET /manage/{aid}/{key}`: shows, and changes nothing.
    pub(in crate::web) async fn page_manage(&self, aid: String, key: String, request: &RequestContext) -> Answer {
        match self.inspect(aid, key).await {
            Ok(alias) => page(StatusCode::OK, &self.manage_page(&alias, false, None, &request.locale), request),
            Err(error) => problem_page(&error, request),
        }
    }

    /// `POST /manage/{aid}/{key}`.
    pub(in crate::web) async fn page_amend(
        &self,
        aid: String,
        key: String,
        request: &RequestContext,
        body: Incoming,
    ) -> Answer {
        let fields = match body::read(body, &request.headers, self.settings.body_timeout, body::CHANGE_MEMBERS).await {
            Ok(fields) => fields,
            Err(error) => return problem_page(&error, request),
        };
        let locale = &request.locale;
        let change = match fields.plain("action") {
            "revoke" => {
                let words = &locale.words().manage;
                return match self.revoke(aid, key).await {
                    Ok(()) => notice(StatusCode::OK, Mood::Vanished, words.gone, words.gone_text, request),
                    Err(error) => problem_page(&error, request),
                };
            }
            "pause" => Ok(paused(true)),
            "resume" => Ok(paused(false)),
            _ => fields.change(self.settings.caps),
        };
        let amended = match change {
            Ok(change) => self.amend(aid.clone(), key.clone(), change).await,
            Err(error) => Err(error),
        };
        match amended {
            Ok(alias) => page(StatusCode::OK, &self.manage_page(&alias, true, None, locale), request),
            Err(error) => self.manage_again(aid, key, &error, request).await,
        }
    }

    /// The page once more with what is wrong, if that is about one of its fields.
    async fn manage_again(&self, aid: String, key: String, error: &WebError, request: &RequestContext) -> Answer {
        let report = error.report();
        match self.inspect(aid, key).await {
            Ok(alias) if report.field.is_some() => {
                let problem = Some(Problem::of(error, request.locale.words()));
                page(report.status, &self.manage_page(&alias, false, problem, &request.locale), request)
            }
            _ => problem_page(error, request),
        }
    }

    fn manage_page<'a>(
        &self,
        alias: &'a AliasInfo,
        saved: bool,
        problem: Option<Problem>,
        locale: &'a Locale,
    ) -> Manage<'a> {
        let AliasState { limits, spent, paused, .. } = alias.state;
        let caps = self.settings.caps;
        let days = limits.not_after.map_or(7, |end| end.saturating_sub(alias.now).div_ceil(DAY));
        Manage {
            locale,
            address: alias.address.as_str(),
            bounds: Bounds::of(&alias.state, alias.now, locale.words()),
            standing: Standing::of(&alias.state, alias.now),
            fuse: fuse(&alias.state, alias.now, caps),
            paused,
            caps,
            days: days.clamp(1, caps.max_days.into()),
            spent,
            max_usage: limits.max_usage,
            saved,
            problem,
        }
    }
}

impl Manage<'_> {
    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.field == Some(field))
    }
}

fn paused(paused: bool) -> Change {
    Change { paused: Some(paused), ..Change::default() }
}
