//! A value that is ready at once or in the future.

use std::pin::Pin;

/// An answer, or the future of one. An answer that is ready costs no task and no allocation.
pub enum MaybeReady<T> {
    /// Ready: sent together with the other answers to the same batch of requests.
    Ready(T),
    /// Not ready yet: a task awaits it, and other requests of the connection go on meanwhile.
    Future(Pin<Box<dyn Future<Output = T>>>),
}

impl<T: 'static> MaybeReady<T> {
    /// What `future` will resolve to.
    pub fn later(future: impl Future<Output = T> + 'static) -> Self {
        Self::Future(Box::pin(future))
    }

    /// Applies `f` to the value, when it is ready.
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
