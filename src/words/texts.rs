//! Every text there is, by the page that it stands on.

use super::Sentences;

/// All texts in one language.
#[allow(missing_docs)] // the names of texts say where they stand
pub struct Words {
    pub frame: Frame,
    pub home: Home,
    pub made: Made,
    pub manage: Manage,
    pub about: Section,
    pub about_parts: [Section; 4],
    pub privacy: Section,
    pub privacy_parts: [Section; 7],
    pub tools: Tools,
    pub token: Token,
    pub api: Api,
    pub opt_out: OptOut,
    pub confirm: Confirm,
    pub pop: Pop,
    pub problems: Problems,
    pub sentences: Sentences,
}

/// A heading and its paragraphs, which are prose.
#[allow(missing_docs)]
pub struct Section {
    pub title: &'static str,
    pub text: &'static [&'static str],
}

/// A name from the API, and what it means, in prose.
#[allow(missing_docs)]
pub struct Entry {
    pub name: &'static str,
    pub text: &'static str,
}

pub(super) const fn entry(name: &'static str, text: &'static str) -> Entry {
    Entry { name, text }
}

/// What stands around every page.
#[allow(missing_docs)]
pub struct Frame {
    pub description: &'static str,
    pub skip: &'static str,
    pub pages: &'static str,
    pub tools: &'static str,
    pub api: &'static str,
    pub about: &'static str,
    pub privacy: &'static str,
    pub opt_out: &'static str,
    pub languages: &'static str,
    pub motto: &'static str,
}

/// The form.
#[allow(missing_docs)]
pub struct Home {
    pub title: &'static str,
    pub heading: &'static str,
    pub lead: &'static str,
    pub target: &'static str,
    pub target_hint: &'static str,
    pub ends: &'static str,
    pub days: &'static str,
    pub messages: &'static str,
    pub domain: &'static str,
    pub lives_at: &'static str,
    pub make: &'static str,
    pub remember: &'static str,
    pub problem: &'static str,
    pub facts: [Section; 3],
}

/// What comes of it.
#[allow(missing_docs)]
pub struct Made {
    pub heading: &'static str,
    pub heading_pending: &'static str,
    pub address: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub not_copied: &'static str,
    pub reaches: &'static str,
    pub starts: &'static str,
    pub ends: &'static str,
    pub messages: &'static str,
    pub manage: &'static str,
    pub manage_text: &'static str,
    pub copy_link: &'static str,
    pub bookmarklet: &'static str,
    pub bookmarklet_text: &'static str,
    pub make_bookmarklet: &'static str,
    pub bookmarklet_name: &'static str,
    pub bookmarklet_drag: &'static str,
    pub bookmarklet_sent: &'static str,
    pub bookmarklet_failed: &'static str,
    pub bookmarklet_prompt: &'static str,
    pub again: &'static str,
}

/// The page behind the private link.
#[allow(missing_docs)]
pub struct Manage {
    pub title: &'static str,
    pub alive: &'static str,
    pub paused: &'static str,
    pub early: &'static str,
    pub used_up: &'static str,
    pub over: &'static str,
    pub unconfirmed: &'static str,
    pub saved: &'static str,
    pub state: &'static str,
    pub ends: &'static str,
    pub starts: &'static str,
    pub left: &'static str,
    pub extend: &'static str,
    pub days: &'static str,
    pub set_days: &'static str,
    pub usage: &'static str,
    pub set_usage: &'static str,
    pub rest: &'static str,
    pub pause: &'static str,
    pub pause_text: &'static str,
    pub resume: &'static str,
    pub resume_text: &'static str,
    pub end: &'static str,
    pub revoke: &'static str,
    pub revoke_text: &'static str,
    pub revoke_sure: &'static str,
    pub gone: &'static str,
    pub gone_text: &'static str,
}

/// Tokens and what to do with them.
#[allow(missing_docs)]
pub struct Tools {
    pub title: &'static str,
    pub lead: &'static str,
    pub ends: &'static str,
    pub token: &'static str,
    pub token_text: &'static str,
    pub make: &'static str,
    pub uses: &'static str,
    pub bookmarklet: Section,
    pub managers: Section,
    pub shell: Section,
    pub revoke: &'static str,
    pub revoke_text: &'static str,
    pub revoke_field: &'static str,
    pub revoke_button: &'static str,
    pub revoked: &'static str,
    pub revoked_text: &'static str,
}

/// A token that was just made.
#[allow(missing_docs)]
pub struct Token {
    pub title: &'static str,
    pub heading: &'static str,
    pub token: &'static str,
    pub keep: &'static str,
    pub each: &'static str,
    pub domain: &'static str,
    pub good_until: &'static str,
    pub bitwarden: &'static str,
    pub bitwarden_text: &'static str,
    pub service: &'static str,
    pub server: &'static str,
    pub addy_key: &'static str,
    pub simplelogin_key: &'static str,
    pub addy_domain: &'static str,
    pub bookmarklet: &'static str,
    pub shell: &'static str,
    pub another: &'static str,
}

/// The documentation of the API.
#[allow(missing_docs)]
pub struct Api {
    pub title: &'static str,
    pub lead: &'static str,
    pub contents: &'static str,
    pub request: &'static str,
    pub answer: &'static str,
    pub start: Section,
    pub make: Section,
    pub make_fields: [Entry; 7],
    pub make_headers: [Entry; 2],
    pub members: &'static str,
    pub make_members: [Entry; 15],
    pub many: Section,
    pub inspect: Section,
    pub change: Section,
    pub change_fields: [Entry; 4],
    pub end: Section,
    pub token: Section,
    pub token_fields: [Entry; 4],
    pub token_use: Section,
    pub token_end: Section,
    pub managers: Section,
    pub consent: Section,
    pub opt_out: Section,
    pub errors: Section,
    pub error_members: [Entry; 4],
    pub error_words: [Entry; 17],
    pub limits: Section,
    pub limit_headers: [Entry; 3],
    pub scripts: Section,
    pub health: Section,
    pub fields: &'static str,
    pub headers: &'static str,
    pub errors_table: &'static str,
}

/// "No aliases for my address."
#[allow(missing_docs)]
pub struct OptOut {
    pub title: &'static str,
    pub lead: &'static str,
    pub what: &'static str,
    pub target: &'static str,
    pub target_hint: &'static str,
    pub send: &'static str,
    pub sent: &'static str,
    pub sent_text: &'static str,
}

/// The pages behind the links in notifications.
#[allow(missing_docs)]
pub struct Confirm {
    pub activate: &'static str,
    pub activate_text: &'static str,
    pub activate_button: &'static str,
    pub activated: &'static str,
    pub activated_text: &'static str,
    pub token: &'static str,
    pub token_text: &'static str,
    pub token_button: &'static str,
    pub refuse: &'static str,
    pub refuse_text: &'static str,
    pub refuse_button: &'static str,
    pub refused: &'static str,
    pub refused_text: &'static str,
    pub allow: &'static str,
    pub allow_text: &'static str,
    pub allow_button: &'static str,
    pub allowed: &'static str,
    pub allowed_text: &'static str,
    pub nothing: &'static str,
}

/// The bookmarklet's small window.
#[allow(missing_docs)]
pub struct Pop {
    pub title: &'static str,
    pub wait: &'static str,
    pub done: &'static str,
    pub paste: &'static str,
    pub failed: &'static str,
    pub no_token: &'static str,
    pub needs_script: &'static str,
}

/// A page that is none of the others.
#[allow(missing_docs)]
pub struct Problem {
    pub title: &'static str,
    pub text: &'static str,
}

/// What can go wrong, by the word that the API has for it.
#[allow(missing_docs)]
pub struct Problems {
    pub home: &'static str,
    pub nothing_changes: &'static str,
    pub malformed: Problem,
    pub unauthorized: Problem,
    pub refused: Problem,
    pub forbidden: Problem,
    pub not_found: Problem,
    pub listed: Problem,
    pub no_page: Problem,
    pub no_link: Problem,
    pub not_allowed: Problem,
    pub timeout: Problem,
    pub too_large: Problem,
    pub key_reused: Problem,
    pub undeliverable: Problem,
    pub too_many: Problem,
    pub unavailable: Problem,
    pub other: Problem,
}
