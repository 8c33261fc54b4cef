//! The routes: which paths there are, which methods each takes, and what answers there. One table.
//!
//! 405 with Allow, and the answers to OPTIONS, follow from it; so does what is limited.

use hyper::Method;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Aliases are created.
    Aliases,
    /// One alias, for a program.
    Alias,
    /// One alias, for a person.
    Manage,
    /// Tokens are issued and revoked.
    Tokens,
    /// A form that revokes a token.
    RevokeToken,
    /// The owner of an address refuses aliases.
    OptOut,
    /// The link of an e-mail.
    Confirm,
    /// Whether this process answers.
    Health,
    /// Whether aliases can be created and mail can be taken.
    Ready,
    /// addy.io's API, formerly AnonAddy's, for password managers.
    Addy,
    /// SimpleLogin's API, for password managers.
    SimpleLogin,
}

/// One row of the table.
pub(super) struct Route {
    /// Segments; `{}` stands for any one, `{+}` for one that is not empty.
    pattern: &'static str,
    pub(super) endpoint: Endpoint,
    /// The value of Allow.
    pub(super) methods: &'static str,
    /// Whether POST creates something or has an e-mail sent: how much of that a client may do is limited.
    pub(super) creates: bool,
    /// Whether only programs come here, whatever they say they accept. Their base URL may end in a slash: how many
    /// slashes there are before and behind the path changes nothing.
    pub(super) for_programs: bool,
}

const fn route(pattern: &'static str, endpoint: Endpoint, methods: &'static str) -> Route {
    Route { pattern, endpoint, methods, creates: false, for_programs: false }
}

/// All routes that are no prepared file.
pub(super) const ROUTES: [Route; 11] = [
    Route { creates: true, ..route("aliases", Endpoint::Aliases, "POST, OPTIONS") },
    route("aliases/{+}", Endpoint::Alias, "GET, HEAD, PATCH, DELETE, OPTIONS"),
    route("manage/{}/{}", Endpoint::Manage, "GET, HEAD, POST"),
    Route { creates: true, ..route("tokens", Endpoint::Tokens, "POST, DELETE, OPTIONS") },
    route("tokens/revoke", Endpoint::RevokeToken, "POST"),
    // The page with the form is a prepared file, so that GET does not come here.
    Route { creates: true, ..route("opt-out", Endpoint::OptOut, "GET, HEAD, POST, OPTIONS") },
    route("confirm/{}", Endpoint::Confirm, "GET, HEAD, POST, OPTIONS"),
    route("healthz", Endpoint::Health, "GET, HEAD"),
    route("readyz", Endpoint::Ready, "GET, HEAD"),
    Route { creates: true, for_programs: true, ..route("api/v1/aliases", Endpoint::Addy, "POST, OPTIONS") },
    Route {
        creates: true,
        for_programs: true,
        ..route("api/alias/random/new", Endpoint::SimpleLogin, "POST, OPTIONS")
    },
];

impl Route {
    /// The route of a path, and the segments that its pattern leaves open, as they stand in the path.
    pub(super) fn find(path: &str) -> Option<(&'static Self, [&str; 2])> {
        ROUTES.iter().find_map(|route| Some((route, route.matches(path)?)))
    }

    fn matches<'p>(&self, path: &'p str) -> Option<[&'p str; 2]> {
        let path = if self.for_programs { path.trim_matches('/') } else { path.trim_start_matches('/') };
        let (mut segments, mut open, mut found) = (path.split('/'), [""; 2], 0);
        for expected in self.pattern.split('/') {
            let segment = segments.next()?;
            match expected {
                "{}" | "{+}" => {
                    if expected == "{+}" && segment.is_empty() {
                        return None;
                    }
                    *open.get_mut(found)? = segment;
                    found += 1;
                }
                _ if expected == segment => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(open)
    }

    /// Whether it takes this method.
    pub(super) fn takes(&self, method: &Method) -> bool {
        self.methods.split(", ").any(|taken| taken == method.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/aliases", Some((Endpoint::Aliases, ["", ""]))),
            ("//aliases", Some((Endpoint::Aliases, ["", ""]))),
            ("/aliases/", None), // the router takes the slash away
            ("/aliases/a%40b", Some((Endpoint::Alias, ["a%40b", ""]))),
            ("/aliases/a/b", None),
            ("/manage/a/k", Some((Endpoint::Manage, ["a", "k"]))),
            ("/manage/a", None),
            ("/tokens/revoke", Some((Endpoint::RevokeToken, ["", ""]))),
            ("/confirm/", Some((Endpoint::Confirm, ["", ""]))),
            ("/healthz", Some((Endpoint::Health, ["", ""]))),
            ("/api/v1/aliases", Some((Endpoint::Addy, ["", ""]))),
            ("//api/v1/aliases", Some((Endpoint::Addy, ["", ""]))),
            ("///api/v1/aliases//", Some((Endpoint::Addy, ["", ""]))),
            ("/api/alias/random/new/", Some((Endpoint::SimpleLogin, ["", ""]))),
            ("/api/v1", None),
            ("/api//v1/aliases", None),
            ("/api", None),
            ("/", None),
        ] {
            let found = Route::find(path).map(|(route, open)| (route.endpoint, open));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn every_method_is_one() {
        for route in &ROUTES {
            for method in route.methods.split(", ") {
                assert!(route.takes(&method.parse().unwrap()), "{method}");
                assert!(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"].contains(&method));
            }
            assert!(!route.takes(&Method::PUT) && !route.takes(&Method::TRACE));
        }
    }
}
