//! A value known at once or later.

use std::pin::Pin;

/// An answer, or the promise of one. What is known at once costs no task and no allocation.
pub enum MaybeReady<T> {
    /// Known at once: travels with the other answers to the same batch of requests.
    Ready(T),
    /// Known later; other requests of the connection go on meanwhile.
    Future(Pin<Box<dyn Future<Output = T>>>),
}

impl<T: 'static> MaybeReady<T> {
    /// The promise that `future` makes.
    pub fn later(future: impl Future<Output = T> + 'static) -> Self {
        Self::Future(Box::pin(future))
    }

    /// The same with `f` applied when the value is there.
    pub fn map<U: 'static>(self, f: impl FnOnce(T) -> U + 'static) -> MaybeReady<U> {
        match self {
            Self::Ready(value) => MaybeReady::Ready(f(value)),
            Self::Future(future) => MaybeReady::later(async move { f(future.await) }),
        }
    }

    /// Waits for the value.
    pub async fn get(self) -> T {
        match self {
            Self::Ready(value) => value,
            Self::Future(future) => future.await,
        }
    }
}
