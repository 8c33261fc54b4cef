//! Routes: where mail for a recipient goes next.
//!
//! A route is chosen after the ticket is redeemed, because only then the recipient's address is known. Connections, and
//! what is known about the hosts at their ends, belong to one route each. One transaction has one route.

use crate::alias::RealAddress;
use crate::config::settings::relay::Host;
use std::rc::Rc;

/// Where mail goes next: the key of the connection pool.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Route {
    /// The configured host, whoever the recipient is.
    Smarthost(Rc<Host>),
}

/// Chooses routes.
pub(super) struct Routes {
    smarthost: Rc<Host>,
}

impl Routes {
    /// All mail goes to `smarthost`.
    pub(super) fn smarthost(smarthost: Host) -> Self {
        Self { smarthost: Rc::new(smarthost) }
    }

    /// The way to `_target`, which is the same for all recipients as long as there is a smarthost.
    pub(super) fn route_of(&self, _target: &RealAddress) -> Route {
        Route::Smarthost(Rc::clone(&self.smarthost))
    }
}
