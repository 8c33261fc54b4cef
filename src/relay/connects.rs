//! Attempts to connect to the next host of a route: how many at the same time, and what a failure means.
//!
//! 1. Between connect and greeting there are few connections at a time, because hosts have short backlogs (OpenSMTPD 5,
//!    sendmail 10, Exim 20) and what is too much for them hangs. The window opens with each greeting and closes with
//!    each failure.
//! 2. If the host refuses one while others of the route work, it takes no more of them: for a while there are no more
//!    than there were. If one only hangs, or the DNS is silent, that says nothing, and another is tried in a moment.
//! 3. A failure while none works speaks for the host, and nobody tries again for a moment.

use std::time::Duration;
use tokio::time::Instant;

/// Attempts under way at the same time, until the host has shown how it takes them.
const FIRST_WINDOW: usize = 2;

/// Attempts under way at the same time at the most.
const MAX_WINDOW: usize = 10;

/// How long a host that failed while other connections worked is not asked for more.
const CEILING_AGE: Duration = Duration::from_secs(30);

/// After a failure that is no refusal of one connection too many, for this long no other attempt is made on the same
/// route.
const CONNECT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The host takes no more connections than it has; asked again after this time.
    Ceiling(Duration),
    /// Nothing is known of the host; tried again after this time.
    Pause(Duration),
    /// Another attempt is under way.
    NotAlone,
    /// The host is not to be reached.
    Host,
}

/// The attempts of one route.
pub(super) struct Connects {
    under_way: usize,
    window: usize,
    /// Connections that the host is known to take, and until when this is believed.
    ceiling: Option<(usize, Instant)>,
    /// When no connection worked and none could be made.
    failed: Option<Instant>,
    /// When one hung while others worked.
    paused: Option<Instant>,
}

impl Connects {
    pub(super) fn new() -> Self {
        Self { under_way: 0, window: FIRST_WINDOW, ceiling: None, failed: None, paused: None }
    }

    /// How many are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Begins as many as make sense: `wanted` connections are waited for, and `open` are there. How many that is.
    pub(super) fn begin(&mut self, wanted: usize, open: usize) -> usize {
        if self.has_failed() || self.paused.is_some_and(|at| at.elapsed() < CONNECT_RETRY_AFTER) {
            return 0;
        }
        let below_ceiling = self.ceiling().map_or(usize::MAX, |ceiling| ceiling.saturating_sub(open));
        let new = wanted.min(self.window).min(below_ceiling).saturating_sub(self.under_way);
        self.under_way += new;
        new
    }

    /// The host has greeted one, and `open` are there with it.
    pub(super) fn greeted(&mut self, open: usize) {
        self.under_way -= 1;
        self.window = (self.window * 2).min(MAX_WINDOW);
        self.failed = None;
        if let Some((ceiling, _)) = &mut self.ceiling {
            *ceiling = open.max(*ceiling);
        }
    }

    /// One could not be made, while `open` are there; `is_refusal` if the host has refused it.
    pub(super) fn failed(&mut self, open: usize, is_refusal: bool) -> Failure {
        self.under_way -= 1;
        self.window = (self.window / 2).max(1);
        if open > 0 && is_refusal {
            self.ceiling = Some((open, Instant::now() + CEILING_AGE));
            return Failure::Ceiling(CEILING_AGE);
        }
        if open > 0 {
            self.paused = Some(Instant::now());
            return Failure::Pause(CONNECT_RETRY_AFTER);
        }
        self.failed = Some(Instant::now());
        if self.under_way > 0 { Failure::NotAlone } else { Failure::Host }
    }

    /// Whether the host could not be reached a moment ago.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some_and(|at| at.elapsed() < CONNECT_RETRY_AFTER)
    }

    /// How many connections the host is known to take, if it refused more a while ago.
    pub(super) fn ceiling(&self) -> Option<usize> {
        self.ceiling.filter(|(_, until)| Instant::now() < *until).map(|(ceiling, _)| ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_with_greetings_and_closes_with_failures() {
        let mut connects = Connects::new();
        assert_eq!(connects.begin(60, 0), 2);
        assert_eq!(connects.begin(60, 0), 0);
        connects.greeted(1);
        assert_eq!(connects.begin(59, 1), 3);
        connects.greeted(2);
        connects.greeted(3);
        assert_eq!((connects.begin(57, 3), connects.under_way()), (8, 10));
        (4..=13).for_each(|open| connects.greeted(open));
        assert_eq!((connects.begin(1, 13), connects.begin(1, 13)), (1, 0), "as many as are wanted");
        connects.greeted(14);
        for (open, window) in [(14, 5), (14, 2), (14, 1), (14, 1)] {
            connects.under_way += 1;
            connects.failed(open, false);
            assert_eq!(connects.window, window);
        }
    }

    #[test]
    fn a_failure_beside_connections_that_work_is_a_ceiling() {
        let mut connects = Connects::new();
        assert_eq!(connects.begin(9, 0), 2);
        connects.greeted(1);
        assert_eq!(connects.failed(1, true), Failure::Ceiling(CEILING_AGE));
        assert!(!connects.has_failed());
        assert_eq!((connects.begin(9, 1), connects.ceiling()), (0, Some(1)));
        assert_eq!(connects.begin(9, 0), 1, "the one that worked is gone");
        connects.greeted(1);
        connects.under_way += 1;
        connects.greeted(2);
        assert_eq!(connects.ceiling(), Some(2), "it takes one more, after all");
        connects.ceiling = Some((2, Instant::now()));
        assert_eq!((connects.ceiling(), connects.begin(9, 2)), (None, 8));
    }

    #[test]
    fn one_that_hangs_beside_connections_that_work_says_nothing() {
        let mut connects = Connects::new();
        assert_eq!(connects.begin(9, 0), 2);
        connects.greeted(1);
        assert_eq!(connects.failed(1, false), Failure::Pause(CONNECT_RETRY_AFTER));
        assert_eq!((connects.begin(9, 1), connects.ceiling()), (0, None));
        connects.paused = Instant::now().checked_sub(CONNECT_RETRY_AFTER);
        assert_eq!(connects.begin(9, 1), 2);
    }

    #[test]
    fn a_failure_while_none_works_speaks_for_the_host() {
        let mut connects = Connects::new();
        assert_eq!(connects.begin(9, 0), 2);
        assert_eq!(connects.failed(0, false), Failure::NotAlone);
        assert_eq!(connects.begin(9, 0), 0, "not again so soon");
        assert_eq!(connects.failed(0, true), Failure::Host);
        connects.failed = Instant::now().checked_sub(CONNECT_RETRY_AFTER);
        assert_eq!(connects.begin(9, 0), 1);
        connects.greeted(1);
        assert!(connects.failed.is_none());
    }
}
